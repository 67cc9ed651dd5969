// The worker as it is deployed: a process that is started, given jobs, and told to stop while one is under way.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { configFromFile, Producer, Reader, StreamClient } from 'millrace-client';
import { createLogger, type Server, startServer } from 'millrace-server';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Delivery {
  readonly path: string;
  readonly body: string;
  readonly idempotencyKey: string | undefined;
  readonly response: ServerResponse;
}

const ociDir = mkdtempSync(join(tmpdir(), 'millrace-worker-'));
let server: Server;
let client: StreamClient;
let receiver: HttpServer;
let worker: ChildProcess;
let printed = '';
let deliveries: Delivery[] = [];
/** Called when anything was delivered or printed. */
let changed: () => void = () => {};

beforeEach(async () => {
  server = await startServer({ engine: 'memory', port: 0, ociDir, stream: ['jobs:2', 'dead:1'] }, { logger: createLogger('silent') });
  client = new StreamClient(configFromFile(server.identity.configPath), { serviceEndpoint: server.url });
  [printed, deliveries] = ['', []];
  receiver = createServer((request, response) => void receive(request, response));
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  worker = startWorker();
});

afterEach(async () => {
  if (worker.exitCode === null && worker.signalCode === null) {
    const exited = once(worker, 'exit');
    worker.kill('SIGKILL');
    await exited;
  }
  receiver.closeAllConnections();
  receiver.close();
  client.close();
  await server.close();
  rmSync(ociDir, { recursive: true });
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url: path = '', headers } = request;
  deliveries.push({ path, body: await text(request), idempotencyKey: headers['idempotency-key']?.toString(), response });
  if (path !== '/slow') response.writeHead(path === '/broken' ? 500 : 204).end();
  changed();
}

function streamOf(name: string): string {
  return server.streams.find((stream) => stream.name === name)?.id ?? '';
}

function startWorker(): ChildProcess {
  const settings = {
    WORKER_CONFIG: server.identity.configPath,
    WORKER_ENDPOINT: server.url,
    WORKER_JOBS: streamOf('jobs'),
    WORKER_DEAD_LETTERS: streamOf('dead'),
  };
  const started = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env: { ...process.env, ...settings } });
  for (const stream of [started.stdout, started.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      printed += piece;
      changed();
    });
  }
  return started;
}

/** Resolves when it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
  }
}

async function send(...jobs: readonly string[]): Promise<void> {
  await using producer = new Producer(client, streamOf('jobs'));
  for (const value of jobs) await producer.submit({ key: 'a receiver', value });
}

function job(path: string, body: unknown): string {
  const { port } = receiver.address() as AddressInfo; // A string only for pipes, null only before listening.
  return JSON.stringify({ url: `http://127.0.0.1:${port}${path}`, body });
}

function bodiesAt(path: string): string[] {
  return deliveries.filter((delivery) => delivery.path === path).map(({ body }) => body);
}

async function deadLetters(): Promise<string[]> {
  const texts: string[] = [];
  for await (const { messages } of new Reader(client, streamOf('dead'), { until: 'end' })) {
    texts.push(...messages.map((message) => message.text()));
  }
  return texts;
}

async function committed(): Promise<number> {
  const { reservations } = (await client.getGroup(streamOf('jobs'), 'webhooks')).data;
  return reservations?.reduce((sum, { committedOffset }) => sum + (committedOffset ?? -1) + 1, 0) ?? 0;
}

test('jobs of a receiver are delivered in order; what cannot be goes to the dead letters after three attempts', async () => {
  await send(job('/ok', 1), job('/broken', 2), 'no job', job('/ok', 3));
  await until(() => bodiesAt('/ok').length === 2);
  expect(bodiesAt('/ok')).toEqual(['1', '3']);
  expect(bodiesAt('/broken')).toEqual(['2', '2', '2']);
  expect(await deadLetters()).toEqual([job('/broken', 2), 'no job']);
  expect(printed).toContain('/broken answered 500');
  const keys = deliveries.filter(({ path }) => path === '/broken').map(({ idempotencyKey }) => idempotencyKey);
  expect(new Set(keys).size).toBe(1);
});

test.skipIf(process.platform === 'win32')('told to stop, it finishes the job it has, commits it, and ends with 0', async () => {
  await send(job('/ok', 1), job('/slow', 2));
  await until(() => bodiesAt('/slow').length === 1);
  worker.kill('SIGTERM');
  await until(() => printed.includes('SIGTERM: no more jobs'));
  expect(worker.exitCode).toBeNull();
  const exited = once(worker, 'exit');
  deliveries
    .find(({ path }) => path === '/slow')
    ?.response.writeHead(204)
    .end();
  expect(await exited).toEqual([0, null]);
  expect(printed).toContain('drained');
  expect(await committed()).toBe(2);
});

test('without its settings it says what is missing and ends with 1', async () => {
  const bare = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env: {} });
  const [errors, [code]] = await Promise.all([text(bare.stderr), once(bare, 'exit')]);
  expect(errors).toContain('WORKER_CONFIG is not set.');
  expect(code).toBe(1);
});
