// A log store keeps what it acknowledged, in order, under the offsets it answered, and refuses the rest by name.
import { timestampOf } from 'millrace-records';
import { describe, expect, test } from 'vitest';
import { LogError, OffsetOutOfRange } from '../src/index.ts';
import { batchOf, createWorld, everything, openIn, settle, valuesIn, valuesOf } from './setup.ts';

const settings = { partitionCount: 2, retentionMs: 'forever' } as const;

describe('appending and reading', () => {
  test('appends of one turn are stored in order, whole, under consecutive offsets and one stamp', async () => {
    const world = createWorld();
    const store = await openIn(world);
    await store.createLog('a', settings);
    const partition = store.partition('a', 0);
    const answers = await Promise.all([
      partition.append(batchOf('1', '2')),
      partition.append(batchOf('3')),
      partition.append(batchOf('4', '5')),
    ]);
    expect(answers.map(({ firstOffset }) => firstOffset)).toEqual([0, 2, 3]);
    expect(new Set(answers.map(({ timestampMs }) => timestampMs))).toEqual(new Set([world.clock.wallMs]));
    expect(await valuesOf(partition)).toEqual(['1', '2', '3', '4', '5']);
    expect(await store.partition('a', 1).bounds()).toEqual({ startOffset: 0, endOffset: 0 });
    await store[Symbol.asyncDispose]();
  });

  test('a read begins with the batch that holds the offset and returns at least that one', async () => {
    const store = await openIn(createWorld());
    await store.createLog('a', settings);
    const partition = store.partition('a', 0);
    for (const values of [['0', '1', '2'], ['3', '4'], ['5']]) await partition.append(batchOf(...values));
    const read = await partition.read(1, { maxBytes: 0, maxRecords: 0, waitMs: 0 });
    expect(read.batches).toHaveLength(1);
    expect(read).toMatchObject({ nextOffset: 3, endOffset: 6 });
    expect((await partition.read(3, { ...everything, maxRecords: 2 })).nextOffset).toBe(5);
    expect((await partition.read(0, { ...everything, maxRecords: 5 })).nextOffset).toBe(5);
    expect(await partition.read(6, everything)).toEqual({ batches: [], nextOffset: 6, endOffset: 6 });
  });

  test('reads into the memory it is given, also a batch larger than was asked for at first', async () => {
    const store = await openIn(createWorld());
    await store.createLog('a', settings);
    const partition = store.partition('a', 0);
    const large = 'x'.repeat(20_000);
    for (const values of [['0', '1'], [large], ['2']]) await partition.append(batchOf(...values));
    const memory = new ArrayBuffer(100_000);
    let taken = 0;
    const allocate = (bytes: number): Buffer => {
      const buffer = Buffer.from(memory, taken, bytes);
      taken += bytes;
      return buffer;
    };
    for (const [fromOffset, expected] of [
      [0, ['0', '1']],
      [2, [large]],
      [3, ['2']],
    ] as const) {
      taken = 0; // The same memory again: nothing of an earlier read is needed any more.
      const { batches } = await partition.read(fromOffset, { maxBytes: 10, maxRecords: 1, waitMs: 0, allocate });
      expect(batches.map(({ buffer }) => buffer)).toEqual([memory]);
      expect(batches.flatMap((batch) => valuesIn(batch))).toEqual(expected);
      expect(taken).toBeGreaterThanOrEqual(batches[0]?.length ?? Infinity);
    }
  });

  test('of the batch that was written last it reads the bytes of that one and no more', async () => {
    const store = await openIn(createWorld());
    await store.createLog('a', settings);
    const partition = store.partition('a', 0);
    const last = batchOf('7', 'x'.repeat(30_000), '9');
    for (const batch of [batchOf('0', '1', '2', '3'), batchOf('4', '5', '6'), last]) await partition.append(batch);
    for (const fromOffset of [7, 8, 9]) {
      const asked: number[] = [];
      const allocate = (bytes: number): Buffer => {
        asked.push(bytes);
        return Buffer.alloc(bytes);
      };
      const { batches } = await partition.read(fromOffset, { ...everything, allocate });
      expect(batches).toEqual([last]);
      expect(asked).toEqual([last.length]);
    }
  });

  test('offsets outside are refused with both bounds', async () => {
    const store = await openIn(createWorld());
    await store.createLog('a', settings);
    const partition = store.partition('a', 0);
    await partition.append(batchOf('0', '1', '2'));
    await partition.trim(2);
    for (const offset of [-1, 1, 4, Number.NaN]) {
      const refusal = await partition.read(offset, everything).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(OffsetOutOfRange);
      expect(refusal).toMatchObject({ code: 'OffsetOutOfRange', startOffset: 2, endOffset: 3 });
    }
    expect(await valuesOf(partition)).toEqual(['2']);
  });

  test('many batches over many segments and index entries are found from any offset, also after a restart', async () => {
    const world = createWorld();
    const values = Array.from({ length: 900 }, (_, number) => `${number}-${'x'.repeat(400)}`);
    const store = await openIn(world, { segmentBytes: 150_000 });
    await store.createLog('a', settings);
    for (const value of values) await store.partition('a', 0).append(batchOf(value));
    for (const from of [0, 1, 250, 333, 899]) expect(await valuesOf(store.partition('a', 0), from)).toEqual(values.slice(from));
    await store[Symbol.asyncDispose]();
    const again = await openIn(world);
    for (const from of [0, 1, 250, 333, 899]) expect(await valuesOf(again.partition('a', 0), from)).toEqual(values.slice(from));
    await again[Symbol.asyncDispose]();
  });

  test('offsetAtTime gives the first offset stamped at or after a time', async () => {
    const world = createWorld();
    const start = world.clock.wallMs;
    const store = await openIn(world, { segmentBytes: 100_000 });
    await store.createLog('a', settings);
    const partition = store.partition('a', 0);
    for (let number = 0; number < 600; number += 1) {
      await partition.append(batchOf('x'.repeat(400), 'y'));
      world.clock.advance(10);
    }
    for (const [ms, offset] of [
      [-5, 0],
      [0, 0],
      [1, 2],
      [10, 2],
      [2995, 600],
      [5990, 1198],
      [5991, 1200],
    ] as const) {
      expect(await partition.offsetAtTime(start + ms)).toBe(offset);
    }
    await partition.trim(601);
    expect(await partition.offsetAtTime(start)).toBe(601);
  });

  test('stamps never fall, though the wall clock does, also over a restart', async () => {
    const world = createWorld();
    const store = await openIn(world);
    await store.createLog('a', settings);
    const first = await store.partition('a', 0).append(batchOf('1'));
    world.clock.wallMs -= 3_600_000;
    world.clock.elapsedMs += 10;
    const second = await store.partition('a', 0).append(batchOf('2'));
    expect(second.timestampMs).toBe(first.timestampMs + 5);
    await store[Symbol.asyncDispose]();
    const again = await openIn(world);
    const third = await again.partition('a', 0).append(batchOf('3'));
    expect(third.timestampMs).toBeGreaterThanOrEqual(second.timestampMs);
    const { batches } = await again.partition('a', 0).read(2, everything);
    expect(batches.map((batch) => timestampOf(batch))).toEqual([third.timestampMs]);
  });
});

describe('waiting', () => {
  test('a read at the end is woken by an append, and leaves no timer or listener', async () => {
    const world = createWorld();
    const store = await openIn(world);
    await store.createLog('a', settings);
    const pending = world.clock.pending;
    const reading = store.partition('a', 0).read(0, { ...everything, waitMs: 1000 }, new AbortController().signal);
    expect(world.clock.pending).toBe(pending + 1);
    await store.partition('a', 0).append(batchOf('1'));
    expect((await reading).nextOffset).toBe(1);
    expect(world.clock.pending).toBe(pending);
  });

  test('it ends empty after its time or when it is aborted', async () => {
    const world = createWorld();
    const store = await openIn(world);
    await store.createLog('a', settings);
    const pending = world.clock.pending;
    const late = store.partition('a', 0).read(0, { ...everything, waitMs: 1000 });
    world.clock.advance(1000);
    expect((await late).batches).toEqual([]);
    const abort = new AbortController();
    const aborted = store.partition('a', 0).read(0, { ...everything, waitMs: 1000 }, abort.signal);
    abort.abort();
    expect((await aborted).batches).toEqual([]);
    expect(world.clock.pending).toBe(pending);
  });

  test('closing ends it with Closed, deleting with UnknownLog', async () => {
    const store = await openIn(createWorld());
    await store.createLog('a', settings);
    await store.createLog('b', settings);
    const inDeleted = store.partition('b', 0).read(0, { ...everything, waitMs: 1000 });
    const inClosed = store.partition('a', 0).read(0, { ...everything, waitMs: 1000 });
    const codes = Promise.all([inDeleted, inClosed].map((read) => read.catch(codeOf)));
    await store.deleteLog('b');
    await store[Symbol.asyncDispose]();
    expect(await codes).toEqual(['UnknownLog', 'Closed']);
  });
});

describe('logs', () => {
  test('creating again is nothing, with other settings LogExists; deleting what is not there is nothing', async () => {
    const world = createWorld();
    const store = await openIn(world);
    await Promise.all([store.createLog('b', settings), store.createLog('b', settings), store.createLog('a', settings)]);
    expect(await store.createLog('b', { ...settings, partitionCount: 3 }).catch(codeOf)).toBe('LogExists');
    await store.deleteLog('c');
    expect((await store.listLogs()).map(({ name }) => name)).toEqual(['a', 'b']);
    await store[Symbol.asyncDispose]();
    const again = await openIn(world);
    expect(await again.listLogs()).toEqual([
      { name: 'a', ...settings },
      { name: 'b', ...settings },
    ]);
  });

  test('an append to a log or partition that is not there, or deleted before it, is UnknownLog', async () => {
    const store = await openIn(createWorld());
    await store.createLog('a', settings);
    expect(await store.partition('a', 2).append(batchOf('1')).catch(codeOf)).toBe('UnknownLog');
    expect(await store.partition('b', 0).append(batchOf('1')).catch(codeOf)).toBe('UnknownLog');
    const [before, deleted, after] = [
      store.partition('a', 0).append(batchOf('1')),
      store.deleteLog('a'),
      store.partition('a', 0).append(batchOf('2')).catch(codeOf),
    ];
    expect((await before).firstOffset).toBe(0);
    await deleted;
    expect(await after).toBe('UnknownLog');
  });

  test('the files of a deleted log and of trimmed segments go with a checkpoint', async () => {
    const world = createWorld();
    const fileSystem = world.disk.mount();
    const store = await openIn(world, { segmentBytes: 1024 }, fileSystem);
    await store.createLog('a', settings);
    await store.createLog('b', settings);
    for (const name of ['a', 'b'])
      for (let count = 0; count < 5; count += 1) await store.partition(name, 0).append(batchOf('x'.repeat(600)));
    await store.deleteLog('a');
    await store.partition('b', 0).trim(3);
    expect(fileSystem.list('/data/logs')).toHaveLength(2);
    await store[Symbol.asyncDispose]();
    expect(fileSystem.list('/data/logs')).toEqual(['2']);
    expect(fileSystem.list('/data/logs/2/0').filter((name) => name.endsWith('.log'))).toEqual([
      '00000000000000000003.log',
      '00000000000000000004.log',
    ]);
  });

  test('thousands of partitions that hold nothing have no files', async () => {
    const world = createWorld();
    const fileSystem = world.disk.mount();
    const store = await openIn(world, {}, fileSystem);
    for (let number = 0; number < 100; number += 1) await store.createLog(`log${number}`, { partitionCount: 50, retentionMs: 'forever' });
    await store[Symbol.asyncDispose]();
    expect(fileSystem.list('/data/logs')).toEqual([]);
    const again = await openIn(world);
    expect(await again.listLogs()).toHaveLength(100);
    await again[Symbol.asyncDispose]();
  });
});

describe('retention', () => {
  test('forgets whole segments that are older, also of a log that is quiet, and never sooner', async () => {
    const world = createWorld();
    const store = await openIn(world);
    await store.createLog('a', { partitionCount: 1, retentionMs: 24 * 3_600_000 });
    await store.createLog('kept', settings);
    const partition = store.partition('a', 0);
    for (let hour = 0; hour < 30; hour += 1) {
      await partition.append(batchOf(String(hour)));
      await store.partition('kept', 0).append(batchOf(String(hour)));
      world.clock.advance(3_600_000);
      await settle();
    }
    const { startOffset } = await partition.bounds();
    expect(startOffset).toBeGreaterThanOrEqual(4);
    expect(startOffset).toBeLessThanOrEqual(6);
    world.clock.advance(48 * 3_600_000);
    await settle();
    expect(await partition.bounds()).toEqual({ startOffset: 30, endOffset: 30 });
    expect((await partition.append(batchOf('later'))).firstOffset).toBe(30);
    expect(await store.partition('kept', 0).bounds()).toEqual({ startOffset: 0, endOffset: 30 });
    await store[Symbol.asyncDispose]();
    expect(await valuesOf((await openIn(world)).partition('a', 0))).toEqual(['later']);
  });
});

describe('limits and failures', () => {
  test('what is not one whole batch, or larger than a journal file, is refused', async () => {
    const store = await openIn(createWorld());
    await store.createLog('a', settings);
    for (const batch of [Buffer.alloc(0), Buffer.alloc(100), batchOf('1').subarray(0, 65), batchOf('x'.repeat(66_000))]) {
      expect(await store.partition('a', 0).append(batch).catch(codeOf)).toBe('AppendRefused');
    }
    expect((await store.partition('a', 0).append(batchOf('1'))).firstOffset).toBe(0);
  });

  test('beyond the bytes in flight an append is Overloaded, and command logs have their own share', async () => {
    const store = await openIn(createWorld(), { maxBytesInFlight: 65_536 });
    await store.createLog('a', settings);
    await store.createLog('_millrace.x', settings);
    const bulk = Array.from({ length: 10 }, () =>
      store
        .partition('a', 0)
        .append(batchOf('x'.repeat(10_000)))
        .then(() => 'stored', codeOf),
    );
    const command = store.partition('_millrace.x', 0).append(batchOf('1'));
    const outcomes = await Promise.all(bulk);
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(6);
    expect(outcomes.slice(6)).toEqual(Array.from({ length: 4 }, () => 'Overloaded'));
    expect((await command).firstOffset).toBe(0);
    expect((await store.partition('a', 0).append(batchOf('1'))).firstOffset).toBe(6);
  });

  test('a full disk refuses one append and the next takes its place', async () => {
    const world = createWorld();
    const fileSystem = world.disk.mount();
    const store = await openIn(world, {}, fileSystem);
    await store.createLog('a', settings);
    const partition = store.partition('a', 0);
    await partition.append(batchOf('1'));
    let writes = 0;
    fileSystem.takesPart = false;
    fileSystem.isFull = (path) => path.endsWith('.log') && (writes += 1) <= 2; // the joint write, then the first alone
    const outcomes = await Promise.all(
      ['2', '3', '4'].map((value) => partition.append(batchOf(value)).then(({ firstOffset }) => firstOffset, codeOf)),
    );
    expect(outcomes).toEqual(['AppendRefused', 1, 2]);
    world.disk.cutPower();
    fileSystem.isDead = true;
    expect(await valuesOf((await openIn(world)).partition('a', 0))).toEqual(['1', '3', '4']);
  });

  test('a failed sync is final: unknown for what was in flight, Failed for everything after, until it is opened again', async () => {
    const world = createWorld();
    const fileSystem = world.disk.mount();
    const failures: string[] = [];
    const store = await openIn(world, { onFailure: ({ code }) => failures.push(code) }, fileSystem);
    await store.createLog('a', settings);
    await store.partition('a', 0).append(batchOf('1'));
    const reading = store
      .partition('a', 1)
      .read(0, { ...everything, waitMs: 1000 })
      .catch(codeOf);
    fileSystem.failsSync = (path) => path.includes('journal');
    expect(await store.partition('a', 0).append(batchOf('2')).catch(codeOf)).toBe('OutcomeUnknown');
    expect(await reading).toBe('Failed');
    expect(await store.partition('a', 0).append(batchOf('3')).catch(codeOf)).toBe('Failed');
    expect(await store.partition('a', 0).read(0, everything).catch(codeOf)).toBe('Failed');
    expect(failures).toEqual(['Failed']);
    await store[Symbol.asyncDispose]();
    const again = await openIn(world);
    expect((await valuesOf(again.partition('a', 0)))[0]).toBe('1');
  });

  test('few files stay open however many partitions are written', async () => {
    const world = createWorld();
    const store = await openIn(world, { maxOpenFiles: 16 });
    await store.createLog('a', { partitionCount: 100, retentionMs: 'forever' });
    const appends = Array.from({ length: 300 }, (_, number) => store.partition('a', number % 100).append(batchOf(String(number))));
    await Promise.all(appends);
    for (let index = 0; index < 100; index += 1)
      expect(await valuesOf(store.partition('a', index))).toEqual([index, index + 100, index + 200].map(String));
    await store[Symbol.asyncDispose]();
  });

  test('after closing begins calls are refused, accepted appends are stored, and no timer is left', async () => {
    const world = createWorld();
    const store = await openIn(world, { durability: 'async' });
    await store.createLog('a', settings);
    const accepted = store.partition('a', 0).append(batchOf('1'));
    const closing = store[Symbol.asyncDispose]();
    expect(await store.partition('a', 0).append(batchOf('2')).catch(codeOf)).toBe('Closed');
    expect(await store.listLogs().catch(codeOf)).toBe('Closed');
    expect((await accepted).firstOffset).toBe(0);
    await closing;
    expect(world.clock.pending).toBe(0);
    expect(await valuesOf((await openIn(world)).partition('a', 0))).toEqual(['1']);
  });

  test('a read under way when closing begins ends well: no file is closed under it', async () => {
    const store = await openIn(createWorld(), { segmentBytes: 1024 });
    await store.createLog('a', settings);
    for (let count = 0; count < 4; count += 1) await store.partition('a', 0).append(batchOf('x'.repeat(600)));
    const reads = Array.from({ length: 20 }, (_, count) => store.partition('a', 0).read(count % 3, everything));
    await store[Symbol.asyncDispose]();
    for (const { batches } of await Promise.all(reads)) expect(batches).toHaveLength(1);
  });

  test('unknown options and values out of range are refused', async () => {
    const world = createWorld();
    await expect(openIn(world, { segmentBytes: 10 })).rejects.toThrow('segmentBytes is a whole number from 1024 to 1073741824; got 10.');
    await expect(openIn(world, { colour: 'red' } as object)).rejects.toThrow('There is no option colour.');
  });
});

function codeOf(error: unknown): string {
  return error instanceof LogError ? error.code : String(error);
}
