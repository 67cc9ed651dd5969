// What a client leaves behind: a process that used one ends by itself, and connections under way end with their calls.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StreamClient } from '../src/index.ts';
import { startService, type TestService } from './service.ts';

const program = `
  const [, configPath, serviceEndpoint, streamId, index, ending] = process.argv;
  process.on('unhandledRejection', (reason) => console.log('unhandled', reason));
  const { configFromFile, DEFAULT_RETRY_STRATEGY, StreamClient } = await import(index);
  const options = { serviceEndpoint, timeout: [60_000, 60_000], retryStrategy: DEFAULT_RETRY_STRATEGY };
  const client = new StreamClient(configFromFile(configPath), options);
  const messages = [{ value: new Uint8Array([1]) }];
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 5 }, () => client.putMessages(streamId, { messages }, { signal })));
  await client.createCursor('ocid1.unknown', { partition: '0', type: 'LATEST' }).catch((error) => console.log(error.status));
  const waiting = new AbortController();
  const { data } = await client.createCursor(streamId, { partition: '0', type: 'LATEST' });
  const read = client.getMessages(streamId, data.value, { waitMs: 30_000, signal: waiting.signal });
  setImmediate(() => waiting.abort(new Error('enough')));
  await read.catch((error) => console.log(error.message));
  if (ending === 'close') client.close();
  console.log(ending);
`;

const programOnTop = `
  const [, configPath, serviceEndpoint, streamId, index] = process.argv;
  process.on('unhandledRejection', (reason) => console.log('unhandled', reason));
  const { Consumer, configFromFile, Producer, Reader, StreamClient } = await import(index);
  const client = new StreamClient(configFromFile(configPath), { serviceEndpoint });
  const producer = new Producer(client, streamId, { lingerMs: 60_000 });
  await producer.submit({ key: 'k', value: 'v' });
  await producer.close();
  const consumer = new Consumer(client, streamId, { groupName: 'g', waitMs: 30_000 });
  const handling = Promise.withResolvers();
  const run = consumer.run(() => {
    handling.resolve();
    return new Promise(() => {});
  });
  await handling.promise;
  console.log(await consumer.close({ timeoutMs: 0 }));
  await run;
  const reader = new Reader(client, streamId, { waitMs: 30_000 });
  for await (const { messages } of reader) {
    if (messages.some((message) => message.text() === 'v')) break;
  }
  client.close();
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  console.log(timers, 'timers');
  if (timers > 0) process.exit(1); // Instead of waiting for them.
`;

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

/** What a process printed, and its exit code, when it has ended by itself. */
async function runToItsEnd(text: string, ...more: readonly string[]): Promise<{ readonly output: string; readonly code: unknown }> {
  const { configPath, url, streamId } = service;
  const args = [configPath, url, streamId, new URL('../src/index.ts', import.meta.url).href, ...more];
  const child = spawn(process.execPath, ['--input-type=module', '-e', text, '--', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { output, code };
}

describe('a process that used a client', () => {
  test.each(['close', 'leave open'])('ends by itself, with nothing unhandled (%s)', async (ending) => {
    expect(await runToItsEnd(program, ending)).toEqual({ output: `404\nenough\n${ending}\n`, code: 0 });
  });

  test('through a producer, a consumer whose handler never returns and a reader ends by itself: no timer is left, nothing is unhandled', async () => {
    expect(await runToItsEnd(programOnTop)).toEqual({ output: 'cut off\n0 timers\n', code: 0 });
  });
});

test('a call that is aborted while its answer is awaited frees its connection', async () => {
  const controller = new AbortController();
  const sockets: Socket[] = [];
  const server = createServer(() => controller.abort(new Error('enough')));
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const serviceEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new StreamClient({}, { serviceEndpoint, signer: { sign: () => {} } });
  await expect(client.getMessages('s', 'c', { signal: controller.signal })).rejects.toThrow('enough');
  // The server closes only when every connection is gone.
  server.close();
  await once(server, 'close');
  expect(sockets).toHaveLength(1);
});
