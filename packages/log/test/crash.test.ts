// What was acknowledged or read once is there after any crash, unchanged and once, wherever the crash falls.
import { expect, test } from 'vitest';
import { simulate } from './support/simulation.ts';

const seeds = Number(process.env['CRASH_SEEDS'] ?? 200);
const firstSeed = Number(process.env['CRASH_FIRST_SEED'] ?? 1);

for (const durability of ['sync', 'async'] as const) {
  test(`${seeds} random histories with crashes keep every promise of ${durability}`, { timeout: 600_000 }, async () => {
    let crashesWhileOpening = 0;
    let stored = 0;
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const tally = await simulate(seed, durability).catch((error: unknown) => {
        throw new Error(`Seed ${seed} (${durability}) broke a promise.`, { cause: error });
      });
      crashesWhileOpening += tally.crashesWhileOpening;
      stored += tally.stored;
    }
    expect(crashesWhileOpening).toBeGreaterThan(seeds / 4);
    expect(stored).toBeGreaterThan(seeds * 10);
  });
}
