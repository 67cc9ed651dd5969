// The examples of the producer do what docs/producer.md says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFromFile, Producer, StreamClient } from 'millrace-client';
import { createLogger, type Server, startServer } from 'millrace-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as example from './producer.ts';

const ociDir = mkdtempSync(join(tmpdir(), 'millrace-producer-examples-'));
let server: Server;
let client: StreamClient;
let streamId: string;

beforeAll(async () => {
  server = await startServer({ engine: 'memory', port: 0, ociDir, stream: ['orders:1'] }, { logger: createLogger('silent') });
  client = new StreamClient(configFromFile(server.identity.configPath), { serviceEndpoint: server.url });
  streamId = server.streams[0]?.id ?? '';
});

afterAll(async () => {
  client.close();
  await server.close();
  rmSync(ociDir, { recursive: true });
});

async function* lines(): AsyncGenerator<string> {
  for (let line = 0; line < 1000; line += 1) yield `line ${line}`;
}

test('one message is sent, and its place is known', async () => {
  expect(await example.sendOne(client, streamId)).toMatch(/^0\/\d+$/);
});

test('a thousand lines take few requests', async () => {
  expect(await example.sendLines(client, streamId, lines())).toBeLessThan(100);
});

test('what became of a message is told', async () => {
  await using producer = new Producer(client, streamId);
  expect(await example.fateOf(producer, 'hello')).toBe('stored');
  const lost = new Producer(client, 'ocid1.stream.oc1..unknown');
  expect(await example.fateOf(lost, 'hello')).toBe('not stored: refused');
  expect([await example.lostSinceLastFlush(lost), await example.lostSinceLastFlush(lost)]).toEqual([1, 0]);
  await lost.close();
});
