// What the reference says of putting messages, against the service. Names begin with the numbers of docs/stream-client-reference.md.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PutMessagesDetailsEntry, PutMessagesResult } from '../../src/index.ts';
import { startService, type TestService } from '../service.ts';
import { anonymous, SameAnswer } from './operations.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const ofBytes = (count: number): Uint8Array => new Uint8Array(count);
const mebibyte = 1_048_576;

async function put(...messages: readonly PutMessagesDetailsEntry[]): Promise<PutMessagesResult> {
  return (await service.client.putMessages(service.streamId, { messages })).data;
}

/** The partitions the messages came to. */
async function partitionsOf(...messages: readonly PutMessagesDetailsEntry[]): Promise<Set<string | null | undefined>> {
  return new Set((await put(...messages)).entries.map(({ partition }) => partition));
}

test('R79, R80, R86, R112: what putMessages puts, in an array, is in the stream', async () => {
  const { client, streamId } = service;
  const { failures, entries } = await put({ key: base64('k'), value: base64('v') });
  const partition = entries[0]?.partition ?? '';
  const cursor = await client.createCursor(streamId, { partition, type: 'AT_OFFSET', offset: entries[0]?.offset ?? 0 });
  const { data } = await client.getMessages(streamId, cursor.data.value);
  expect(failures).toBe(0);
  expect(data[0]).toMatchObject({ stream: 'orders', key: base64('k'), value: base64('v') });
});

test('R81: one request takes any number of messages', async () => {
  const messages = Array.from({ length: 20_000 }, () => ({ value: 'YQ==' }));
  expect(await put(...messages)).toMatchObject({ failures: 0, entries: { length: 20_000 } });
});

test('R81, R115: a message of 1 MiB is taken; more than that, in one or in several, is refused by the service', async () => {
  expect((await put({ value: ofBytes(mebibyte) })).failures).toBe(0);
  const tooLarge = { name: 'ServiceError', effect: 'none' };
  await expect(put({ value: ofBytes(mebibyte + 1) })).rejects.toMatchObject(tooLarge);
  await expect(put({ value: ofBytes(mebibyte / 2) }, { value: ofBytes(mebibyte / 2 + 1) })).rejects.toMatchObject(tooLarge);
});

test('R82, R114: equal keys come to the same partition, in one request or in several', async () => {
  const message = { key: base64('the same'), value: 'YQ==' };
  const once = await partitionsOf(message);
  expect(await partitionsOf(message, { ...message, value: 'Yg==' }, message)).toEqual(once);
  expect(once.size).toBe(1);
});

test('R83: messages without a key, or with null, are spread as if each had a key of its own', async () => {
  const messages = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? { value: 'YQ==' } : { key: null, value: 'YQ==' }));
  expect(await partitionsOf(...messages)).toEqual(new Set(['0', '1', '2']));
});

test('R84: a message has no member for a partition, and none is sent', async () => {
  const transport = new SameAnswer(200, { failures: 0, entries: [] });
  // @ts-expect-error -- that there is no such member is the point
  await anonymous({ transport }).putMessages('s', { messages: [{ value: 'YQ==', partition: '1' }] });
  expect(transport.sent.map(({ body, target }) => [target, body])).toEqual([
    ['/20180418/streams/s/messages', '{"messages":[{"value":"YQ=="}]}'],
  ]);
});

test('R113: a key may have 256 bytes and no more', async () => {
  expect((await put({ key: ofBytes(256), value: 'YQ==' })).failures).toBe(0);
  await expect(put({ key: ofBytes(257), value: 'YQ==' })).rejects.toMatchObject({ status: 400 });
});

test('R87, R134, R136, R137, R138, R140, R141, R143, R144, R145: a PutMessagesResult has an entry with partition, offset and time for each message, in order', async () => {
  const keys = ['a', 'b', 'c', 'd'];
  const messages = keys.map((key) => ({ key: base64(key), value: base64(key) }));
  const { failures, entries } = await put(...messages);
  const alone = await Promise.all(messages.map(async (message) => (await put(message)).entries[0]?.partition));
  expect(failures).toBe(0);
  expect(entries.map(({ partition }) => partition)).toEqual(alone);
  for (const { offset, timestamp } of entries) {
    expect(offset).toBeTypeOf('number');
    expect(timestamp).toBeInstanceOf(Date);
  }
});

test('R135, R139, R142, R146, R147: a message that was refused has a code and a text in its entry, and is counted', async () => {
  const stored = { partition: '0', offset: 7, timestamp: '2024-05-06T07:08:09.010Z' };
  const refused = { error: 'TooManyRequests', errorMessage: 'Too much at once.' };
  const transport = new SameAnswer(200, { failures: 1, entries: [stored, refused] });
  const { data } = await anonymous({ transport }).putMessages('s', { messages: [{ value: 'YQ==' }, { value: 'YQ==' }] });
  expect(data).toEqual({ failures: 1, entries: [{ ...stored, timestamp: new Date(stored.timestamp) }, refused] });
});
