// GetMessages at the wire: what is read, how much of it, and where the next read begins.
import type { Message } from 'millrace-protocol/shapes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../http/raw-connection.ts';
import { binaryType, readBinary } from '../support/read-binary.ts';
import { base64, createCursor, createStream, startTestServer, type TestServer } from '../support/test-server.ts';
import { getMessages, putMessages } from './messages.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

/** A stream of one partition that holds these values. */
async function streamOf(name: string, values: readonly Buffer[]): Promise<string> {
  const stream = await createStream(running.client, { name });
  for (const value of values) await putMessages(running.client, stream.id, [{ value: value.toString('base64') }]);
  return stream.id;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => Buffer.from(`value ${index}`));
const read = (streamId: string, cursor: string, query = '') => getMessages(running.client, streamId, cursor, { query });
const offsetsOf = (messages: readonly Message[]) => messages.map(({ offset }) => offset);
const refusal = async (path: string) => {
  const { status, text } = await running.client.call('GET', path);
  return [status, JSON.parse(text)];
};

describe('the next cursor', () => {
  test('is there always and goes on behind the last message', async () => {
    const id = await streamOf('next', numbered(5));
    const start = await createCursor(running.client, id);
    const first = await read(id, start, '&limit=2');
    const second = await read(id, first.next, '&limit=2');
    const third = await read(id, second.next);
    const empty = await read(id, third.next);
    expect([first, second, third, empty].map(({ messages }) => offsetsOf(messages))).toEqual([[0, 1], [2, 3], [4], []]);
    await putMessages(running.client, id, [{ value: base64('late') }]);
    expect((await read(id, empty.next)).messages.map(({ value }) => value)).toEqual([base64('late')]);
  });

  test('does not use the cursor up: the same one reads the same again', async () => {
    const id = await streamOf('replay', numbered(3));
    const start = await createCursor(running.client, id);
    const once = await read(id, start, '&limit=2');
    expect((await read(id, start, '&limit=2')).messages).toEqual(once.messages);
  });
});

describe('how much is read', () => {
  test('limit is 1 to 10,000', async () => {
    const id = await streamOf('limits', numbered(3));
    const cursor = await createCursor(running.client, id);
    expect((await read(id, cursor, '&limit=1')).messages).toHaveLength(1);
    expect((await read(id, cursor, '&limit=10000')).messages).toHaveLength(3);
    for (const limit of ['0', '10001', '-1', 'all', '']) {
      const message = `limit: expected an integer from 1 to 10000, got ${JSON.stringify(limit)}.`;
      expect(await refusal(`/streams/${id}/messages?cursor=${cursor}&limit=${limit}`)).toEqual([
        400,
        { code: 'InvalidParameter', message },
      ]);
    }
  });

  test('limit cuts inside what was put at once, and the next read goes on there', async () => {
    const stream = await createStream(running.client, { name: 'cut' });
    await putMessages(
      running.client,
      stream.id,
      numbered(10).map((value) => ({ value: value.toString('base64') })),
    );
    let cursor = await createCursor(running.client, stream.id);
    const seen: number[] = [];
    for (const limit of [3, 3, 3, 3]) {
      const { messages, next } = await read(stream.id, cursor, `&limit=${limit}`);
      seen.push(...offsetsOf(messages));
      cursor = next;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('without limit at most 10,000 messages and 1 MiB of keys and values come at once', async () => {
    const stream = await createStream(running.client, { name: 'up to a mebibyte' });
    const value = Buffer.alloc(300_000).toString('base64');
    for (let index = 0; index < 5; index += 1) await putMessages(running.client, stream.id, [{ key: base64('key'), value }]);
    const start = await createCursor(running.client, stream.id);
    const first = await read(stream.id, start);
    const second = await read(stream.id, first.next);
    expect([first, second].map(({ messages }) => offsetsOf(messages))).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    await putMessages(
      running.client,
      stream.id,
      Array.from({ length: 10_001 }, () => ({ value: 'YQ==' })),
    );
    expect((await read(stream.id, second.next)).messages).toHaveLength(10_000);
  });

  test('at least one message comes, even of the largest size, with a key on top', async () => {
    const id = await streamOf('progress', [Buffer.alloc(1_048_576), Buffer.alloc(1_048_576)]);
    const first = await read(id, await createCursor(running.client, id));
    expect(offsetsOf(first.messages)).toEqual([0]);
    expect(offsetsOf((await read(id, first.next)).messages)).toEqual([1]);
  });
});

describe('a message', () => {
  test('has its key as it was put: absent is null, empty is empty', async () => {
    const stream = await createStream(running.client, { name: 'keys' });
    await putMessages(running.client, stream.id, [
      { value: 'YQ==' },
      { value: 'YQ==', key: null },
      { value: 'YQ==', key: '' },
      { value: 'YQ==', key: 'a2V5' },
    ]);
    const { messages } = await read(stream.id, await createCursor(running.client, stream.id));
    expect(messages.map(({ key }) => key)).toEqual([null, null, '', 'a2V5']);
  });

  test('has every byte of its value', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 31) & 255));
    const id = await streamOf('bytes', [bytes, bytes.subarray(0, 6145), bytes.subarray(0, 6144), bytes.subarray(0, 6143)]);
    const { messages } = await read(id, await createCursor(running.client, id));
    expect(messages.map(({ value }) => value)).toEqual(
      [70_000, 6145, 6144, 6143].map((size) => bytes.subarray(0, size).toString('base64')),
    );
  });

  test.each(['"quoted"', 'back\\slash', 'line\nbreak', 'größe 本 😀', '\u2028', 'nul\u0000'])('names its stream, %j too', async (name) => {
    const id = await streamOf(name, numbered(1));
    const { messages } = await read(id, await createCursor(running.client, id));
    expect(messages).toEqual([
      { stream: name, partition: '0', key: null, value: base64('value 0'), offset: 0, timestamp: expect.stringMatching(/Z$/) },
    ]);
  });
});

describe('a read is refused', () => {
  test('without a cursor, or with one that is too long', async () => {
    const id = await streamOf('refusing', []);
    const missing = { code: 'MissingParameter', message: 'cursor: required, but not given.' };
    expect(await refusal(`/streams/${id}/messages`)).toEqual([400, missing]);
    const empty = { code: 'InvalidParameter', message: 'cursor: expected 1 to 4096 characters, got 0.' };
    expect(await refusal(`/streams/${id}/messages?cursor=`)).toEqual([400, empty]);
    const tooLong = { code: 'InvalidParameter', message: 'cursor: expected 1 to 4096 characters, got 4097.' };
    expect(await refusal(`/streams/${id}/messages?cursor=${'a'.repeat(4097)}`)).toEqual([400, tooLong]);
  });

  test('with a cursor that is none, in the words integrations know', async () => {
    const id = await streamOf('invalid', []);
    const invalid = { code: 'InvalidParameter', message: 'The cursor is invalid. Create a new one.' };
    for (const cursor of ['x', 'a+b/c==', `p${'A'.repeat(40)}`])
      expect(await refusal(`/streams/${id}/messages?cursor=${cursor}`)).toEqual([400, invalid]);
  });

  test('with a cursor of another stream', async () => {
    const [one, other] = [await streamOf('one', []), await streamOf('other', [])];
    const cursor = await createCursor(running.client, one);
    const invalid = { code: 'InvalidParameter', message: 'The cursor is invalid. Create a new one.' };
    expect(await refusal(`/streams/${other}/messages?cursor=${cursor}`)).toEqual([400, invalid]);
  });

  test('of a stream that is not there, whatever the cursor is', async () => {
    const unknown = { code: 'NotAuthorizedOrNotFound', message: 'Unknown stream absent' };
    expect(await refusal('/streams/absent/messages?cursor=x')).toEqual([404, unknown]);
  });

  test('of a deleted stream', async () => {
    const id = await streamOf('soon gone', numbered(1));
    const cursor = await createCursor(running.client, id);
    await running.client.call('DELETE', `/streams/${id}`);
    expect(await refusal(`/streams/${id}/messages?cursor=${cursor}`)).toEqual([
      404,
      { code: 'NotAuthorizedOrNotFound', message: `Unknown stream ${id}` },
    ]);
  });
});

test.each([
  ['JSON', 'application/json', (bytes: Buffer) => JSON.parse(bytes.toString()) as Message[]],
  ['binary', binaryType, readBinary],
])('large answers one behind the other on one connection do not get into each other, in %s', async (form, accept, messagesIn) => {
  const values = Array.from({ length: 6 }, (_, index) => Buffer.alloc(700_000, `${index} `));
  const id = await streamOf(`pipelined ${form}`, values);
  const { host } = new URL(running.server.url);
  const heads = await Promise.all(
    values.map(async (_, offset) => {
      const cursor = await createCursor(running.client, id, { type: 'AT_OFFSET', offset });
      const target = `/20180418/streams/${id}/messages?cursor=${cursor}&limit=1`;
      const headers = { host, date: new Date().toUTCString() };
      const authorization = running.client.authorization('GET', target, headers, ['date', '(request-target)', 'host']);
      return `GET ${target} HTTP/1.1\r\nhost: ${host}\r\ndate: ${headers.date}\r\naccept: ${accept}\r\nauthorization: ${authorization}\r\n\r\n`;
    }),
  );
  using connection = await RawConnection.open(running.server.url);
  connection.write(heads.join(''));
  for (const value of values) {
    const { bytes, headers } = await connection.answer();
    expect(headers['content-type']).toBe(accept);
    const [message] = messagesIn(bytes);
    expect(message?.value === value.toString('base64')).toBe(true);
  }
});

test('a cursor may be percent-encoded', async () => {
  const id = await streamOf('encoded', numbered(1));
  const cursor = await createCursor(running.client, id);
  const encoded = Array.from(cursor, (character) => `%${character.charCodeAt(0).toString(16)}`).join('');
  expect((await read(id, encoded)).messages).toHaveLength(1);
});
