// The examples of the consumer do what docs/consumer.md says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFromFile, Producer, StreamClient } from 'millrace-client';
import { createLogger, type Server, startServer } from 'millrace-server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as example from './consumer.ts';

let ociDir: string;
let server: Server;
let client: StreamClient;
let orders: string;
let dead: string;

beforeEach(async () => {
  ociDir = mkdtempSync(join(tmpdir(), 'millrace-consumer-examples-'));
  const stream = ['orders:2', 'dead:1'];
  server = await startServer({ engine: 'memory', port: 0, ociDir, stream }, { logger: createLogger('silent') });
  client = new StreamClient(configFromFile(server.identity.configPath), { serviceEndpoint: server.url });
  const idOf = (name: string): string => server.streams.find((made) => made.name === name)?.id ?? '';
  [orders, dead] = [idOf('orders'), idOf('dead')];
});

afterEach(async () => {
  client.close();
  await server.close();
  rmSync(ociDir, { recursive: true });
});

async function send(count: number): Promise<void> {
  await using producer = new Producer(client, orders);
  for (let order = 0; order < count; order += 1) await producer.submit({ key: `customer ${order % 3}`, json: { order } });
}

test('batches are read and committed: the next consumer gets what comes after', async () => {
  await send(10);
  expect(await example.batches(client, orders, 10)).toHaveLength(10);
  await send(1);
  expect(await example.batches(client, orders, 1)).toEqual(['{"order":0}']);
});

test('every message is handled once, several at a time', async () => {
  await send(30);
  const controller = new AbortController();
  const billed: unknown[] = [];
  const bill = async (order: unknown): Promise<void> => {
    if (billed.push(order) === 30) controller.abort();
  };
  await example.work(client, orders, bill, controller.signal);
  expect(new Set(billed.map((order) => JSON.stringify(order))).size).toBe(30);
});

test('what fails goes to the other stream', async () => {
  await send(1);
  const controller = new AbortController();
  const consumer = example.withDeadLetters(client, orders, dead, controller.signal);
  const run = consumer.run(() => Promise.reject(new Error('no')));
  const { value } = (await client.createCursor(dead, { partition: '0', type: 'TRIM_HORIZON' })).data;
  const { data } = await client.getMessages(dead, value, { waitMs: 30_000 });
  expect(data.map((message) => Buffer.from(message.value, 'base64').toString())).toEqual(['{"order":0}']);
  controller.abort();
  await run;
});

test('by hand, messages are stored before they are committed', async () => {
  await send(100);
  const controller = new AbortController();
  const stored: string[] = [];
  const store: Parameters<typeof example.byHand>[2] = async (messages) => {
    stored.push(...messages.map((message) => message.text()));
    controller.abort();
  };
  await example.byHand(client, orders, store, controller.signal);
  expect(new Set(stored).size).toBe(100);
});

test('what happens is told', async () => {
  await send(1);
  const lines: string[] = [];
  const consumer = example.logged(client, orders, (line) => {
    lines.push(line);
    if (line.startsWith('committed')) void consumer.close();
  });
  await consumer.run(() => {});
  expect(lines).toEqual(expect.arrayContaining(['committed 1 message(s)', expect.stringMatching(/^partition \d is \d+ ms behind$/)]));
});
