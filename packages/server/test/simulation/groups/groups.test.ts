// Seeds of consumer groups on one to three servers: lag, lost answers, crashes, resets, retention and jumping clocks.
// More of them: `npm run simulate -- --level groups --seed 1 --runs 10000`.
import { Tally } from 'millrace-log/test-support';
import { expect, test } from 'vitest';
import { runSeed } from '../run-seed.ts';

const runs = 200;

/** Seeds that once failed, for the simulator's own faults or the service's. What they do changes with the simulator. */
const kept = [406, 800, 829, 1044, 1142, 1905, 5051, 6136, 6263, 7859, 20017];

/** What a run of so many seeds does at least so often; else the simulator has stopped to try it. */
const least: readonly (readonly [string, number])[] = [
  ['answer lost', 300],
  ['two calls with one cursor', 300],
  ['server killed', 200],
  ['crash', 40],
  ['command found after a crash', 1],
  ['append of a command late', 10],
  ['append of a command lost', 10],
  ['append of a command stored', 10],
  ['answer passed by a snapshot', 5],
  ['snapshot replayed', 500],
  ['partition released', 300],
  ['partition taken from one that ran out', 400],
  ['partition passed to the next life', 300],
  ['partition freed by a reset', 200],
  ['partition committed', 2000],
  ['instance forgotten', 100],
  ['group gone unused', 10],
  ['group refused: there are fifty', 1],
  ['poll not appended', 1000],
  ['read of several partitions', 500],
  ['read that may wait', 300],
  ['void: staleInstance', 30],
  ['void: unreservedPartition', 15],
  ['void: unknownGroup', 10],
  ['cursor expired', 200],
  ['GetMessages refused: trimmed', 100],
  ['ConsumerCommit refused: unreserved', 10],
  ['ConsumerHeartbeat refused: unreserved', 5],
  ['hours passed', 50],
  ['wall clock jumped', 25],
  ['misused cursor', 50],
  ['shares were even', 100],
  ['group drained', 200],
];

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
