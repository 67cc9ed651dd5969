// PutMessages at the wire: what is stored, where, and what the answer says of it.
import { limits } from 'millrace-protocol';
import type { PutMessagesResult } from 'millrace-protocol/shapes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { murmur2 } from '../../src/streams/partitioner.ts';
import { base64, createStream, startTestServer, type TestServer } from '../support/test-server.ts';
import { putMessages, readAll, type StoredEntry } from './messages.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const newStream = (name: string, partitions = 1) => createStream(running.client, { name, partitions });

describe('an answer', () => {
  test('has an entry for each message, in the order of the request', async () => {
    const stream = await newStream('in order', 3);
    const messages = Array.from({ length: 30 }, (_, index) => ({ key: base64(`key ${index % 7}`), value: base64(`value ${index}`) }));
    const { failures, entries } = await putMessages(running.client, stream.id, messages);
    expect(failures).toBe(0);
    expect(entries).toHaveLength(30);
    for (const [index, entry] of entries.entries()) {
      const { partition, offset, timestamp } = entry as StoredEntry;
      const read = await readAll(running.client, stream.id, partition);
      expect(read.find((message) => message.offset === offset)).toEqual({
        stream: 'in order',
        partition,
        offset,
        timestamp,
        ...messages[index],
      });
    }
  });

  test('of a success holds partition, offset and time, and nothing of an error', async () => {
    const stream = await newStream('bare');
    const { entries } = await putMessages(running.client, stream.id, [{ value: base64('x') }]);
    expect(entries).toEqual([{ partition: '0', offset: 0, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) }]);
  });

  test('says what the acknowledgement means', async () => {
    const stream = await newStream('durable');
    const answer = await running.client.call('POST', `/streams/${stream.id}/messages`, { body: { messages: [{ value: 'YQ==' }] } });
    expect(answer.headers['millrace-durability']).toBe('none');
  });
});

describe('the partition of a message', () => {
  test("with a key is that of Kafka's default partitioner, in every request", async () => {
    const stream = await newStream('keyed', 7);
    const keys = ['', '21', 'foobar', 'a-little-bit-long-string', 'schlüssel'];
    for (let round = 0; round < 2; round += 1) {
      const { entries } = await putMessages(
        running.client,
        stream.id,
        keys.map((key) => ({ key: base64(key), value: 'YQ==' })),
      );
      const expected = keys.map((key) => String((murmur2(Buffer.from(key)) & 0x7fffffff) % 7));
      expect(entries.map((entry) => (entry as StoredEntry).partition)).toEqual(expected);
    }
  });

  test('without a key is any: many reach them all', async () => {
    const stream = await newStream('keyless', 4);
    const { entries } = await putMessages(
      running.client,
      stream.id,
      Array.from({ length: 200 }, () => ({ value: 'YQ==' })),
    );
    expect(new Set(entries.map((entry) => (entry as StoredEntry).partition))).toEqual(new Set(['0', '1', '2', '3']));
  });

  test('keeps the order of the request, and offsets rise by one from 0', async () => {
    const stream = await newStream('ordered', 2);
    const values = Array.from({ length: 100 }, (_, index) => ({ key: base64('same'), value: base64(String(index)) }));
    await putMessages(running.client, stream.id, values.slice(0, 60));
    await putMessages(running.client, stream.id, values.slice(60));
    const partition = String((murmur2(Buffer.from('same')) & 0x7fffffff) % 2);
    const read = await readAll(running.client, stream.id, partition);
    expect(read.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(read.map(({ value }) => value)).toEqual(values.map(({ value }) => value));
  });
});

describe('limits at the wire', () => {
  test('100,000 messages of one byte are stored by one request and all of them can be read', async () => {
    const stream = await newStream('many', 2);
    const messages = Array.from({ length: 100_000 }, (_, index) => ({ value: Buffer.of(index & 255).toString('base64') }));
    const { failures, entries } = await putMessages(running.client, stream.id, messages);
    expect([failures, entries.length]).toEqual([0, 100_000]);
    const [first, second] = [await readAll(running.client, stream.id, '0'), await readAll(running.client, stream.id, '1')];
    expect(first.length + second.length).toBe(100_000);
    const byPartition = { '0': first, '1': second };
    for (const [index, entry] of entries.entries()) {
      const { partition, offset } = entry as { partition: '0' | '1'; offset: number };
      if (byPartition[partition][offset]?.value !== messages[index]?.value) throw new Error(`Message ${index} is not what was put.`);
    }
  });

  test('a value of 1 MiB is stored and read back whole; with a key beside it the request is too large', async () => {
    const stream = await newStream('large');
    const value = Buffer.alloc(limits.valueBytes.max, 'v').toString('base64');
    await putMessages(running.client, stream.id, [{ value }]);
    const [message] = await readAll(running.client, stream.id, '0');
    expect(message?.value === value).toBe(true);
    const answer = await running.client.call('POST', `/streams/${stream.id}/messages`, { body: { messages: [{ key: 'YQ==', value }] } });
    expect(answer.status).toBe(400);
    expect(answer.json<{ message: string }>().message).toMatch(/^Request size is limited to 1 MiB/);
  });

  test('value1 is stored and comes back as valuew==', async () => {
    const stream = await newStream('lenient');
    await putMessages(running.client, stream.id, [{ value: 'value1', key: 'value1' }]);
    expect(await readAll(running.client, stream.id, '0')).toMatchObject([{ key: 'valuew==', value: 'valuew==' }]);
  });
});

describe('a request that is refused stores nothing', () => {
  test.each([
    ['one message of many is wrong', { messages: [{ value: 'YQ==' }, { value: 'a-' }] }, 400, 'InvalidParameter'],
    ['there are no messages', {}, 400, 'MissingParameter'],
    ['it is no JSON', '{"messages":[{"value":"YQ=="}]', 400, 'InvalidParameter'],
  ])('because %s', async (_what, body, status, code) => {
    const stream = await newStream(`refused ${code} ${_what}`);
    const answer = await running.client.call('POST', `/streams/${stream.id}/messages`, { body });
    expect(answer.status).toBe(status);
    expect(answer.json<{ code: string }>().code).toBe(code);
    expect(await readAll(running.client, stream.id, '0')).toEqual([]);
  });

  test('because the stream is unknown or deleted; a wrong body is noticed first', async () => {
    const stream = await newStream('to be deleted');
    await running.client.call('DELETE', `/streams/${stream.id}`);
    for (const id of [stream.id, 'absent']) {
      const good = await running.client.call('POST', `/streams/${id}/messages`, { body: { messages: [{ value: 'YQ==' }] } });
      expect([good.status, good.json()]).toEqual([404, { code: 'NotAuthorizedOrNotFound', message: `Unknown stream ${id}` }]);
      expect((await running.client.call('POST', `/streams/${id}/messages`, { body: {} })).status).toBe(400);
    }
  });
});

/** Twenty values that say whose they are. */
const batch = (name: string) => Array.from({ length: 20 }, (_, index) => ({ value: base64(`${name} ${index}`) }));

test('puts that come at the same time keep their own messages together', async () => {
  const stream = await newStream('concurrent');
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => putMessages(running.client, stream.id, batch(name))));
  const read = await readAll(running.client, stream.id, '0');
  expect(read).toHaveLength(80);
  for (const [index, { entries }] of answers.entries()) {
    const [first] = entries as readonly StoredEntry[];
    const from = first?.offset ?? -1;
    expect(read.slice(from, from + 20).map(({ value }) => value)).toEqual(batch('abcd'.charAt(index)).map(({ value }) => value));
  }
});

const valueOf = (round: number, index: number) => Buffer.alloc(150_000, `${round} ${index} `).toString('base64');

test('large puts that come at the same time do not get into each other', async () => {
  const stream = await newStream('large and concurrent', 8);
  for (const round of [0, 1, 2]) {
    const values = Array.from({ length: 20 }, (_, index) => valueOf(round, index));
    await Promise.all(values.map((value) => putMessages(running.client, stream.id, [{ value }])));
  }
  const read = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((partition) => readAll(running.client, stream.id, String(partition))));
  const expected = [0, 1, 2].flatMap((round) => Array.from({ length: 20 }, (_, index) => valueOf(round, index)));
  expect(new Set(read.flat().map(({ value }) => value))).toEqual(new Set(expected));
});

test('the answer to a put is typed as the API documents it', async () => {
  const stream = await newStream('typed');
  const result: PutMessagesResult = await putMessages(running.client, stream.id, [{ value: 'YQ==' }]);
  expect(Object.keys(result)).toEqual(['failures', 'entries']);
});
