// Seeds of consumer groups on one to three servers: lag, lost answers, crashes, resets, retention and jumping clocks.
// More of them: `npm run simulate -- --level groups --seed 1 --runs 10000`.
import { Tally } from 'millrace-log/test-support';
import { expect, test } from 'vitest';
import { runSeed } from '../run-seed.ts';

const runs = 200;

/** Seeds that once failed, for the simulator's own faults or the service's. What they do changes with the simulator. */
const kept = [800, 829, 1044, 1142];

/** What a run of so many seeds does at least so often; else the simulator has stopped to try it. */
const least: readonly (readonly [string, number])[] = [];

test(`${runs} seeds keep every law`, { timeout: 300_000 }, async () => {
  const met = new Tally();
  for (let seed = 1; seed <= runs; seed += 1) {
    const tally = await runSeed('groups', seed).catch((error: unknown) => {
      throw new Error(`Seed ${seed} broke a law; again: npm run simulate -- --level groups --seed ${seed} --runs 1`, { cause: error });
    });
    met.addAll(tally);
  }
  for (const [what, times] of least) expect(met.of(what), what).toBeGreaterThanOrEqual(times);
});

test.each(kept)('seed %i, which once failed, holds', async (seed) => {
  await expect(runSeed('groups', seed)).resolves.toBeInstanceOf(Tally);
});

test('the same seed gives the same trace', async () => {
  const traces = [[], []] as [string[], string[]];
  for (const trace of traces) await runSeed('groups', 7, (line) => trace.push(line));
  expect(traces[0].length).toBeGreaterThan(100);
  expect(traces[0]).toEqual(traces[1]);
});
