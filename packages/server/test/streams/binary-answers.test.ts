// GetMessages in binary at the wire: the same messages as in JSON, for whoever asks, with cursors of either kind.
import type { Message } from 'millrace-protocol/shapes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryType, readBinary } from '../support/read-binary.ts';
import type { CallOptions, HttpAnswer } from '../support/signed-client.ts';
import { base64, createCursor, createStream, startTestServer, type TestServer } from '../support/test-server.ts';
import { putMessages } from './messages.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const asBinary = (more: Readonly<Record<string, string>> = {}): CallOptions => ({ headers: { accept: binaryType, ...more } });

function read(streamId: string, cursor: string, query = '', options: CallOptions = {}): Promise<HttpAnswer> {
  return running.client.call('GET', `/streams/${streamId}/messages?cursor=${cursor}${query}`, options);
}

async function streamOf(name: string, ...values: string[]): Promise<string> {
  const { id } = await createStream(running.client, { name });
  await putMessages(
    running.client,
    id,
    values.map((value, index) => ({ key: index === 0 ? null : base64(`key ${index}`), value: base64(value) })),
  );
  return id;
}

test('both forms hold the same messages, whichever was asked for first', async () => {
  const id = await streamOf('both', 'a', 'bcdefghij', 'k', 'l');
  const cursor = await createCursor(running.client, id);
  const { next } = await step(id, cursor, 'binary', 'json');
  expect((await step(id, next, 'json', 'binary')).offsets).toEqual([2]);

  /** One message less than there are, so that the answer is one that is kept for others. */
  async function step(
    streamId: string,
    from: string,
    ...order: readonly ('binary' | 'json')[]
  ): Promise<{ next: string; offsets: number[] }> {
    const limit = from === cursor ? '&limit=2' : '&limit=1';
    const answers: Record<string, HttpAnswer> = {};
    for (const form of [...order, ...order]) answers[form] = await read(streamId, from, limit, form === 'binary' ? asBinary() : {});
    const { binary, json } = answers as { binary: HttpAnswer; json: HttpAnswer };
    expect([binary.headers['content-type'], json.headers['content-type']]).toEqual([binaryType, 'application/json']);
    const messages = readBinary(binary.bytes);
    expect(messages).toEqual(json.json<Message[]>());
    expect(messages.length).toBeGreaterThan(0);
    return { next: binary.headers['opc-next-cursor'] ?? '', offsets: messages.map(({ offset }) => offset) };
  }
});

test('at the end the answer is empty, and says where to go on and that it waited', async () => {
  const id = await streamOf('end', 'a');
  const first = await read(id, await createCursor(running.client, id), '', asBinary());
  const end = await read(id, first.headers['opc-next-cursor'] ?? '', '', asBinary({ 'millrace-wait-ms': '1' }));
  expect(end).toMatchObject({ status: 200, headers: { 'content-type': binaryType, 'millrace-wait-ms': '1' } });
  expect(end.bytes.toString('hex')).toBe('0000000000000000');
  await putMessages(running.client, id, [{ value: base64('late') }]);
  const late = await read(id, end.headers['opc-next-cursor'] ?? '', '', asBinary());
  expect(readBinary(late.bytes)).toMatchObject([{ stream: 'end', offset: 1, value: base64('late') }]);
});

test('a long one, whose head goes ahead, is whole for the first reader and for those behind it', async () => {
  const values = Array.from({ length: 300 }, (_, index) => `${index} `.padEnd(1024, '.'));
  const id = await streamOf('long', ...values);
  const cursor = await createCursor(running.client, id);
  const readers = Array.from({ length: 3 }, () => read(id, cursor, '&limit=290', asBinary()));
  for (const { bytes, headers } of [await read(id, cursor, '&limit=290', asBinary()), ...(await Promise.all(readers))]) {
    expect(headers['content-length']).toBe(String(bytes.length));
    expect(readBinary(bytes).map(({ value }) => Buffer.from(value, 'base64').toString())).toEqual(values.slice(0, 290));
  }
});

test('a group is given the messages of several partitions', async () => {
  const { id } = await createStream(running.client, { name: 'of a group', partitions: 3 });
  const messages = Array.from({ length: 30 }, (_, index) => ({ key: base64(`${index}`), value: base64(`value ${index}`) }));
  await putMessages(running.client, id, messages);
  const cursorOf = async (groupName: string): Promise<string> => {
    const body = { groupName, type: 'TRIM_HORIZON' };
    return (await running.client.call('POST', `/streams/${id}/groupCursors`, { body })).json<{ value: string }>().value;
  };
  const given = readBinary((await read(id, await cursorOf('one'), '', asBinary())).bytes);
  expect(given).toEqual((await read(id, await cursorOf('other'))).json<Message[]>());
  expect(new Set(given.map(({ partition }) => partition))).toEqual(new Set(['0', '1', '2']));
  expect(given).toHaveLength(30);
});

test('a refusal is JSON all the same', async () => {
  const id = await streamOf('refused', 'a');
  const refused = await read(id, 'none', '', asBinary());
  expect(refused).toMatchObject({ status: 400, headers: { 'content-type': 'application/json' } });
  expect(refused.json()).toMatchObject({ code: 'InvalidParameter' });
});
