/**
 * How the tests run: two worker processes at a time, generous time limits, no watching.
 *
 * `pure` packages have no global state, so their test files share a worker and start at once. Everything else starts
 * servers and child processes, and each of its test files gets a process of its own. `properties` are the property tests of
 * codecs, which `npm run fuzz` runs as well; how many examples they try is set in one place.
 */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const purePackages = ['protocol', 'records', 'log'];
const inPurePackages = purePackages.map((name) => `packages/${name}/test/**/*.test.ts`);
const propertyTests = ['packages/*/test/**/*.property.test.ts'];
const notTests = ['**/node_modules/**'];

const config: ViteUserConfig = defineConfig({
  test: {
    watch: false,
    pool: 'forks',
    maxWorkers: 2,
    // A loaded machine must not fail a test: these bounds only end what would hang for ever.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 120_000,
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      { extends: true, test: { name: 'pure', isolate: false, include: inPurePackages, exclude: [...notTests, ...propertyTests] } },
      {
        extends: true,
        test: { name: 'properties', isolate: false, include: propertyTests, exclude: notTests, setupFiles: ['scripts/property-runs.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'service',
          isolate: true,
          include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts', 'benchmarks/**/*.test.ts'],
          exclude: [...notTests, ...propertyTests, ...inPurePackages],
        },
      },
    ],
  },
});

export default config;
