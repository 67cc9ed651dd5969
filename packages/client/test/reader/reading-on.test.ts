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
