// Wherever the very first opening of a directory crashed, the next one makes a directory that survives a power cut.
import { expect, test } from 'vitest';
import { batchOf, createWorld, openIn, valuesOf } from './setup.ts';

const openingCalls = 30;
/** A power cut loses a name by chance: each point is tried with several seeds. */
const seeds = 8;

test('what is appended after a first opening that crashed is there after a power cut', async () => {
  let crashes = 0;
  for (let run = 0; run < openingCalls * seeds; run += 1) {
    const world = createWorld(run);
    const crashAt = 1 + (run % openingCalls);
    const crashed = await openIn(world, {}, world.disk.mount(crashAt)).catch(() => undefined);
    if (crashed === undefined) crashes += 1;
    const fileSystem = world.disk.mount();
    const store = await openIn(world, {}, fileSystem);
    await store.createLog('a', { partitionCount: 1, retentionMs: 'forever' });
    await store.partition('a', 0).append(batchOf('kept'));
    fileSystem.isDead = true;
    world.disk.cutPower();
    const again = await openIn(world);
    expect(await valuesOf(again.partition('a', 0))).toEqual(['kept']);
  }
  expect(crashes).toBeGreaterThan(10 * seeds);
});
