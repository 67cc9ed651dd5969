// Damage is told from a crash: what was acknowledged and cannot be read is named, never skipped, and nothing is changed then.
import { describe, expect, test } from 'vitest';
import { expectRefusal, readAll } from './refusal.ts';
import { batchOf, createWorld, everything, openIn, settle, valuesOf, type World } from './setup.ts';

const settings = { partitionCount: 1, retentionMs: 'forever' } as const;
const segment = '/data/logs/1/0/00000000000000000000.log';
const journal = '/data/journal/00000001';
const batchBytes = batchOf('0').length;
/** A batch's journal entry, padded; the first entry creates the log. */
const entryBytes = Math.ceil((64 + batchBytes) / 16) * 16;
const creationBytes = Math.ceil((64 + JSON.stringify({ name: 'a', ...settings }).length) / 16) * 16;

describe('in a segment', () => {
  test.each([
    ['a bit of a record', batchBytes - 2, 'its CRC'],
    ['the base offset, which the CRC leaves out', 7, 'offset 1 was expected'],
    ['the leader epoch', 15, 'leader epoch 0'],
    ['the magic byte', 16, 'magic 2'],
    ['the length', 9, 'bytes was expected'],
  ])('%s: batches before it are served, then Damaged names partition and offsets', async (_, position, reason) => {
    const world = await filled(['0', '1', '2']);
    world.disk.damage(segment, batchBytes + position);
    const store = await openIn(world);
    const partition = store.partition('a', 0);
    expect((await partition.read(0, everything)).nextOffset).toBe(1);
    const failure = await partition.read(1, everything).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'Damaged' });
    expect(String(failure)).toContain('Offsets 1 to at most 2 of partition 0 of a cannot be read');
    expect(String(failure)).toContain(reason);
    expect((await partition.append(batchOf('3'))).firstOffset).toBe(3);
  });

  test.each(['missing', 'short'])('a listed file that is %s refuses the opening and nothing is changed', async (how) => {
    const world = await filled(['0', '1']);
    const fileSystem = world.disk.mount();
    if (how === 'missing') await fileSystem.unlink(segment);
    else fileSystem.open(segment, 'existing').truncate(batchBytes);
    await expectRefusal(
      world,
      how === 'missing' ? 'has no bytes; the checkpoint lists' : `has ${batchBytes} bytes; the checkpoint lists ${2 * batchBytes}`,
    );
  });
});

describe('in an index', () => {
  test.each(['wrong', 'missing', 'shorter'])('one that is %s is made again', async (how) => {
    const values = Array.from({ length: 300 }, (_, number) => `${number} ${'x'.repeat(500)}`);
    const world = await filled(values, 'closed', { segmentBytes: 1024 * 1024 });
    const fileSystem = world.disk.mount();
    const index = segment.replace('.log', '.index');
    expect(fileSystem.sizeOf(index)).toBeGreaterThanOrEqual(16);
    if (how === 'wrong') for (const position of [3, 7, 11, 15]) world.disk.damage(index, position);
    else if (how === 'missing') await fileSystem.unlink(index);
    else fileSystem.open(index, 'existing').truncate(11);
    const store = await openIn(world);
    expect(await valuesOf(store.partition('a', 0), 200)).toEqual(values.slice(200));
    expect(await valuesOf(store.partition('a', 0))).toEqual(values);
  });
});

describe('in the checkpoint', () => {
  test('a bad one, or none beside logs, refuses the opening', async () => {
    const world = await filled(['0']);
    world.disk.damage('/data/checkpoint', 60);
    await expectRefusal(world, 'does not carry the format, length and CRC of its contents');
    await world.disk.mount().unlink('/data/checkpoint');
    await expectRefusal(world, 'There is no checkpoint /data/checkpoint, but /data/logs holds 1 log(s)');
  });
});

describe('in the journal', () => {
  test('an entry that a later one proves to have been synced refuses the opening and is named', async () => {
    const world = await filled(['0', '1', '2'], 'crashed');
    world.disk.damage(journal, creationBytes + entryBytes + 100);
    await expectRefusal(
      world,
      'Journal entries 3 to 3 were on the disk and cannot be read any more: offsets 1 to 1 of partition 0 of log id 1',
    );
  });

  test('the last round, which nothing proves, ends the journal in silence', async () => {
    const world = await filled(['0', '1', '2'], 'crashed');
    world.disk.damage(journal, creationBytes + 2 * entryBytes + 100);
    const store = await openIn(world);
    expect(await valuesOf(store.partition('a', 0))).toEqual(['0', '1']);
    expect((await store.partition('a', 0).append(batchOf('new'))).firstOffset).toBe(2);
    await store[Symbol.asyncDispose]();
    expect(await valuesOf((await openIn(world)).partition('a', 0))).toEqual(['0', '1', 'new']);
  });

  test('after a clean close it is not needed', async () => {
    const world = await filled(['0', '1', '2']);
    for (let position = 0; position < 2000; position += 8) world.disk.damage(journal, position);
    expect(await valuesOf((await openIn(world)).partition('a', 0))).toEqual(['0', '1', '2']);
  });

  test('bytes of an earlier life that look like the next entry are not taken for it', async () => {
    const world = await filled(['0', '1', '2'], 'crashed');
    const store = await openIn(world);
    const fileSystem = world.disk.mount();
    const before = readAll(fileSystem, journal);
    await store.partition('a', 0).append(batchOf('3'));
    const file = fileSystem.open(journal, 'existing');
    file.writeSync([before.subarray(entryBytes, before.length)], entryBytes); // as if what was written over them were lost
    await file.datasync();
    world.disk.cutPower();
    expect(await valuesOf((await openIn(world)).partition('a', 0))).toEqual(['0', '1', '2', '3']);
  });
});

/** A world whose log holds one batch for each value, closed or crashed, with everything synced. */
async function filled(
  values: readonly string[],
  how: 'closed' | 'crashed' = 'closed',
  options: { segmentBytes?: number } = {},
): Promise<World> {
  const world = createWorld();
  const fileSystem = world.disk.mount();
  const store = await openIn(world, options, fileSystem);
  await store.createLog('a', settings);
  for (const value of values) await store.partition('a', 0).append(batchOf(value));
  if (how === 'closed') await store[Symbol.asyncDispose]();
  await settle();
  fileSystem.isDead = true;
  if (how === 'crashed') world.disk.cutPower();
  return world;
}
