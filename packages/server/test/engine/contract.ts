// The twelve laws of an engine as one suite that every engine passes. A new engine is one file that opens it and one line
// in `engine.test.ts`.
import type { Clock } from 'millrace-log';
import { baseOffsetOf, timestampOf } from 'millrace-records';
import { afterEach, describe, expect, test } from 'vitest';
import type { Engine, PartitionLog, ReadLimits } from '../../src/engine/engine.ts';
import { TestClock } from '../support/test-clock.ts';
import { batch, offsetsOf, valuesOf } from './records.ts';

/** What the suite needs to know of an engine. */
export interface EngineUnderTest {
  readonly name: string;
  /** A fresh, empty engine on this clock. */
  readonly open: (clock: Clock) => Promise<Engine>;
  /** Closes what `open` gave and opens the same data again; absent for an engine that forgets. */
  readonly reopen?: (engine: Engine, clock: Clock) => Promise<Engine>;
  /** A fresh engine with a small bound on bytes in flight; absent for an engine whose appends never wait. */
  readonly openBounded?: (clock: Clock) => Promise<{ readonly engine: Engine; readonly maxBytesInFlight: number }>;
}

const everything: ReadLimits = { maxBytes: 1 << 24, maxRecords: 1_000_000, waitMs: 0 };
const day = 24 * 3_600_000;

export function engineContract({ name, open, reopen, openBounded }: EngineUnderTest): void {
  describe(`the ${name} engine`, () => {
    const opened: Engine[] = [];
    afterEach(async () => {
      for (const engine of opened.splice(0)) await engine[Symbol.asyncDispose]();
    });

    async function start(): Promise<{ engine: Engine; clock: TestClock; log: PartitionLog }> {
      const clock = new TestClock();
      const engine = await open(clock);
      opened.push(engine);
      await engine.createLog('orders', { partitionCount: 2, retentionMs: day });
      return { engine, clock, log: engine.partition('orders', 0) };
    }

    describe('law 1, durable before answered', () => {
      test('an acknowledged append can be read at once', async () => {
        const { log } = await start();
        await log.append(batch('a'));
        expect(await readValues(log)).toEqual(['a']);
      });
    });

    test("the bytes of an append are the caller's again once it is answered", async () => {
      const { log } = await start();
      const bytes = batch('a');
      await log.append(bytes);
      bytes.fill(0xff);
      expect(await readValues(log)).toEqual(['a']);
    });

    if (reopen !== undefined) {
      test('law 1: what was acknowledged is there after closing and opening again', async () => {
        const { engine, clock, log } = await start();
        const appended = await log.append(batch('a', 'b'));
        const again = await reopen(engine, clock);
        opened.push(again);
        const { batches } = await again.partition('orders', 0).read(0, everything);
        expect(valuesOf(batches)).toEqual(['a', 'b']);
        expect(timestampOf(batches[0] as Buffer)).toBe(appended.timestampMs);
        expect(await again.listLogs()).toEqual([{ name: 'orders', partitionCount: 2, retentionMs: day }]);
      });
    }

    describe('law 2, all or nothing', () => {
      test('the records of one append stand together and in order, whatever is appended beside them', async () => {
        const { log } = await start();
        const groups = Array.from({ length: 40 }, (_, group) => Array.from({ length: 5 }, (__, index) => `${group}-${index}`));
        await Promise.all(groups.map((values) => log.append(batch(...values))));
        expect(await readValues(log)).toEqual(groups.flat());
      });

      test('bytes that are not one record batch are refused, and nothing of them is stored', async () => {
        const { log } = await start();
        const truncated = batch('a', 'b').subarray(0, -1);
        await expect(log.append(truncated)).rejects.toMatchObject({ code: 'AppendRefused' });
        expect(await log.bounds()).toEqual({ startOffset: 0, endOffset: 0 });
      });
    });

    describe('law 3, first come, first stored', () => {
      test('appends of one partition that are under way together are stored in the order they were made', async () => {
        const { log } = await start();
        const values = Array.from({ length: 200 }, (_, index) => String(index));
        const appended = await Promise.all(values.map((value) => log.append(batch(value))));
        expect(appended.map(({ firstOffset }) => firstOffset)).toEqual(values.map(Number));
        expect(await readValues(log)).toEqual(values);
      });
    });

    describe('law 4, offsets', () => {
      test('the records of an append stand at its first offset and those behind it', async () => {
        const { log } = await start();
        const first = await log.append(batch('a', 'b', 'c'));
        const second = await log.append(batch('d', 'e'));
        expect([first.firstOffset, second.firstOffset]).toEqual([0, 3]);
        const { batches, nextOffset, endOffset } = await log.read(0, everything);
        expect(offsetsOf(batches)).toEqual([0, 1, 2, 3, 4]);
        expect([nextOffset, endOffset]).toEqual([5, 5]);
      });

      test('a read in the middle of a batch begins with that whole batch', async () => {
        const { log } = await start();
        await log.append(batch('a', 'b', 'c'));
        await log.append(batch('d'));
        const { batches, nextOffset } = await log.read(1, everything);
        expect([baseOffsetOf(batches[0] as Buffer), nextOffset]).toEqual([0, 4]);
      });

      test('partitions number their records on their own', async () => {
        const { engine, log } = await start();
        await log.append(batch('a', 'b'));
        expect(await engine.partition('orders', 1).append(batch('c'))).toMatchObject({ firstOffset: 0 });
      });

      test('following nextOffset reads everything exactly once', async () => {
        const { log } = await start();
        for (let index = 0; index < 30; index += 1) await log.append(batch(`${index}a`, `${index}b`));
        const values: string[] = [];
        let next = 0;
        while (next < 60) {
          const { batches, nextOffset } = await log.read(next, { maxBytes: 300, maxRecords: 7, waitMs: 0 });
          values.push(...valuesOf(batches));
          next = nextOffset;
        }
        expect(values).toEqual(Array.from({ length: 30 }, (_, index) => [`${index}a`, `${index}b`]).flat());
      });
    });

    describe("law 5, the log's clock", () => {
      test('the answer carries the stamp the records have', async () => {
        const { clock, log } = await start();
        const { timestampMs } = await log.append(batch('a'));
        expect(timestampMs).toBe(clock.now());
        const { batches } = await log.read(0, everything);
        expect(timestampOf(batches[0] as Buffer)).toBe(timestampMs);
      });

      test('stamps never fall, though the wall clock is set back', async () => {
        const { clock, log } = await start();
        const stamps: number[] = [];
        for (const jump of [0, 1000, -500_000, 10, 600_000, -1]) {
          clock.setWall(clock.now() + jump);
          stamps.push((await log.append(batch('x'))).timestampMs);
        }
        expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
      });

      test('offsetAtTime is the first offset stamped at or after a time, and the end if there is none', async () => {
        const { clock, log } = await start();
        const stamps: number[] = [];
        for (const value of ['a', 'b', 'c']) {
          stamps.push((await log.append(batch(value, `${value}2`))).timestampMs);
          clock.advance(1000);
        }
        const [first = 0, second = 0, third = 0] = stamps;
        expect(await log.offsetAtTime(0)).toBe(0);
        expect(await log.offsetAtTime(first)).toBe(0);
        expect(await log.offsetAtTime(first + 1)).toBe(2);
        expect(await log.offsetAtTime(second)).toBe(2);
        expect(await log.offsetAtTime(third)).toBe(4);
        expect(await log.offsetAtTime(third + 1)).toBe(6);
      });
    });

    describe('law 6, progress', () => {
      test('a read returns one batch even if it is larger than the limits', async () => {
        const { log } = await start();
        await log.append(batch(...Array.from({ length: 100 }, (_, index) => `value ${index}`)));
        await log.append(batch('next'));
        const { batches, nextOffset } = await log.read(0, { maxBytes: 1, maxRecords: 1, waitMs: 0 });
        expect([batches.length, nextOffset]).toEqual([1, 100]);
      });

      test('a read stays within its limits of bytes, and ends with the batch that reaches its limit of records', async () => {
        const { log } = await start();
        for (let index = 0; index < 10; index += 1) await log.append(batch(`${index}`));
        await log.append(batch('a', 'b', 'c', 'd'));
        const size = (await log.read(0, { ...everything, maxRecords: 1 })).batches[0]?.length ?? 0;
        expect((await log.read(0, { ...everything, maxRecords: 3 })).nextOffset).toBe(3);
        expect((await log.read(0, { ...everything, maxRecords: 11 })).nextOffset).toBe(14);
        expect((await log.read(0, { ...everything, maxBytes: size * 4 })).nextOffset).toBe(4);
      });
    });

    describe('law 7, waiting', () => {
      test('a read at the end ends its wait with what is appended', async () => {
        const { log } = await start();
        const reading = log.read(0, { ...everything, waitMs: 30_000 });
        await log.append(batch('a'));
        expect(valuesOf((await reading).batches)).toEqual(['a']);
      });

      test('a wait ends without records when its time is over', async () => {
        const { clock, log } = await start();
        const reading = log.read(0, { ...everything, waitMs: 5000 });
        await clock.untilTimers(1);
        clock.advance(5000);
        expect(await reading).toEqual({ batches: [], nextOffset: 0, endOffset: 0 });
      });

      test('an abort ends a wait as if its time were over, and leaves no timer', async () => {
        const { clock, log } = await start();
        const before = clock.timerCount;
        const abort = new AbortController();
        const reading = log.read(0, { ...everything, waitMs: 5000 }, abort.signal);
        await clock.untilTimers(before + 1);
        abort.abort();
        expect((await reading).batches).toEqual([]);
        expect(clock.timerCount).toBe(before);
      });

      test('a read of what is there does not wait', async () => {
        const { log } = await start();
        await log.append(batch('a'));
        expect(valuesOf((await log.read(0, { ...everything, waitMs: 30_000 })).batches)).toEqual(['a']);
      });
    });

    describe('law 8, out of range', () => {
      test('an offset behind the end or before the start is an error that carries both bounds', async () => {
        const { log } = await start();
        await log.append(batch('a', 'b'));
        await log.append(batch('c'));
        await log.trim(2);
        const bounds = { code: 'OffsetOutOfRange', startOffset: 2, endOffset: 3 };
        await expect(log.read(4, everything)).rejects.toMatchObject(bounds);
        await expect(log.read(1, everything)).rejects.toMatchObject(bounds);
      });
    });

    describe('law 9, refused or unknown', () => {
      test('an append to a log or partition that is not there is refused for certain', async () => {
        const { engine } = await start();
        await expect(engine.partition('nothing', 0).append(batch('a'))).rejects.toMatchObject({ code: 'UnknownLog' });
        await expect(engine.partition('orders', 2).append(batch('a'))).rejects.toMatchObject({ code: 'UnknownLog' });
      });

      test('after deleting a log, appends and reads are refused for certain', async () => {
        const { engine, log } = await start();
        await log.append(batch('a'));
        await engine.deleteLog('orders');
        await expect(log.append(batch('b'))).rejects.toMatchObject({ code: 'UnknownLog' });
        await expect(log.read(0, everything)).rejects.toMatchObject({ code: 'UnknownLog' });
        expect(await engine.listLogs()).toEqual([]);
      });

      test('deleting a log ends the waits on it', async () => {
        const { engine, clock, log } = await start();
        const before = clock.timerCount;
        const reading = log.read(0, { ...everything, waitMs: 30_000 });
        const refused = expect(reading).rejects.toMatchObject({ code: 'UnknownLog' });
        await clock.untilTimers(before + 1);
        await engine.deleteLog('orders');
        await refused;
      });
    });

    describe('law 10, closing', () => {
      test('accepted appends settle, waits end, and new calls are refused', async () => {
        const { engine, clock, log } = await start();
        const before = clock.timerCount;
        const waiting = log.read(0, { ...everything, waitMs: 30_000 });
        const ended = waiting.then(
          ({ batches }) => batches,
          (error: { code?: string }) => error.code,
        );
        await clock.untilTimers(before + 1);
        const appending = engine.partition('orders', 1).append(batch('a'));
        await engine[Symbol.asyncDispose]();
        expect(await appending).toMatchObject({ firstOffset: 0 });
        expect(['Closed', []]).toContainEqual(await ended);
        await expect(log.append(batch('b'))).rejects.toMatchObject({ code: 'Closed' });
        await expect(log.read(0, everything)).rejects.toMatchObject({ code: 'Closed' });
        await expect(engine.createLog('more', { partitionCount: 1, retentionMs: day })).rejects.toMatchObject({ code: 'Closed' });
      });

      test('closing twice is closing once', async () => {
        const { engine } = await start();
        await engine[Symbol.asyncDispose]();
        await expect(engine[Symbol.asyncDispose]()).resolves.toBeUndefined();
      });
    });

    if (openBounded !== undefined) {
      test('law 11: beyond its bound of bytes in flight an engine refuses, stores nothing of it, and goes on afterwards', async () => {
        const { engine, maxBytesInFlight } = await openBounded(new TestClock());
        opened.push(engine);
        await engine.createLog('orders', { partitionCount: 1, retentionMs: day });
        await engine.createLog('_millrace.commands', { partitionCount: 1, retentionMs: 'forever' });
        const log = engine.partition('orders', 0);
        const size = Math.ceil(maxBytesInFlight / 4);
        const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => log.append(batch('x'.repeat(size)))));
        const stored = outcomes.filter(({ status }) => status === 'fulfilled').length;
        const refused = outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'Overloaded').length;
        expect(stored).toBeGreaterThan(0);
        expect(refused).toBeGreaterThan(0);
        expect(stored + refused).toBe(20);
        expect((await log.bounds()).endOffset).toBe(stored);
        expect(await log.append(batch('afterwards'))).toMatchObject({ firstOffset: stored });
      });

      test('law 11: bulk appends leave command logs their share', async () => {
        const { engine, maxBytesInFlight } = await openBounded(new TestClock());
        opened.push(engine);
        await engine.createLog('orders', { partitionCount: 1, retentionMs: day });
        await engine.createLog('_millrace.commands', { partitionCount: 1, retentionMs: 'forever' });
        const log = engine.partition('orders', 0);
        const value = 'x'.repeat(Math.ceil(maxBytesInFlight / 4));
        const bulk = Promise.allSettled(Array.from({ length: 20 }, () => log.append(batch(value))));
        const command = engine.partition('_millrace.commands', 0).append(batch('command'));
        expect(await command).toMatchObject({ firstOffset: 0 });
        expect((await bulk).some(({ status }) => status === 'rejected')).toBe(true);
      });
    }

    describe('law 12, retention and trimming', () => {
      test('nothing younger than the retention is forgotten, and what is older goes in time', async () => {
        const { clock, log } = await start();
        await log.append(batch('old'));
        clock.advance(day - 1000);
        await log.append(batch('young'));
        await clock.settle();
        expect(await log.bounds()).toEqual({ startOffset: 0, endOffset: 2 });
        for (let hour = 0; hour < 4; hour += 1) {
          clock.advance(3_600_000);
          await clock.settle();
          await log.append(batch('later'));
        }
        await clock.until(async () => (await log.bounds()).startOffset === 1);
        expect((await log.bounds()).startOffset).toBe(1);
      });

      test('a log kept for ever forgets only what is trimmed, and never brings it back', async () => {
        const { engine, clock } = await start();
        await engine.createLog('commands', { partitionCount: 1, retentionMs: 'forever' });
        const commands = engine.partition('commands', 0);
        for (const value of ['a', 'b', 'c']) await commands.append(batch(value));
        clock.advance(1000 * day);
        await clock.settle();
        expect((await commands.bounds()).startOffset).toBe(0);
        await commands.trim(2);
        await commands.trim(1);
        expect(await commands.bounds()).toEqual({ startOffset: 2, endOffset: 3 });
        expect(await commands.append(batch('d'))).toMatchObject({ firstOffset: 3 });
      });

      test('a wholly trimmed partition goes on at its next offset', async () => {
        const { log } = await start();
        await log.append(batch('a', 'b'));
        await log.trim(2);
        expect(await log.bounds()).toEqual({ startOffset: 2, endOffset: 2 });
        expect(await log.append(batch('c'))).toMatchObject({ firstOffset: 2 });
        expect(await readValues(log, 2)).toEqual(['c']);
      });
    });

    describe('logs', () => {
      test('creating a log again with the same settings changes nothing; with others it is refused', async () => {
        const { engine, log } = await start();
        await log.append(batch('a'));
        await engine.createLog('orders', { partitionCount: 2, retentionMs: day });
        expect(await readValues(log)).toEqual(['a']);
        await expect(engine.createLog('orders', { partitionCount: 3, retentionMs: day })).rejects.toMatchObject({ code: 'LogExists' });
      });

      test('deleting a log that is not there changes nothing', async () => {
        const { engine } = await start();
        await engine.deleteLog('nothing');
        expect((await engine.listLogs()).map(({ name: log }) => log)).toEqual(['orders']);
      });
    });
  });
}

async function readValues(log: PartitionLog, from = 0): Promise<string[]> {
  return valuesOf((await log.read(from, everything)).batches);
}
