// What the reference says of cursors and reading, against the service. Names begin with the numbers of docs/stream-client-reference.md.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateCursorDetails, PutMessagesResultEntry } from '../../src/index.ts';
import { startService, type TestService } from '../service.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const key = base64('one partition');

let service: TestService;
/** The last of these messages is at `entry`; nothing else is in its partition. */
let entry: PutMessagesResultEntry;
let partition: string;
beforeAll(async () => {
  service = await startService();
  for (const value of ['first', 'second', 'third']) entry = await put(value);
  partition = entry.partition ?? '';
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

async function put(value: string): Promise<PutMessagesResultEntry> {
  const { data } = await service.client.putMessages(service.streamId, { messages: [{ key, value: base64(value) }] });
  const [stored] = data.entries;
  if (stored === undefined || data.failures > 0) throw new Error('Not stored.');
  return stored;
}

async function cursorAt(details: Omit<CreateCursorDetails, 'partition'>): Promise<string> {
  return (await service.client.createCursor(service.streamId, { partition, ...details })).data.value;
}

/** What is read at once with a new cursor. */
async function readAt(details: Omit<CreateCursorDetails, 'partition'>): Promise<string[]> {
  return await read(await cursorAt(details));
}

async function read(cursor: string): Promise<string[]> {
  const { data } = await service.client.getMessages(service.streamId, cursor);
  return data.map(({ value }) => Buffer.from(value, 'base64').toString());
}

test('R48, R49, R59, R68, R70, R73, R118, R119: a cursor of createCursor is what getMessages reads from', async () => {
  const { data } = await service.client.createCursor(service.streamId, { partition, type: 'TRIM_HORIZON' });
  expect(await read(data.value)).toContain('first');
});

test('R50: a cursor begins at its point of the partition and goes on to the end of it', async () => {
  expect((await readAt({ type: 'AT_OFFSET', offset: 1 })).slice(0, 2)).toEqual(['second', 'third']);
});

test('R52, R100: TRIM_HORIZON reads everything from the oldest message on', async () => {
  expect((await readAt({ type: 'TRIM_HORIZON' })).slice(0, 3)).toEqual(['first', 'second', 'third']);
});

test('R53, R99: LATEST reads what is put after the cursor was made, and nothing else', async () => {
  const cursor = await cursorAt({ type: 'LATEST' });
  await put('later');
  expect(await read(cursor)).toEqual(['later']);
});

test('R51, R56, R95: a cursor begins at an offset, behind it, at a time, at the oldest or at the newest message', async () => {
  const cursors = [
    await cursorAt({ type: 'AT_OFFSET', offset: 2 }),
    await cursorAt({ type: 'AFTER_OFFSET', offset: 1 }),
    await cursorAt({ type: 'AT_TIME', time: new Date(0) }),
    await cursorAt({ type: 'TRIM_HORIZON' }),
    await cursorAt({ type: 'LATEST' }),
  ];
  await put('newest');
  const starts = await Promise.all(cursors.map(async (cursor) => (await read(cursor))[0]));
  expect(starts).toEqual(['third', 'third', 'first', 'first', 'newest']);
});

test('R94: a cursor reads the partition it was made for', async () => {
  for (const other of ['0', '1', '2'].filter((index) => index !== partition)) {
    const { data } = await service.client.createCursor(service.streamId, { partition: other, type: 'TRIM_HORIZON' });
    expect(await read(data.value)).toEqual([]);
  }
});

test('R96, R97, R101: AT_OFFSET begins with the message of the offset, AFTER_OFFSET behind it', async () => {
  expect((await readAt({ type: 'AT_OFFSET', offset: 0 }))[0]).toBe('first');
  expect((await readAt({ type: 'AFTER_OFFSET', offset: 0 }))[0]).toBe('second');
});

test('R98, R102: AT_TIME begins with what was stored at that time or later; the time is a Date or RFC 3339', async () => {
  const time = (await put('on time')).timestamp ?? new Date(0);
  expect(await readAt({ type: 'AT_TIME', time })).toContain('on time');
  expect(await readAt({ type: 'AT_TIME', time: time.toISOString() })).toContain('on time');
  expect(await readAt({ type: 'AT_TIME', time: new Date(Date.now() + 3_600_000) })).toEqual([]);
});

test('R67, R78, R128, R129, R130, R131, R132, R133: getMessages answers a list of Messages', async () => {
  const stored = await put('whole');
  const cursor = await cursorAt({ type: 'AT_OFFSET', offset: stored.offset ?? 0 });
  const { data } = await service.client.getMessages(service.streamId, cursor);
  const { offset, timestamp } = stored;
  expect(data).toEqual([{ stream: 'orders', partition, key, value: base64('whole'), offset, timestamp }]);
});

test('R71: nextCursor is the header opc-next-cursor, and reads the next batch', async () => {
  const { client, streamId } = service;
  const first = await client.getMessages(streamId, await cursorAt({ type: 'TRIM_HORIZON' }), { limit: 2 });
  expect(first.nextCursor).toBe(first.headers.get('opc-next-cursor'));
  expect((await read(first.nextCursor ?? ''))[0]).toBe('third');
});

test('R74: limit is the most messages that come', async () => {
  const { client, streamId } = service;
  const cursor = await cursorAt({ type: 'TRIM_HORIZON' });
  for (const limit of [1, 2, 3]) expect((await client.getMessages(streamId, cursor, { limit })).data).toHaveLength(limit);
});

test('R75: limit may be 10,000 and no more', async () => {
  const { client, streamId } = service;
  const cursor = await cursorAt({ type: 'TRIM_HORIZON' });
  await expect(client.getMessages(streamId, cursor, { limit: 10_000 })).resolves.toMatchObject({ status: 200 });
  await expect(client.getMessages(streamId, cursor, { limit: 10_001 })).rejects.toMatchObject({ status: 400 });
});

test('R69, R76: without limit everything comes that fits into one answer', async () => {
  const { client, streamId } = service;
  const messages = Array.from({ length: 500 }, () => ({ key, value: base64('x') }));
  const { entries } = (await client.putMessages(streamId, { messages })).data;
  const cursor = await cursorAt({ type: 'AT_OFFSET', offset: entries[0]?.offset ?? 0 });
  const { data, request } = await client.getMessages(streamId, cursor);
  expect(data).toHaveLength(500);
  expect(request.target).not.toContain('limit');
});
