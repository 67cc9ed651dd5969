// While an answer is on its way a reader asks for the next one already: against a server that holds answers back.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { FetchTransport } from '../../src/browser.ts';
import { NodeTransport, Reader, type ReaderOptions, StreamClient, type Transport } from '../../src/index.ts';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** One message a cursor: `c0` answers the message of offset 0 and the cursor `c1`, and so on up to `end`. */
class FakeStream {
  readonly end: number;
  /** `ask c0` when a read arrives, `told c0` when its answer is whole. */
  readonly log: string[] = [];
  /** Called between head and body. */
  beforeBody: (at: number, response: ServerResponse) => void | Promise<void> = () => {};
  /** Messages from there to here are in the answer of the first; then the cursor behind them. */
  until: (at: number) => number = (at) => at + 1;
  isWaiting = true;

  constructor(end: number) {
    this.end = end;
  }

  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      if (request.method === 'POST') response.end('{"value":"c0"}');
      else void this.#answer(Number(/cursor=c(\d+)/.exec(request.url ?? '')?.[1]), response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Resolves when a read with this cursor has arrived. */
  async untilAsked(at: number): Promise<void> {
    while (!this.log.includes(`ask c${at}`)) await new Promise((resolve) => setImmediate(resolve));
  }

  async #answer(at: number, response: ServerResponse): Promise<void> {
    this.log.push(`ask c${at}`);
    const until = Math.min(this.end, this.until(at));
    const body = JSON.stringify(Array.from({ length: until - at }, (_, index) => messageAt(at + index)));
    response.setHeader('opc-next-cursor', `c${until}`);
    if (this.isWaiting) response.setHeader('millrace-wait-ms', '0');
    response.setHeader('content-length', body.length).flushHeaders();
    await this.beforeBody(at, response);
    this.log.push(`told c${at}`);
    response.end(body);
  }
}

function messageAt(offset: number): object {
  return { stream: 's', partition: '0', key: null, value: 'eA==', offset, timestamp: '2026-11-24T00:00:00Z' };
}

async function readerOf(stream: FakeStream, options: ReaderOptions = {}, transport?: Transport): Promise<Reader> {
  const client = new StreamClient({}, { serviceEndpoint: await stream.listen(), signer: { sign: () => {} }, transport });
  opened.push(() => client.close());
  return new Reader(client, 's', { partitions: ['0'], until: 'end', ...options });
}

async function offsetsOf(reader: Reader): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { messages } of reader) offsets.push(...messages.map(({ offset }) => offset));
  return offsets;
}

test.each([
  ['node:http', () => new NodeTransport()],
  ['fetch', () => new FetchTransport()],
])('over %s the next messages are asked for before those of an answer have come', async (_, transport) => {
  const stream = new FakeStream(4);
  stream.beforeBody = (at) => (at < 3 ? stream.untilAsked(at + 1) : undefined);
  expect(await offsetsOf(await readerOf(stream, {}, transport()))).toEqual([0, 1, 2, 3]);
});

test.each([
  ['most of which is still to come are given out when the next are asked for', 100_000, ['ask c0', 'ask c1', 'got 0']],
  ['that have come with their head are given out before the next are asked for', 100, ['ask c0', 'got 0', 'ask c1']],
])('messages of an answer %s', async (_, contentLength, expected) => {
  const log: string[] = [];
  const transport: Transport = {
    async send({ method, target }, _timeouts, _signal, onHead) {
      if (method === 'POST') return { status: 200, rawHeaders: [], body: [Buffer.from('{"value":"c0"}')] };
      const at = Number(/cursor=c(\d+)/.exec(target)?.[1]);
      log.push(`ask c${at}`);
      const rawHeaders = ['opc-next-cursor', `c${at + 1}`, 'millrace-wait-ms', '0', 'content-length', `${at === 0 ? contentLength : 2}`];
      onHead?.({ status: 200, rawHeaders });
      // The rest comes in the same turn of the event loop, behind all that the head sets off in it.
      for (let step = 0; step < 100; step += 1) await Promise.resolve();
      return { status: 200, rawHeaders, body: [Buffer.from(JSON.stringify(at === 0 ? [messageAt(0)] : []))] };
    },
    close: () => {},
  };
  const client = new StreamClient({}, { serviceEndpoint: 'http://127.0.0.1:1', signer: { sign: () => {} }, transport });
  for await (const { messages } of new Reader(client, 's', { partitions: ['0'], until: 'end' })) log.push(`got ${messages[0]?.offset}`);
  expect(log).toEqual(expected);
});

test('behind an answer without messages nothing is asked for', async () => {
  const stream = new FakeStream(2);
  await offsetsOf(await readerOf(stream));
  expect(stream.log.filter((line) => line.startsWith('ask'))).toEqual(['ask c0', 'ask c1', 'ask c2']);
});

test('an answer that breaks off takes along what was asked for behind it: the next attempt may be answered more', async () => {
  const stream = new FakeStream(4);
  stream.beforeBody = async (at, response) => {
    if (at !== 0 || stream.log.filter((line) => line === 'ask c0').length > 1) return;
    await stream.untilAsked(1);
    stream.until = (from) => from + 2;
    response.destroy();
  };
  expect(await offsetsOf(await readerOf(stream, { maxBackoffMs: 1 }))).toEqual([0, 1, 2, 3]);
  expect(stream.log.filter((line) => line === 'ask c0')).toHaveLength(2);
});

test('while a batch waits to be taken, one more is read, and no further one', async () => {
  const stream = new FakeStream(20);
  let given = 0;
  for await (const _ of await readerOf(stream)) {
    given += 1;
    // What is under way comes to its end.
    for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.log.filter((line) => line.startsWith('ask')).length).toBeLessThanOrEqual(given + 2);
  }
  expect(given).toBe(20);
});

test('a service that does not wait is asked for one answer at a time, at its pace', async () => {
  const stream = new FakeStream(2);
  stream.isWaiting = false;
  await offsetsOf(await readerOf(stream));
  expect(stream.log).toEqual(['ask c0', 'told c0', 'ask c1', 'told c1', 'ask c2', 'told c2']);
});

test('closing ends what was asked for', async () => {
  const stream = new FakeStream(4);
  const never = new Promise<void>(() => {});
  stream.beforeBody = (at) => (at === 0 ? stream.untilAsked(1) : never);
  const reader = await readerOf(stream);
  for await (const _ of reader) break;
  await reader.close();
  expect(stream.log).toContain('ask c1');
});

test('what onHead throws the call rejects with; it is told of successes only', async () => {
  const serviceEndpoint = await new FakeStream(1).listen();
  const client = new StreamClient({}, { serviceEndpoint, signer: { sign: () => {} } });
  opened.push(() => client.close());
  const cursors: unknown[] = [];
  const { nextCursor } = await client.getMessages('s', 'c0', { onHead: (head) => cursors.push(head.nextCursor, head.data) });
  expect(cursors).toEqual([nextCursor, undefined]);
  const thrown = new Error('mine');
  const onHead = (): void => {
    throw thrown;
  };
  await expect(client.getMessages('s', 'c0', { onHead })).rejects.toBe(thrown);
});
