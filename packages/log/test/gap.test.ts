// Acknowledged entries in the middle of the journal are damaged: opening is refused and says what is missing, or, if the damage
// is accepted, goes on without them: what is left is at its offsets, what is missing stays missing.
import { RecordReader, recordCountOf } from 'millrace-records';
import { describe, expect, test } from 'vitest';
import { LogError, type LogStore, type LogStoreOptions, OffsetOutOfRange, type PartitionHandle } from '../src/index.ts';
import { type Entry, entryKind } from '../src/journal-entry.ts';
import { JournalReader } from '../src/journal-reader.ts';
import { expectRefusal, readAll } from './refusal.ts';
import { batchOf, createWorld, everything, openIn, settle, valuesOf, type World } from './setup.ts';

const settings = { partitionCount: 2, retentionMs: 'forever' } as const;

describe('damage in the middle of the journal', () => {
  test('refuses the opening and changes nothing; later entries show whose offsets are missing', async () => {
    const world = await filled();
    damageEntries(world, 3);
    await expectRefusal(
      world,
      'Journal entries 3 to 3 were on the disk and cannot be read any more: offsets 1 to 2 of partition 0 of log id 1. Nothing was changed',
    );
  });

  test('where no entry follows, segment bytes show what may be missing', async () => {
    const world = await filled();
    damageEntries(world, 3, 5, 6);
    await expectRefusal(
      world,
      'Journal entries 3 to 3, 5 to 6 were on the disk and cannot be read any more: ' +
        'offsets 1 to 2 of partition 0 of log id 1; perhaps offsets 1 to 2 of partition 1 of log id 1, which its segments show.',
    );
  });

  test('also refuses it as long as a listed file is short, whatever is accepted', async () => {
    const world = createWorld();
    const store = await openIn(world);
    await store.createLog('a', settings);
    await store.partition('a', 0).append(batchOf('a0'));
    await store[Symbol.asyncDispose]();
    await fill(world, async (again) => {
      for (const value of ['a1', 'a2', 'a3']) await again.partition('a', 0).append(batchOf(value));
    });
    damageEntries(world, 4);
    world.disk.mount().open('/data/logs/1/0/00000000000000000000.log', 'existing').truncate(10);
    await expectRefusal(world, 'has 10 bytes; the checkpoint lists', { damage: 'accept' });
  });
});

describe('damage that is accepted', () => {
  test('leaves a hole: what is before and behind is read, the hole is refused, for ever', async () => {
    const world = await filled();
    damageEntries(world, 3);
    const warnings: string[] = [];
    const store = await openIn(world, { damage: 'accept', onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([
      'Offsets 1 to 2 of partition 0 of a are lost.',
      'Journal entries 3 to 3 are lost; if they created, deleted or trimmed a log, that did not happen.',
    ]);
    await expectAllButHole(store);
    expect((await store.partition('a', 0).append(batchOf('a4'))).firstOffset).toBe(4);
    await expectAllButHole(store, 'a4');
    world.disk.cutPower();
    const second = await openIn(world);
    await expectAllButHole(second, 'a4');
    expect((await second.partition('a', 0).append(batchOf('a5'))).firstOffset).toBe(5);
    await second[Symbol.asyncDispose]();
    await expectAllButHole(await openIn(world), 'a4', 'a5');
  });

  test('offsetAtTime, trim and bounds know the hole', async () => {
    const world = await filled();
    damageEntries(world, 3);
    const partition = (await openIn(world, { damage: 'accept' })).partition('a', 0);
    const startedMs = world.clock.wallMs - 7_000;
    expect(await partition.offsetAtTime(startedMs)).toBe(0);
    for (const afterMs of [1_001, 3_000, 4_000]) expect(await partition.offsetAtTime(startedMs + afterMs)).toBe(3);
    expect(await partition.offsetAtTime(startedMs + 8_000)).toBe(4);
    await partition.trim(2);
    expect(await partition.bounds()).toEqual({ startOffset: 2, endOffset: 4 });
    expect(await failureOf(partition, 2)).toContain('Offsets 2 to 2 of');
    await expect(partition.read(1, everything)).rejects.toThrow(OffsetOutOfRange);
    const again = (await openIn(world)).partition('a', 0);
    expect(await failureOf(again, 2)).toContain('Offsets 2 to 2 of');
    await again.trim(3);
    expect(await valuesOf(again)).toEqual(['a3']);
  });

  test('at the end of a partition the offsets its segments show are not given again, wherever the opening is cut short', async () => {
    for (let crashAt = 1; crashAt <= 120; crashAt += 1) {
      const world = await filled(crashAt);
      damageEntries(world, 5, 6);
      await syncAll(world, '/data');
      const fileSystem = world.disk.mount(crashAt);
      const failure = await openIn(world, { damage: 'accept' }, fileSystem).catch(String);
      expect(typeof failure === 'string').toBe(fileSystem.isDead);
      fileSystem.isDead = true;
      world.disk.cutPower();
      const store = await openIn(world, { damage: 'accept' });
      const partition = store.partition('a', 1);
      expect(await valuesOf(store.partition('a', 0), 3)).toEqual(['a3']);
      expect((await partition.read(0, everything)).nextOffset).toBe(1);
      expect(await failureOf(partition, 1)).toContain('Offsets 1 to 2 of partition 1 of a are lost');
      expect((await partition.append(batchOf('b3'))).firstOffset).toBe(3);
      await store[Symbol.asyncDispose]();
      const again = (await openIn(world)).partition('a', 1);
      expect(await failureOf(again, 2)).toContain('Offsets 1 to 2 of');
      expect(await valuesOf(again, 3)).toEqual(['b3']);
    }
  });

  test('entries of a log whose creation is lost are skipped, a lost deletion is made up for, ids are not used again', async () => {
    const world = await fill(createWorld(), async (store) => {
      await store.createLog('a', settings); // 1
      await store.createLog('b', settings); // 2
      await store.partition('b', 0).append(batchOf('lost with b')); // 3
      await store.deleteLog('a'); // 4
      await store.createLog('a', settings); // 5
      await store.partition('a', 0).append(batchOf('new')); // 6
      await store.createLog('c', settings); // 7
      await store.partition('a', 0).append(batchOf('newer')); // 8
    });
    damageEntries(world, 2, 4, 7);
    await expectRefusal(world, 'any more: the creation of log id 2.');
    const warnings: string[] = [];
    const store = await openIn(world, { damage: 'accept', onWarning: (message) => warnings.push(message) });
    expect(warnings.slice(0, 2)).toEqual([
      'The deletion of log a (id 1) is lost; it was deleted now, since another of that name follows.',
      '1 journal entries of log id 2 were skipped: its creation is lost.',
    ]);
    expect((await store.listLogs()).map(({ name }) => name)).toEqual(['a']);
    expect(await valuesOf(store.partition('a', 0))).toEqual(['new', 'newer']);
    await store.createLog('d', settings);
    await store.partition('d', 0).append(batchOf('d0'));
    const ids = world.disk.mount().list('/data/logs').map(Number);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(3);
    expect(ids[1]).toBeGreaterThan(4);
  });

  test('a trim behind the gap moves the start over what is missing', async () => {
    const world = await fill(createWorld(), async (store) => {
      await store.createLog('a', settings);
      await store.partition('a', 0).append(batchOf('a0', 'a1'));
      await store.partition('a', 0).trim(2);
      await store.partition('a', 1).append(batchOf('b0'));
    });
    damageEntries(world, 2);
    const partition = (await openIn(world, { damage: 'accept' })).partition('a', 0);
    expect(await partition.bounds()).toEqual({ startOffset: 2, endOffset: 2 });
    expect((await partition.append(batchOf('a2'))).firstOffset).toBe(2);
    expect(await valuesOf(partition)).toEqual(['a2']);
  });

  test('retention forgets a hole with the segment behind it, not before', async () => {
    const retentionMs = 24_000_000;
    const world = await fill(createWorld(), async (store, { clock }) => {
      await store.createLog('a', { partitionCount: 1, retentionMs });
      for (const value of ['a0', 'a1', 'a2', 'a3']) {
        await store.partition('a', 0).append(batchOf(value));
        clock.advance(3_000_000);
      }
    });
    damageEntries(world, 3);
    const store = await openIn(world, { damage: 'accept' });
    const partition = store.partition('a', 0);
    const startAfter = async (ms: number): Promise<number> => {
      world.clock.advance(ms);
      for (let turns = 0; turns < 5; turns += 1) await settle();
      return (await partition.bounds()).startOffset;
    };
    expect(await startAfter(60_000)).toBe(0);
    expect(await startAfter(13_000_000)).toBe(1);
    expect(await startAfter(3_000_000)).toBe(1);
    expect(await failureOf(partition, 1)).toContain('Offsets 1 to 1 of');
    expect(await startAfter(6_000_000)).toBe(4);
  });

  test('whatever entries are damaged: all others are there, at their offsets, and nothing else', async () => {
    for (let seed = 1; seed <= 60; seed += 1) expect(await damageAtRandom(seed), `seed ${seed}`).toEqual([]);
  });
});

/** All of `filled` but offsets 1 and 2 of partition 0, which is followed by `behind`. */
async function expectAllButHole(opened: LogStore, ...behind: string[]): Promise<void> {
  const zero = opened.partition('a', 0);
  expect(await zero.read(0, everything)).toMatchObject({ batches: [{}], nextOffset: 1, endOffset: 4 + behind.length });
  for (const offset of [1, 2]) expect(await failureOf(zero, offset)).toContain('Damaged: Offsets 1 to 2 of partition 0 of a are lost');
  expect(await valuesOf(zero, 3)).toEqual(['a3', ...behind]);
  expect(await valuesOf(opened.partition('a', 1))).toEqual(['b0', 'b1', 'b2']);
}

/** What differs from what was acknowledged, after an opening that accepts the damage and two that follow. */
async function damageAtRandom(seed: number): Promise<string[]> {
  const world = createWorld(seed);
  const { random } = world;
  const options = { journalFileBytes: 4096, journalFileCount: 64, segmentBytes: 1024 + random.below(2000) };
  const values = new Map<string, string>();
  await fill(world, (store) => appendAtRandom(store, world, values), options);
  const batches = journalEntries(world).filter(({ entry }) => entry.kind === entryKind.batch);
  const latest = Math.max(...batches.map(({ entry }) => entry.sequence));
  const damaged = batches.map(({ entry }) => entry).filter(({ sequence }) => sequence < latest && random.chance(0.15));
  damageEntries(world, ...damaged.map(({ sequence }) => sequence));
  for (const { logId, partition, offset, payload } of damaged) {
    for (let at = offset; at < offset + recordCountOf(payload); at += 1) values.set(keyOf(logId === 1 ? 'a' : 'b', partition, at), 'lost');
  }
  const differences: string[] = [];
  for (const damage of ['accept', 'refuse', 'refuse'] as const) {
    const store = await openIn(world, { ...options, damage });
    for (const [key, value] of values) {
      const [name = '', partition, offset] = key.split(' ');
      const found = await valueAt(store.partition(name, Number(partition)), Number(offset));
      if (found !== value) differences.push(`${key} was ${value} and is ${found}`);
    }
    for (const [name, partition] of places) {
      const { firstOffset } = await store.partition(name, partition).append(batchOf('more'));
      const key = keyOf(name, partition, firstOffset);
      if (values.has(key)) differences.push(`${key} was given again`);
      values.set(key, 'more');
    }
    if (random.chance(0.5)) await store[Symbol.asyncDispose]();
  }
  return differences;
}

const places = [
  ['a', 0],
  ['a', 1],
  ['b', 0],
  ['b', 1],
] as const;

function keyOf(name: string, partition: number, offset: number): string {
  return `${name} ${partition} ${offset}`;
}

async function appendAtRandom(store: LogStore, { random }: World, values: Map<string, string>): Promise<void> {
  for (const name of ['a', 'b']) await store.createLog(name, settings);
  const append = async (number: number): Promise<void> => {
    for (let turns = random.below(400); turns > 0; turns -= 1) await Promise.resolve();
    const [name, partition] = places[random.below(places.length)] ?? places[0];
    const records = Array.from({ length: 1 + random.below(3) }, (_, index) => `${number}.${index} ${'x'.repeat(random.below(300))}`);
    const { firstOffset } = await store.partition(name, partition).append(batchOf(...records));
    for (const [index, value] of records.entries()) values.set(keyOf(name, partition, firstOffset + index), value);
  };
  await Promise.all(Array.from({ length: 20 + random.below(60) }, (_, number) => append(number)));
  for (const value of ['proves the others', 'is not proved']) {
    const { firstOffset } = await store.partition('a', 0).append(batchOf(value));
    values.set(keyOf('a', 0, firstOffset), value);
  }
}

/** The value at an offset, or `lost`. */
async function valueAt(partition: PartitionHandle, offset: number): Promise<string | undefined> {
  const read = await partition.read(offset, { ...everything, maxRecords: 1 }).catch((error: unknown) => String(error));
  if (typeof read === 'string') return read.includes('are lost') ? 'lost' : read;
  for (const batch of read.batches) {
    const reader = new RecordReader(batch);
    while (reader.next()) if (reader.offset === offset) return reader.value().toString();
  }
  return undefined;
}

/** A world that was killed; entry 1 created log a, entries 2 to 7 are one batch each, a second apart: a0, a1 and a2, b0, b1, b2, a3. */
async function filled(seed = 1): Promise<World> {
  return await fill(createWorld(seed), async (store, { clock }) => {
    await store.createLog('a', settings);
    const batches: [number, ...string[]][] = [[0, 'a0'], [0, 'a1', 'a2'], [1, 'b0'], [1, 'b1'], [1, 'b2'], [0, 'a3'], [0]];
    for (const [partition, ...values] of batches) {
      clock.advance(1_000);
      if (values.length > 0) await store.partition('a', partition).append(batchOf(...values));
    }
  });
}

/** Opens, works, and kills the process; what was written stays, and what was acknowledged in `sync` is durable. */
async function fill(
  world: World,
  work: (store: LogStore, world: World) => Promise<void>,
  options: Partial<LogStoreOptions> = {},
): Promise<World> {
  const fileSystem = world.disk.mount();
  await work(await openIn(world, options, fileSystem), world);
  await settle();
  fileSystem.isDead = true;
  return world;
}

async function failureOf(partition: PartitionHandle, offset: number): Promise<string> {
  const failure = await partition.read(offset, everything).catch((error: unknown) => error);
  return failure instanceof LogError ? `${failure.code}: ${failure.message}` : `no LogError: ${String(failure)}`;
}

interface Placed {
  readonly path: string;
  readonly position: number;
  readonly entry: Entry;
}

/** The journal's entries of the life that the checkpoint names. */
function journalEntries({ disk }: World): Placed[] {
  const fileSystem = disk.mount();
  const life = /"life":"([0-9a-f]+)"/.exec(readAll(fileSystem, '/data/checkpoint').toString())?.[1] ?? '';
  return fileSystem.list('/data/journal').flatMap((name) => {
    const path = `/data/journal/${name}`;
    const reader = new JournalReader(fileSystem.open(path, 'existing'), Buffer.from(life, 'hex'));
    const placed: Placed[] = [];
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) placed.push({ path, position: reader.position, entry });
    return placed;
  });
}

/** Turns over a bit of each entry of these numbers. */
function damageEntries(world: World, ...sequences: number[]): void {
  const placed = journalEntries(world).filter(({ entry }) => sequences.includes(entry.sequence));
  expect(placed).toHaveLength(sequences.length);
  for (const { path, position } of placed) world.disk.damage(path, position + 40);
}

async function syncAll(world: World, folder: string): Promise<void> {
  const fileSystem = world.disk.mount();
  await fileSystem.syncFolder(folder);
  for (const name of fileSystem.list(folder)) {
    const path = `${folder}/${name}`;
    if (name.includes('.') || folder.endsWith('journal') || ['checkpoint', 'lock', 'reserve'].includes(name))
      await fileSystem.open(path, 'existing').datasync();
    else await syncAll(world, path);
  }
}
