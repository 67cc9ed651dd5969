// Readers against the service itself; and cursors that expire, on simulated time.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Producer, Reader, type ReaderBatch, type ReaderOptions, type ReaderPosition } from '../../src/index.ts';
import { broken, FakeGroup, refused } from '../consumer/fake-group.ts';
import { startService, type TestService } from '../service.ts';
import { ManualTime } from '../support/manual-time.ts';

async function textsOf(reader: Reader): Promise<string[]> {
  const texts: string[] = [];
  for await (const { messages } of reader) texts.push(...messages.map((message) => message.text()));
  return texts;
}

describe('against the service', () => {
  let service: TestService;
  beforeEach(async () => {
    service = await startService();
  });
  afterEach(async () => {
    await service[Symbol.asyncDispose]();
  });

  const readerOf = (options: ReaderOptions = {}): Reader => new Reader(service.client, service.streamId, options);

  async function send(...values: string[]): Promise<void> {
    await using producer = new Producer(service.client, service.streamId);
    for (const value of values) await producer.submit({ key: value.slice(0, 1), value });
  }

  test('a whole stream is read to its end, each partition in order', async () => {
    const sent = Array.from({ length: 300 }, (_, index) => `${'abcdefg'[index % 7]}${index}`);
    await send(...sent);
    const texts = await textsOf(readerOf({ until: 'end', maxMessages: 10 }));
    expect(texts.toSorted()).toEqual(sent.toSorted());
    for (const key of 'abcdefg') {
      const isOfKey = (text: string): boolean => text.startsWith(key);
      expect(texts.filter(isOfKey)).toEqual(sent.filter(isOfKey));
    }
  });

  test('a position goes through JSON, and another reader reads on behind it', async () => {
    await send('a1', 'b1', 'c1', 'a2', 'b2', 'c2');
    const first: string[] = [];
    let saved = '';
    for await (const { messages, position } of readerOf({ until: 'end', maxMessages: 1 })) {
      first.push(...messages.map((message) => message.text()));
      saved = JSON.stringify(position);
      if (first.length === 3) break;
    }
    await send('a3');
    const rest = await textsOf(readerOf({ until: 'end', start: JSON.parse(saved) as ReaderPosition }));
    expect([...first, ...rest].toSorted()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'c2']);
  });

  test('closing ends it while batches wait to be taken', async () => {
    await send('a1', 'a2', 'a3', 'a4');
    const { endpoint } = service.client;
    const three = Promise.withResolvers<void>();
    let count = 0;
    const client = {
      endpoint,
      createCursor: service.client.createCursor.bind(service.client),
      receiveMessages: async (...call: Parameters<typeof service.client.receiveMessages>) => {
        const response = await service.client.receiveMessages(...call);
        count += response.data.length;
        if (count === 3) three.resolve();
        return response;
      },
    };
    const reader = new Reader(client, service.streamId, { maxMessages: 1 });
    const batches = reader[Symbol.asyncIterator]();
    await batches.next();
    await three.promise; // One is taken, one waits to be, and one waits for that.
    await reader.close();
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  test('one partition, from a time on', async () => {
    await send('a1');
    const all: ReaderBatch[] = [];
    for await (const batch of readerOf({ until: 'end' })) all.push(batch);
    const [batch] = all;
    const start = batch?.messages[0]?.timestamp ?? new Date();
    expect(await textsOf(readerOf({ until: 'end', start, partitions: [batch?.partition ?? ''] }))).toEqual(['a1']);
    expect(await textsOf(readerOf({ until: 'end', start: new Date(start.getTime() + 1), partitions: [batch?.partition ?? ''] }))).toEqual(
      [],
    );
  });

  test('from LATEST on it waits for what comes, until it is closed', async () => {
    await send('a1');
    const reader = readerOf({ start: 'LATEST' });
    const iterator = reader[Symbol.asyncIterator]();
    const next = iterator.next();
    // Its position names a time as soon as its cursors are made.
    while (Object.keys(reader.position.partitions).length < 3) await new Promise((resolve) => setImmediate(resolve));
    await send('a2');
    expect((await next).value?.messages.map((message) => message.text())).toEqual(['a2']);
    const waiting = iterator.next();
    await reader.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('a stream that is not there, and an offset that is not there, reject', async () => {
    await expect(textsOf(new Reader(service.client, 'ocid1.stream.oc1..unknown'))).rejects.toMatchObject({ status: 404 });
    const start = { version: 1, partitions: { 0: { after: 1000 } } } as const;
    await expect(textsOf(readerOf({ start }))).rejects.toMatchObject({ status: 400 });
  });
});

test.each([
  { version: 2, partitions: { 0: { after: 1 } } },
  { version: 1, partitions: {} },
  { version: 1, partitions: { 0: { after: -1 } } },
  { version: 1, partitions: { 0: { time: 'soon' } } },
  { version: 1 },
])('%j is no position', (start) => {
  expect(() => new Reader(new FakeReads(), 's', { start: start as ReaderPosition })).toThrow(TypeError);
});

/** Reads as of a group, and cursors that are written down. */
class FakeReads extends FakeGroup {
  readonly createCursor: ConstructorParameters<typeof Reader>[0]['createCursor'] = async (_stream, details) => {
    const { partition, type, offset } = details;
    this.calls.push(`cursor ${partition} ${type}${offset === undefined ? '' : ` ${offset}`}`);
    return await this.consumerHeartbeat('', `cursor-${this.calls.length}`);
  };
}

test('a cursor that has expired is made anew behind the last message; refused again, the refusal is told', async () => {
  const service = new FakeReads();
  const time = new ManualTime();
  const failures: unknown[] = [];
  const onError = (operation: string): void => void failures.push(operation);
  const reader = new Reader(service, 's', { partitions: ['0'], onError }, time);
  const iterator = reader[Symbol.asyncIterator]();
  service.give(['0/7'], broken(), refused(), ['0/8'], refused(), refused());
  const first = iterator.next();
  await time.advance(1000);
  expect((await first).value?.position).toEqual({ version: 1, partitions: { 0: { after: 7 } } });
  const second = iterator.next();
  await time.advance(1000);
  expect((await second).value?.position).toEqual({ version: 1, partitions: { 0: { after: 8 } } });
  const third = expect(iterator.next()).rejects.toMatchObject({ status: 400 });
  await time.advance(1000);
  await third;
  expect(failures).toEqual(['GetMessages']);
  expect(service.calls.filter((call) => call.startsWith('cursor '))).toEqual([
    'cursor 0 TRIM_HORIZON',
    'cursor 0 AFTER_OFFSET 7',
    'cursor 0 AFTER_OFFSET 8',
  ]);
  expect(time.sleeperCount).toBe(0);
});
