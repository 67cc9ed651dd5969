// CreateCursor at the wire: where each type points, and what is refused.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ComposedServer, composeServer } from '../http/composed-server.ts';
import type { HttpAnswer } from '../support/signed-client.ts';
import { TestClock } from '../support/test-clock.ts';
import { base64 } from '../support/test-server.ts';
import { getMessages, putMessages } from './messages.ts';

const second = 1000;
let clock: TestClock;
let composed: ComposedServer;
let streamId: string;
/** When the first message was stored. */
let start: number;

/** Messages "0", "1" and "2", ten seconds apart. */
beforeEach(async () => {
  clock = new TestClock();
  composed = await composeServer({ clock });
  const { stream } = await composed.service.catalogue.createStream({
    name: 's',
    partitions: 2,
    retentionInHours: 24,
    compartmentId: 'c',
    freeformTags: {},
    definedTags: {},
  });
  streamId = stream.id;
  start = clock.now();
  for (const text of ['0', '1', '2']) {
    await put(text);
    clock.advance(10 * second);
  }
});

afterEach(async () => {
  await composed[Symbol.asyncDispose]();
});

const now = () => ({ date: new Date(clock.now()) });
/** A key of partition 0 of 2; that of "d" is 1. */
const key = base64('b');
const put = (text: string) => putMessages(composed.client, streamId, [{ key, value: base64(text) }], now());
const create = (details: Record<string, unknown>): Promise<HttpAnswer> =>
  composed.client.call('POST', `/streams/${streamId}/cursors`, { body: { partition: '0', ...details }, ...now() });
const cursorOf = async (details: Record<string, unknown>) => {
  const answer = await create(details);
  expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/^\{"value":"[A-Za-z][A-Za-z0-9_-]*"\}$/)]);
  return answer.json<{ value: string }>().value;
};
const read = async (cursor: string) => {
  const { messages, next } = await getMessages(composed.client, streamId, cursor, now());
  return { texts: messages.map(({ value }) => Buffer.from(value, 'base64').toString()), next };
};
const textsFrom = async (details: Record<string, unknown>) => (await read(await cursorOf(details))).texts;
const isoAt = (ms: number, fraction = '') => new Date(ms).toISOString().replace('Z', `${fraction}Z`);

const zoned = (ms: number) => new Date(ms + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');

describe('a type', () => {
  test('TRIM_HORIZON begins with the oldest message', async () => {
    expect(await textsFrom({ type: 'TRIM_HORIZON' })).toEqual(['0', '1', '2']);
  });

  test('TRIM_HORIZON of an empty partition begins with its first message', async () => {
    const cursor = await cursorOf({ partition: '1', type: 'TRIM_HORIZON' });
    const { texts, next } = await read(cursor);
    expect(texts).toEqual([]);
    await putMessages(composed.client, streamId, [{ key: base64('d'), value: base64('other') }], now());
    expect((await read(next)).texts).toEqual(['other']);
  });

  test('LATEST begins behind what was there when it was made', async () => {
    const cursor = await cursorOf({ type: 'LATEST' });
    await put('3');
    expect((await read(cursor)).texts).toEqual(['3']);
  });

  test('AT_OFFSET begins with the message, AFTER_OFFSET behind it', async () => {
    expect(await textsFrom({ type: 'AT_OFFSET', offset: 1 })).toEqual(['1', '2']);
    expect(await textsFrom({ type: 'AFTER_OFFSET', offset: 1 })).toEqual(['2']);
    expect(await textsFrom({ type: 'AFTER_OFFSET', offset: 2 })).toEqual([]);
  });

  test.each([
    ['before all', -1, '', ['0', '1', '2']],
    ['in 1969', Number.NEGATIVE_INFINITY, '', ['0', '1', '2']],
    ['exactly when one was stored', 10 * second, '', ['1', '2']],
    ['a nanosecond after one was stored', 10 * second, '000001', ['2']],
    ['a nanosecond before one was stored', 10 * second - 1, '999999', ['1', '2']],
    ['between two', 15 * second, '', ['2']],
    ['after all', 21 * second, '', []],
  ])('AT_TIME %s', async (_what, offsetMs, fraction, texts) => {
    const time = offsetMs === Number.NEGATIVE_INFINITY ? '1969-07-20T20:17:40Z' : isoAt(start + offsetMs, fraction);
    expect(await textsFrom({ type: 'AT_TIME', time })).toEqual(texts);
  });

  test('AT_TIME may be written in another zone, with any number of digits', async () => {
    expect(await textsFrom({ type: 'AT_TIME', time: zoned(start + 10 * second) })).toEqual(['1', '2']);
    const time = new Date(start + 10 * second).toISOString().replace('.000Z', 'Z');
    expect(await textsFrom({ type: 'AT_TIME', time })).toEqual(['1', '2']);
  });

  test('AT_TIME in the future reads nothing that is stored before that time', async () => {
    const { texts, next } = await read(await cursorOf({ type: 'AT_TIME', time: isoAt(clock.now() + 60 * second) }));
    await put('too early');
    const early = await read(next);
    clock.advance(60 * second);
    await put('in time');
    expect([texts, early.texts, (await read(early.next)).texts]).toEqual([[], [], ['in time']]);
  });
});

describe('the partition', () => {
  test('may be an integer, though it is text', async () => {
    expect(await textsFrom({ partition: 0, type: 'TRIM_HORIZON' })).toEqual(['0', '1', '2']);
  });

  test.each(['2', '-1', '0.5', 'zero', ''])('%j of two is refused', async (partition) => {
    const answer = await create({ partition, type: 'LATEST' });
    const message = `partition: expected an integer from 0 to 1, got ${JSON.stringify(partition)}.`;
    expect([answer.status, answer.json()]).toEqual([400, { code: 'InvalidParameter', message }]);
  });
});

const createAtAbsent = (body: unknown) => composed.client.call('POST', '/streams/absent/cursors', { body, ...now() });

describe('what is refused', () => {
  test.each([
    [{ type: 'AT_OFFSET' }, 'MissingParameter', 'offset (with type AT_OFFSET): required, but not given.'],
    [{ type: 'AFTER_OFFSET', offset: null }, 'MissingParameter', 'offset (with type AFTER_OFFSET): required, but not given.'],
    [{ type: 'AT_TIME' }, 'MissingParameter', 'time (with type AT_TIME): required, but not given.'],
    [{}, 'MissingParameter', 'type: required, but not given.'],
    [{ partition: null, type: 'LATEST' }, 'MissingParameter', 'partition: required, but not given.'],
    [{ type: 'latest' }, 'InvalidParameter', 'type: expected one of AFTER_OFFSET, AT_OFFSET, AT_TIME, LATEST, TRIM_HORIZON, got "latest".'],
    [
      { type: 'AT_OFFSET', offset: 3 },
      'InvalidParameter',
      'offset: expected 0 (the oldest retained message) to 2 (the latest published), got 3.',
    ],
    [
      { type: 'AFTER_OFFSET', offset: 3 },
      'InvalidParameter',
      'offset: expected 0 (the oldest retained message) to 2 (the latest published), got 3.',
    ],
    [{ type: 'AT_OFFSET', offset: -1 }, 'InvalidParameter', 'offset: expected at least 0, got -1.'],
    [{ type: 'AT_OFFSET', offset: 1.5 }, 'InvalidParameter', 'offset: expected an integer, got 1.5.'],
    [
      { type: 'AT_OFFSET', offset: 0, partition: '1' },
      'InvalidParameter',
      'offset: the partition holds no messages, so AT_OFFSET has nothing to point at; got 0.',
    ],
    [
      { type: 'AT_TIME', time: 'Fri Feb 21 15:36:49 UTC 2042' },
      'InvalidParameter',
      'time: Expected a time such as 2018-04-20T23:21:12.428Z (RFC 3339), got "Fri Feb 21 15:36:49 UTC 2042".',
    ],
    [{ type: 'AT_TIME', time: 1514764800 }, 'InvalidParameter', 'time: expected a string, got 1514764800.'],
  ])('%j', async (details, code, message) => {
    const answer = await create(details);
    expect([answer.status, answer.json()]).toEqual([400, { code, message }]);
  });

  test('a stream that is not there, after the shape of the body', async () => {
    const absent = await createAtAbsent({ partition: '0', type: 'LATEST' });
    expect([absent.status, absent.json()]).toEqual([404, { code: 'NotAuthorizedOrNotFound', message: 'Unknown stream absent' }]);
    expect((await createAtAbsent({ partition: '0' })).status).toBe(400);
  });
});

describe('as time goes by', () => {
  test('a cursor can be used for five minutes, then it is expired in the words integrations know', async () => {
    const cursor = await cursorOf({ type: 'TRIM_HORIZON' });
    clock.advance(300 * second);
    const { next } = await read(cursor);
    clock.advance(1);
    const answer = await composed.client.call('GET', `/streams/${streamId}/messages?cursor=${cursor}`, now());
    expect([answer.status, answer.json()]).toEqual([
      400,
      { code: 'InvalidParameter', message: 'The cursor is expired. Create a new one.' },
    ]);
    expect((await read(next)).texts).toEqual([]);
  });

  test('a cursor whose messages retention has taken says so in the words integrations know; TRIM_HORIZON and AT_TIME go on with the oldest', async () => {
    const old = await cursorOf({ type: 'AT_OFFSET', offset: 0 });
    const horizon = await cursorOf({ type: 'TRIM_HORIZON' });
    const time = await cursorOf({ type: 'AT_TIME', time: isoAt(start) });
    const log = composed.service.engine.partition(`stream-${composed.service.catalogue.activeStream(streamId).number}`, 0);
    await log.trim(2);
    const answer = await composed.client.call('GET', `/streams/${streamId}/messages?cursor=${old}`, now());
    const message = 'The cursor is outside the retention period and is now invalid.';
    expect([answer.status, answer.json()]).toEqual([400, { code: 'InvalidParameter', message }]);
    expect((await read(horizon)).texts).toEqual(['2']);
    expect((await read(time)).texts).toEqual(['2']);
    const trimmed = await create({ type: 'AFTER_OFFSET', offset: 1 });
    expect(trimmed.json<{ message: string }>().message).toBe(
      'offset: expected 2 (the oldest retained message) to 2 (the latest published), got 1.',
    );
  });
});

test('a body of 1,000 unknown members is none the worse for them', async () => {
  const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x${index}`, null]));
  expect(await textsFrom({ ...unknown, type: 'LATEST' })).toEqual([]);
});
