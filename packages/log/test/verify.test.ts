// `verifyLogStore` proves what is right, names what is not with file, partition and offsets, and touches nothing.
import { stampBatch } from 'millrace-records';
import { describe, expect, test } from 'vitest';
import { type LogStore, verifyLogStore } from '../src/index.ts';
import { readAll } from './refusal.ts';
import { batchOf, createWorld, directory, openIn, settle, type World } from './setup.ts';
import { allBytes, damageEntries, lived, placesOfEntries, replaceBatch, replaceCheckpoint, segment, verifyIn } from './verify-setup.ts';

const settings = { partitionCount: 1, retentionMs: 'forever' } as const;
const batchBytes = batchOf('0').length;

describe('a store without damage', () => {
  test('that was closed: every batch is proved in its segment', async () => {
    const world = await filled('closed', ['0', '1', '2']);
    const { checkpoint, journal, partitions, ...rest } = await verifyIn(world);
    expect(checkpoint).toMatchObject({ sequence: 4, state: 'closed' });
    expect(journal).toMatchObject({ files: 1, bytes: 65536, entries: 0, lastSequence: 4, gaps: [] });
    expect(partitions).toEqual([
      {
        ...{ log: 'a', logId: 1, partition: 0, startOffset: 0, endOffset: 3, segments: 1 },
        stored: { bytes: 3 * batchBytes, batches: 3, records: 3 },
        repeated: { bytes: 0, batches: 0, records: 0 },
      },
    ]);
    expect(rest).toEqual({ directory, problems: [], problemCount: 0, notes: [], noteCount: 0 });
  });

  test('that was killed: what no checkpoint covers is proved in the journal, whatever the segments hold of it', async () => {
    const world = await filled('closed', ['0']);
    await lived(world, 'killed', (store) => append(store, '1', '2'));
    for (const position of [batchBytes + 7, 2 * batchBytes + 70]) world.disk.damage(segment, position);
    const { checkpoint, journal, partitions, problems, notes } = await verifyIn(world);
    expect(checkpoint).toMatchObject({ sequence: 2, state: 'open' });
    expect(journal).toMatchObject({ entries: 2, lastSequence: 4 });
    expect(partitions).toMatchObject([
      { endOffset: 3, stored: { records: 1 }, repeated: { batches: 2, records: 2, bytes: 2 * batchBytes } },
    ]);
    expect([problems, notes]).toEqual([[], []]);
  });

  test('that was opened and never used is right, and one without partitions that hold anything too', async () => {
    const world = await lived(createWorld(), 'killed', async () => {});
    expect(await verifyIn(world)).toMatchObject({ partitions: [], problemCount: 0, noteCount: 0 });
    await lived(world, 'closed', (store) => store.createLog('a', settings));
    expect(await verifyIn(world)).toMatchObject({
      partitions: [{ log: 'a', startOffset: 0, endOffset: 0 }],
      problemCount: 0,
      noteCount: 0,
    });
  });

  test('segments, trims and deletions of the journal are followed', async () => {
    const world = createWorld();
    await lived(world, 'closed', async (store) => {
      for (const name of ['a', 'b']) await store.createLog(name, settings);
      for (const name of ['a', 'b']) for (let number = 0; number < 40; number += 1) await store.partition(name, 0).append(large(number));
    });
    await lived(world, 'killed', async (store) => {
      await store.partition('a', 0).trim(30);
      await store.deleteLog('b');
      await store.createLog('b', settings);
      await store.partition('b', 0).append(batchOf('new'));
    });
    const { partitions, problems } = await verifyIn(world);
    expect(problems).toEqual([]);
    expect(partitions).toMatchObject([
      { log: 'a', logId: 1, startOffset: 30, endOffset: 40 },
      { log: 'b', logId: 3, startOffset: 0, endOffset: 1, stored: { records: 0 }, repeated: { records: 1 } },
    ]);
    // Of what the journal makes needless only the size counts.
    world.disk.damage('/data/logs/2/0/00000000000000000000.log', 70);
    expect((await verifyIn(world)).problems).toEqual([]);
    await world.disk.mount().unlink('/data/logs/2/0/00000000000000000000.log');
    expect((await verifyIn(world)).problems).toMatchObject([{ kind: 'file', got: 'no file', opening: 'refused' }]);
  });

  test('a journal of two files, and batches larger than one read, are followed', async () => {
    const options = { journalFileBytes: 4 * 1024 * 1024, segmentBytes: 4 * 1024 * 1024 };
    const world = createWorld();
    const huge = Buffer.alloc(1_500_000, 'x');
    await lived(world, 'closed', (store) => fill(store, [huge, 'small', huge]), options);
    await lived(world, 'killed', (store) => append(store, huge, huge, huge), options);
    const { partitions, journal, problems } = await verifyIn(world);
    expect(problems).toEqual([]);
    expect(journal.files).toBeGreaterThan(1);
    expect(partitions).toMatchObject([{ endOffset: 6, stored: { records: 3 }, repeated: { records: 3 } }]);
  });
});

describe('damage in a segment', () => {
  test.each([
    ['a bit of a record', batchBytes - 2, 'a batch with the CRC of its bytes', 'another CRC', 1],
    ['the base offset, which the CRC leaves out', 7, 'offset 1', '17', 1],
    ['the leader epoch', 15, 'leader epoch 0', '16', 1],
    ['the magic byte', 16, 'magic 2', '18', 1],
    ['the number of records', 60, '1 records, as the last offset says', '17', 1],
    ['the length', 9, `a batch of at most ${2 * batchBytes} bytes`, String(batchBytes + 0x10_0000), 2],
  ])(
    '%s: the offsets are named, and the batches behind it are proved where they can be found',
    async (_, position, expected, got, last) => {
      const world = await filled('closed', ['0', '1', '2']);
      world.disk.damage(segment, batchBytes + position);
      const { problems, partitions } = await verifyIn(world);
      const offsets = { log: 'a', partition: 0, firstOffset: 1, lastOffset: last };
      expect(problems).toEqual([{ kind: 'batch', path: segment, position: batchBytes, offsets, expected, got, opening: 'possible' }]);
      expect(partitions).toMatchObject([{ endOffset: 3, stored: { records: last === 1 ? 2 : 1 } }]);
    },
  );

  test('a run of damaged batches is one problem; behind a lost length an index entry leads on', async () => {
    const world = await lived(createWorld(), 'closed', (store) => fillLarge(store, 40), { segmentBytes: 1024 * 1024 });
    const length = large(0).length;
    world.disk.damage(segment, 5 * length + 8);
    for (const number of [20, 21, 22]) world.disk.damage(segment, number * length + 100);
    const { problems, partitions } = await verifyIn(world);
    const ranges = problems.map(({ offsets }) => [offsets?.firstOffset, offsets?.lastOffset]);
    const indexed = Math.ceil((32 * 1024) / length);
    expect(ranges).toEqual([
      [5, indexed - 1],
      [20, 22],
    ]);
    expect(partitions).toMatchObject([{ stored: { records: 40 - 3 - (indexed - 5) } }]);
  });

  test('a listed file that is missing or short refuses the opening; what is left of it is proved', async () => {
    const world = await filled('closed', ['0', '1', '2']);
    const fileSystem = world.disk.mount();
    fileSystem.open(segment, 'existing').truncate(2 * batchBytes + 5);
    const offsets = { log: 'a', partition: 0, firstOffset: 2, lastOffset: 2 };
    const short = { kind: 'file', path: segment, offsets, expected: `${3 * batchBytes} bytes`, opening: 'refused' };
    const { problems, partitions } = await verifyIn(world);
    expect(problems).toEqual([{ ...short, position: 2 * batchBytes, got: String(2 * batchBytes + 5) }]);
    expect(partitions).toMatchObject([{ stored: { records: 2 } }]);
    await fileSystem.unlink(segment);
    expect((await verifyIn(world)).problems).toEqual([{ ...short, offsets: { ...offsets, firstOffset: 0 }, got: 'no file' }]);
  });

  test('a short file is told as such also when its last batch is damaged', async () => {
    const world = await filled('closed', ['0', '1', '2']);
    world.disk.damage(segment, 2 * batchBytes + 16);
    world.disk
      .mount()
      .open(segment, 'existing')
      .truncate(3 * batchBytes - 1);
    const problem = { kind: 'file', opening: 'refused', offsets: { firstOffset: 2, lastOffset: 2 } };
    expect((await verifyIn(world)).problems).toMatchObject([problem]);
  });

  test.each([
    ['an earlier stamp than the batch before', '2', -1, 'batch', 'a stamp of 1700000000000 or later', 2],
    ['a later stamp', '2', 1, 'list', 'the last stamp 1700000000000', 2],
  ])('a batch in place of another, whole but with %s, is told', async (_, value, lateMs, kind, expected, offset) => {
    const world = await filled('closed', ['0', '1', '2']);
    replaceBatch(world, 2 * batchBytes, [{ key: null, value: Buffer.from(value) }], 2, world.clock.wallMs + lateMs);
    const offsets = { firstOffset: offset, lastOffset: offset };
    expect((await verifyIn(world)).problems).toMatchObject([{ kind, expected, offsets, opening: 'possible' }]);
  });

  test('a batch in place of one with more records is told: the segment ends before its listed end', async () => {
    const three = batchOf('', '', '');
    const world = await lived(createWorld(), 'closed', async (store) => {
      await store.createLog('a', settings);
      await store.partition('a', 0).append(three);
    });
    replaceBatch(world, 0, [{ key: null, value: Buffer.alloc(three.length - batchOf('').length) }], 0, world.clock.wallMs);
    const offsets = { firstOffset: 1, lastOffset: 2 };
    expect((await verifyIn(world)).problems).toMatchObject([{ kind: 'list', offsets, expected: 'an end at offset 3', got: '1' }]);
  });

  test('records that do not fill their batch are told though its CRC is right', async () => {
    const world = await filled('closed', ['0', '1', '2']);
    const fileSystem = world.disk.mount();
    const batch = readAll(fileSystem, segment).subarray(batchBytes, 2 * batchBytes);
    batch[64] = 0x02; // the offset delta of its record: 1 in place of 0
    stampBatch(batch, 1, world.clock.wallMs);
    fileSystem.open(segment, 'existing').writeSync([batch], batchBytes);
    expect((await verifyIn(world)).problems).toMatchObject([{ kind: 'batch', expected: 'a record of offset 1', got: '2' }]);
  });

  test('bytes the disk does not give are told, and the other files are walked', async () => {
    const world = createWorld();
    await lived(world, 'closed', async (store) => {
      for (const name of ['a', 'b']) await store.createLog(name, settings);
      for (const name of ['a', 'b']) await store.partition(name, 0).append(batchOf('0'));
    });
    const fileSystem = world.disk.mount();
    fileSystem.failureOf = (call, path) => (call === 'read' && path === segment ? 'EIO' : undefined);
    const { problems, partitions } = await verifyIn(world, fileSystem);
    expect(problems).toMatchObject([{ kind: 'file', path: segment, offsets: { firstOffset: 0, lastOffset: 0 }, opening: 'possible' }]);
    expect(partitions).toMatchObject([{ stored: { records: 0 } }, { stored: { records: 1 } }]);
  });
});

describe('damage elsewhere', () => {
  test('a bad checkpoint, or none beside logs or a journal, is all that can be said', async () => {
    const world = await filled('closed', ['0']);
    world.disk.damage('/data/checkpoint', 60);
    expect(await verifyIn(world)).toMatchObject({
      checkpoint: undefined,
      partitions: [],
      problems: [{ kind: 'checkpoint', opening: 'refused' }],
    });
    await world.disk.mount().unlink('/data/checkpoint');
    expect((await verifyIn(world)).problems).toMatchObject([{ got: expect.stringContaining('holds 1 log(s), such as 1') }]);
    const bare = await lived(createWorld(), 'killed', (store) => store.createLog('a', settings));
    await bare.disk.mount().unlink('/data/checkpoint');
    expect((await verifyIn(bare)).problems).toMatchObject([{ got: expect.stringContaining('holds 1 journal file(s), such as 00000001') }]);
  });

  test('missing journal entries are told with what they took and what accepting that means', async () => {
    const world = await lived(createWorld(), 'killed', (store) => fill(store, ['0', '1', '2', '3']));
    damageEntries(world, 3);
    const { problems, journal, partitions } = await verifyIn(world);
    const expected = 'entries 3 to 3, which later ones prove to have been on the disk';
    expect(problems).toEqual([{ kind: 'journal', path: '/data/journal', expected, got: 'none of them', opening: 'acceptable' }]);
    expect(journal).toMatchObject({ entries: 4, lastSequence: 5, gaps: [{ first: 3, last: 3 }] });
    expect(journal.losses).toEqual(['offsets 1 to 1 of partition 0 of log id 1']);
    expect(journal.acceptance[0]).toBe('Offsets 1 to 1 of partition 0 of a are lost.');
    expect(partitions).toMatchObject([{ startOffset: 0, endOffset: 4, repeated: { records: 3 } }]);
  });

  test('damage that was accepted stays known as a hole, and is no problem any more', async () => {
    const world = await lived(createWorld(), 'killed', (store) => fill(store, ['0', '1', '2', '3']));
    damageEntries(world, 3);
    const store = await openIn(world, { damage: 'accept' });
    await store[Symbol.asyncDispose]();
    const message = 'Offsets 1 to 1 of partition 0 of a are lost: accepted before.';
    expect(await verifyIn(world)).toMatchObject({ problems: [], notes: [{ kind: 'hole', path: '/data/logs/1/0', message }] });
  });

  test('the last round, which nothing proves, ends the journal in silence, as it does for an opening', async () => {
    const world = await lived(createWorld(), 'killed', (store) => fill(store, ['0', '1', '2']));
    damageEntries(world, 4);
    const { problems, partitions, notes } = await verifyIn(world);
    expect(problems).toEqual([]);
    expect(partitions).toMatchObject([{ endOffset: 2 }]);
    expect(notes).toMatchObject([{ kind: 'tail', path: segment, message: expect.stringContaining(`${batchBytes} bytes up to here`) }]);
  });

  test('entries that do not fit the checkpoint are told', async () => {
    const world = await filled('closed', ['0', '1']);
    await lived(world, 'killed', (store) => append(store, '2'));
    const [, contents = ''] = readAll(world.disk.mount(), '/data/checkpoint')
      .toString()
      .split(/(?<=^[^\n]*\n)/);
    replaceCheckpoint(world, contents.replace(`[0,0,2,[[0,${2 * batchBytes},`, `[0,0,1,[[0,${batchBytes},`));
    expect((await verifyIn(world)).problems).toMatchObject([
      { kind: 'journal', got: 'The journal repeats offset 2 of partition 0 of a, which ends at 1.', opening: 'refused' },
    ]);
    await expect(openIn(world)).rejects.toMatchObject({ code: 'Damaged' });
  });

  test('a journal the disk does not give refuses the opening, and the segments are walked', async () => {
    const world = await filled('closed', ['0']);
    await lived(world, 'killed', (store) => append(store, '1'));
    const fileSystem = world.disk.mount();
    fileSystem.failureOf = (call, path) => (call === 'read' && path.startsWith('/data/journal/') ? 'EIO' : undefined);
    const { problems, partitions } = await verifyIn(world, fileSystem);
    expect(problems).toMatchObject([{ kind: 'journal', got: 'EIO from the disk', opening: 'refused' }]);
    expect(partitions).toMatchObject([{ stored: { records: 1 } }]);
  });
});

describe('what is worth a note', () => {
  test.each(['an offset', 'a position', 'a stamp', 'half an entry', 'too much'])(
    'an index with %s that is wrong will be made again',
    async (what) => {
      const world = await lived(createWorld(), 'closed', (store) => fillLarge(store, 200), { segmentBytes: 1024 * 1024 });
      expect((await verifyIn(world)).notes).toEqual([]);
      const path = segment.replace('.log', what === 'a stamp' ? '.timeindex' : '.index');
      const file = world.disk.mount().open(path, 'existing');
      if (what === 'half an entry') file.truncate(12);
      else if (what === 'too much') file.truncate(1024 * 1024);
      else world.disk.damage(path, what === 'an offset' ? 3 : 7);
      expect(await verifyIn(world)).toMatchObject({ problems: [], notes: [{ kind: 'index', path: segment }], noteCount: 1 });
    },
  );

  test('files that nobody lists', async () => {
    const world = await filled('closed', ['0']);
    const fileSystem = world.disk.mount();
    fileSystem.makeFolder('/data/logs/7');
    fileSystem.makeFolder('/data/logs/7/0');
    for (const path of [
      'checkpoint.next',
      'logs/7/0/00000000000000000000.log',
      'logs/1/0/notes.txt',
      'logs/1/0/00000000000000000009.log',
    ]) {
      fileSystem.open(`/data/${path}`, 'new').writeSync([Buffer.from('left')], 0);
    }
    const { problems, notes } = await verifyIn(world);
    expect(problems).toEqual([]);
    expect(notes.map(({ kind }) => kind)).toEqual(Array.from({ length: 4 }, () => 'left-over'));
    expect(notes.map(({ path }) => path.slice('/data/'.length)).toSorted()).toEqual([
      'checkpoint.next',
      'logs/1/0/00000000000000000009.log',
      'logs/1/0/notes.txt',
      'logs/7/0/00000000000000000000.log',
    ]);
  });

  test('no list grows without end, and everything is counted', async () => {
    const world = await filled('closed', ['0']);
    const fileSystem = world.disk.mount();
    for (let number = 0; number < 1_005; number += 1) fileSystem.open(`/data/logs/1/0/${number}.txt`, 'new');
    const { notes, noteCount } = await verifyIn(world);
    expect([notes.length, noteCount]).toEqual([1_000, 1_005]);
  });
});

describe('what cannot be verified', () => {
  test('a directory in use: who has it is said', async () => {
    const world = createWorld();
    const host = { pid: 11, bootId: 'boot', startedAt: () => '100' };
    const store = await openIn(world, { host });
    const refusal = await verifyLogStore({ directory, fileSystem: world.disk.mount(), host }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'Locked' });
    expect(String(refusal)).toContain('in use by process 11 (started at 100)');
    await store[Symbol.asyncDispose]();
    expect(await verifyLogStore({ directory, fileSystem: world.disk.mount(), host })).toMatchObject({ problemCount: 0 });
  });

  test('one that is opened meanwhile', async () => {
    const world = await filled('closed', ['0']);
    const fileSystem = world.disk.mount();
    let opening: Promise<unknown> | undefined;
    fileSystem.onCall = (call, path) => {
      if (call === 'open' && path === segment) opening ??= openIn(world);
    };
    const host = { pid: 1, bootId: 'another', startedAt: () => 'start' };
    await expect(verifyLogStore({ directory, fileSystem, host })).rejects.toMatchObject({ code: 'Locked' });
    await opening;
  });

  test('nothing, and no directory', async () => {
    const world = createWorld();
    await expect(verifyIn(world)).rejects.toMatchObject({ code: 'Failed', message: 'There is no directory /data.' });
    world.disk.mount().makeFolder('/data');
    await expect(verifyIn(world)).rejects.toMatchObject({ code: 'Failed', message: 'No store was ever opened in /data.' });
  });

  test('files that may not be read', async () => {
    const world = await filled('closed', ['0']);
    const fileSystem = world.disk.mount();
    fileSystem.failureOf = (call, path) => (call === 'open' && path === segment ? 'EACCES' : undefined);
    await expect(verifyIn(world, fileSystem)).rejects.toMatchObject({ code: 'Failed', message: expect.stringContaining('EACCES') });
  });
});

test('nothing is changed, whatever there is to find', async () => {
  const world = await filled('closed', ['0', '1', '2']);
  await lived(world, 'killed', (store) => append(store, '3', '4', '5'));
  const last = placesOfEntries(world).at(-1)?.sequence ?? 0;
  damageEntries(world, last - 1);
  world.disk.damage(segment, 100);
  world.disk
    .mount()
    .open('/data/checkpoint.next', 'new')
    .writeSync([Buffer.from('half')], 0);
  const before = allBytes(world);
  expect(await verifyIn(world)).toMatchObject({ problemCount: 2 });
  expect(allBytes(world)).toEqual(before);
});

/** A world whose log holds one batch for each value. */
async function filled(how: 'closed' | 'killed', values: readonly string[]): Promise<World> {
  return await lived(createWorld(), how, (store) => fill(store, values));
}

async function fill(store: LogStore, values: readonly (string | Buffer)[]): Promise<void> {
  await store.createLog('a', settings);
  await append(store, ...values);
}

async function append(store: LogStore, ...values: (string | Buffer)[]): Promise<void> {
  for (const value of values) await store.partition('a', 0).append(batchOf(value));
  await settle();
}

function large(number: number): Buffer {
  return batchOf(`${String(number).padStart(4)} ${'x'.repeat(3_000)}`);
}

async function fillLarge(store: LogStore, count: number): Promise<void> {
  await store.createLog('a', settings);
  for (let number = 0; number < count; number += 1) await store.partition('a', 0).append(large(number));
}
