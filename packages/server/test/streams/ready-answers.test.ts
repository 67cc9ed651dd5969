// Full answers are kept for the next reader of the same place, and never differ from what reading would give.
import { encodeBatch } from 'millrace-records';
import { describe, expect, test } from 'vitest';
import { messageLogOf } from '../../src/admin/catalogue.ts';
import { BufferPool } from '../../src/buffer-pool.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type Place, ReadyAnswers } from '../../src/streams/ready-answers.ts';
import { composeServer } from '../http/composed-server.ts';
import { getMessages } from './messages.ts';

const place = (fromOffset: number): Place => ({ logName: 'l', partition: 0, fromOffset, limit: 10, mediaType: 'application/json' });

/** An answer in a large buffer of the pool, filled with `byte`. */
function answerOf(pool: BufferPool, byte: number) {
  return { body: pool.take(100_000).fill(byte), count: 10, nextOffset: 10 };
}

describe('kept answers', () => {
  test('are found by log, partition, offset, limit and media type alone', () => {
    const pool = new BufferPool();
    const ready = new ReadyAnswers(pool);
    ready.keep(place(0), answerOf(pool, 1));
    expect(ready.find(place(0))).toMatchObject({ count: 10, nextOffset: 10 });
    for (const other of [{ logName: 'm' }, { partition: 1 }, { fromOffset: 1 }, { limit: 11 }, { mediaType: 'text/plain' }]) {
      expect(ready.find({ ...place(0), ...other })).toBeUndefined();
    }
  });

  test('are few, and go in the order of their last use', () => {
    const pool = new BufferPool();
    const ready = new ReadyAnswers(pool);
    for (let offset = 0; offset < 12; offset += 1) ready.keep(place(offset), answerOf(pool, offset));
    ready.find(place(0));
    ready.keep(place(12), answerOf(pool, 12));
    expect([ready.find(place(0)) !== undefined, ready.find(place(1))]).toEqual([true, undefined]);
  });

  test('give their bytes back when they are kept no longer and nobody sends them, not before', () => {
    const pool = new BufferPool();
    const ready = new ReadyAnswers(pool);
    const first = ready.keep(place(0), answerOf(pool, 7));
    const again = ready.find(place(0)) ?? first;
    for (let offset = 1; offset <= 12; offset += 1) ready.release(ready.keep(place(offset), answerOf(pool, 1)));
    expect(ready.find(place(0))).toBeUndefined();
    ready.release(first);
    const other = pool.take(100_000).fill(9);
    expect(again.body.every((byte) => byte === 7)).toBe(true);
    expect(other.buffer).not.toBe(again.body.buffer);
    ready.release(again);
    expect(pool.take(100_000).buffer).toBe(again.body.buffer);
  });
});

/** Counts the reads of message logs. */
function counting(engine: Engine, count: () => void): Engine {
  const partition: Engine['partition'] = (name, index) => {
    const log = engine.partition(name, index);
    if (!name.startsWith('stream-')) return log;
    return {
      ...log,
      read: (...args) => {
        count();
        return log.read(...args);
      },
    };
  };
  return new Proxy(engine, {
    get: (target, key) => {
      if (key === 'partition') return partition;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test('the second reader of a place is answered without reading it; one at the end, or where retention has been, is not', async () => {
  let reads = 0;
  await using server = await composeServer({ wrap: (engine) => counting(engine, () => (reads += 1)) });
  const { catalogue, engine, cursors, clock } = server.service;
  const details = { name: 's', partitions: 1, retentionInHours: 24, compartmentId: 'c', freeformTags: {}, definedTags: {} };
  const { stream } = await catalogue.createStream(details);
  const log = engine.partition(messageLogOf(stream), 0);
  const append = (...values: string[]) => log.append(encodeBatch(values.map((value) => ({ key: null, value: Buffer.from(value) }))));
  await append('a', 'b', 'c');
  const at = (offset: number): string => cursors.encode(stream.id, { partition: 0, position: { kind: 'offset', offset } }, clock.now());
  const read = async (offset: number, limit: number): Promise<number[]> => {
    const { messages } = await getMessages(server.client, stream.id, at(offset), { query: `&limit=${limit}` });
    return messages.map((message) => message.offset);
  };
  expect([await read(0, 2), await read(0, 2), reads]).toEqual([[0, 1], [0, 1], 1]);
  expect([await read(0, 3), await read(0, 4), reads]).toEqual([[0, 1, 2], [0, 1, 2], 3]);
  await append('d');
  expect(await read(0, 4)).toEqual([0, 1, 2, 3]);
  await log.trim(1);
  await expect(read(0, 2)).rejects.toThrow('The cursor is outside the retention period and is now invalid.');
});
