// Runs the simulator from the command line: `npm run simulate -- --seed 1 --runs 10000 --level all`, or, with `--planted [name …]`,
// proves that its checker finds planted bugs.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Tally } from 'millrace-log/test-support';
import { runPlanted } from './planted/main.ts';
import { isLevel, levels, runSeed } from './run-seed.ts';

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    runs: { type: 'string', default: '200' },
    level: { type: 'string', default: 'all' },
    trace: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

process.exitCode = values.planted ? await plant() : await simulate();

async function plant(): Promise<number> {
  return (await runPlanted(positionals)) ? 0 : 1;
}

async function simulate(): Promise<number> {
  const firstSeed = Number(values.seed);
  const runs = Number(values.runs);
  const chosen = levels.filter((level) => values.level === 'all' || values.level === level);
  const isKnown = values.level === 'all' || isLevel(values.level);
  if (!Number.isSafeInteger(firstSeed) || !Number.isSafeInteger(runs) || runs < 1 || !isKnown || positionals.length > 0) {
    console.error(`Expected --seed <number> --runs <number> --level ${levels.join('|')}|all, and --trace to print what one seed does.`);
    return 2;
  }
  console.log(`seeds ${firstSeed} to ${firstSeed + runs - 1}, level ${values.level}`);
  const met = new Tally();
  const trace = values.trace ? (line: string): void => console.log(line) : undefined;
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    for (const level of chosen) {
      try {
        met.addAll(await runSeed(level, seed, trace));
      } catch (error) {
        console.error(`BROKEN at level ${level}, seed ${seed}; again: npm run simulate -- --level ${level} --seed ${seed} --runs 1`);
        console.error(error);
        return 1;
      }
    }
  }
  console.log(`${met}\n${runs} seed(s) kept every promise.`);
  return 0;
}
