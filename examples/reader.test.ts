// The examples of the reader do what docs/reader.md says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFromFile, Producer, StreamClient } from 'millrace-client';
import { createLogger, startServer } from 'millrace-server';
import { expect, test } from 'vitest';
import { follow, replay } from './reader.ts';

test('a stream is read to its end, and followed from where one was', async () => {
  const ociDir = mkdtempSync(join(tmpdir(), 'millrace-reader-examples-'));
  await using server = await startServer({ engine: 'memory', port: 0, ociDir, stream: ['orders:2'] }, { logger: createLogger('silent') });
  await using client = new StreamClient(configFromFile(server.identity.configPath), { serviceEndpoint: server.url });
  const streamId = server.streams[0]?.id ?? '';
  const send = async (...orders: number[]): Promise<void> => {
    await using producer = new Producer(client, streamId);
    for (const order of orders) await producer.submit({ json: order });
  };
  await send(1, 2, 3);
  const replayed: unknown[] = [];
  await replay(client, streamId, (order) => replayed.push(order));
  expect(new Set(replayed)).toEqual(new Set([1, 2, 3]));

  const followed: unknown[] = [];
  let saved: string | undefined;
  for (const expected of [3, 4]) {
    const controller = new AbortController();
    const save = async (position: string): Promise<void> => {
      saved = position;
      if (followed.length === expected) controller.abort();
    };
    await follow(client, streamId, saved, save, (order) => followed.push(order), controller.signal);
    await send(4);
  }
  expect(new Set(followed.slice(0, 3))).toEqual(new Set([1, 2, 3]));
  expect(followed.slice(3)).toEqual([4]);
  rmSync(ociDir, { recursive: true });
});
