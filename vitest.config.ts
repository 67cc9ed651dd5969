/**
 * How the tests run: two worker processes at a time, generous time limits, no watching.
 *
 * `pure` packages have no global state, so their test files share a worker and start at once. Everything else starts
 * servers and child processes, and each of its test files gets a process of its own.
 */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const purePackages = ['protocol', 'records', 'log'];
const inPurePackages = purePackages.map((name) => `packages/${name}/test/**/*.test.ts`);

const config: ViteUserConfig = defineConfig({
  test: {
    watch: false,
    pool: 'forks',
    maxWorkers: 2,
    // A loaded machine must not fail a test: these bounds only end what would hang for ever.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 30_000,
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      { extends: true, test: { name: 'pure', isolate: false, include: inPurePackages } },
      {
        extends: true,
        test: {
          name: 'service',
          isolate: true,
          include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts', 'benchmarks/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...inPurePackages],
        },
      },
    ],
  },
});

export default config;
