/**
 * `npm run fuzz [-- --minutes N] [--seed N] [--runs N] [paths]`: the property tests with ever new examples, round after round, for
 * that long (10 minutes; 0: one round). A round gives every property `runs` examples (2,000) and has a seed of its own, one more than
 * the round before; the first seed is drawn unless it is given. Paths choose test files. Ends with status 1 at the first round that
 * fails, after saying how to run that round again.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Vitest } from 'vitest/node';

interface Wanted {
  readonly minutes: number;
  readonly seed: number;
  readonly runs: number;
  readonly paths: readonly string[];
}

interface Round {
  readonly passed: number;
  readonly failed: number;
}

/** A property gets this long for its examples, so that one that hangs ends the run. */
const propertyMs = 600_000;
const { startVitest } = await import('vitest/node');

process.exitCode = await main(wantedOf(process.argv.slice(2)));

async function main({ minutes, seed: first, runs, paths }: Wanted): Promise<number> {
  const end = performance.now() + minutes * 60_000;
  let rounds = 0;
  do {
    const seed = first + rounds;
    const { passed, failed } = await run(seed, runs, paths);
    rounds += 1;
    console.log(`round ${rounds}, seed ${seed}: ${passed} properties held for ${runs} examples each, ${failed} did not`);
    if (failed > 0 || passed === 0) {
      console.log(`Again: npm run fuzz -- --minutes 0 --seed ${seed} --runs ${runs}${paths.map((path) => ` ${path}`).join('')}`);
      return 1;
    }
  } while (performance.now() < end);
  console.log(`${rounds} rounds passed, seeds ${first} to ${first + rounds - 1}`);
  return 0;
}

/** One round. What fails is printed as it is found. */
async function run(seed: number, runs: number, paths: readonly string[]): Promise<Round> {
  // Read by property-runs.ts in the processes that run the tests.
  process.env.FUZZ_SEED = String(seed);
  process.env.FUZZ_RUNS = String(runs);
  const vitest = await startVitest('test', [...paths], {
    run: true,
    watch: false,
    project: ['properties'],
    testTimeout: propertyMs,
    reporters: ['dot'],
  });
  await vitest.close();
  return count(vitest);
}

function count(vitest: Vitest): Round {
  const modules = vitest.state.getTestModules();
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const passed = tests.filter((test) => test.result().state === 'passed').length;
  const broken = modules.filter((module) => module.errors().length > 0).length + vitest.state.getUnhandledErrors().length;
  return { passed, failed: tests.length - passed + broken };
}

function wantedOf(words: readonly string[]): Wanted {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { minutes: text, seed: text, runs: text },
    allowPositionals: true,
  });
  return {
    minutes: numberOf('minutes', values.minutes ?? '10', /^\d{1,6}(\.\d+)?$/),
    seed: numberOf('seed', values.seed ?? String(randomInt(2 ** 30)), /^\d{1,10}$/),
    runs: numberOf('runs', values.runs ?? '2000', /^[1-9]\d{0,8}$/),
    paths: positionals,
  };
}

function numberOf(name: string, text: string, shape: RegExp): number {
  if (shape.test(text)) return Number(text);
  console.error(`Expected a number for --${name}; got ${text}.`);
  process.exit(2);
}
