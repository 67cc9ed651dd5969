// A byte of a stored message went bad on the disk: readers are told which offsets of which partition are lost, and get all others.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stream } from 'millrace-protocol/shapes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { getMessages, putMessages, readAll } from '../streams/messages.ts';
import { base64, createCursor, createStream, startTestServer, type TestServer } from '../support/test-server.ts';

let data: string;
let running: TestServer;
let stream: Stream;

/** Three messages in one partition, one put each, and some in another; then the middle one is damaged while the server is down. */
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'millrace-damage-'));
  running = await start();
  stream = await createStream(running.client, { partitions: 2 });
  for (const value of ['before', 'damaged', 'behind'])
    await putMessages(running.client, stream.id, [{ key: keys.one, value: base64(value) }]);
  await putMessages(running.client, stream.id, [{ key: keys.other, value: base64('other') }]);
  await running[Symbol.asyncDispose]();
  damageValue('damaged');
  running = await start();
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  rmSync(data, { recursive: true });
});

/** They go to two partitions, which are named here once they are known. */
const keys = { one: base64('a key'), other: base64('d') };

function start(): Promise<TestServer> {
  return startTestServer({ engine: 'embedded', data });
}

/** Turns over a bit of the only value of that text, in whichever segment it lies. */
function damageValue(value: string): void {
  const names = readdirSync(join(data, 'logs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.log'));
  const holding = names.map((name) => join(data, 'logs', name)).filter((path) => readFileSync(path).includes(value));
  const [path = ''] = holding;
  expect(holding).toHaveLength(1);
  const bytes = readFileSync(path);
  const at = bytes.indexOf(value);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  writeFileSync(path, bytes);
}

async function partitionOf(key: string): Promise<string> {
  const { entries } = await putMessages(running.client, stream.id, [{ key, value: base64('later') }]);
  const [entry] = entries;
  if (entry === undefined || !('partition' in entry)) throw new Error('The put was refused.');
  return entry.partition;
}

async function valuesFrom(partition: string, details: Record<string, unknown>): Promise<string[]> {
  const { messages } = await getMessages(
    running.client,
    stream.id,
    await createCursor(running.client, stream.id, { partition, ...details }),
  );
  return messages.map(({ value }) => Buffer.from(value, 'base64').toString());
}

describe('a message that went bad', () => {
  test('is answered 500 by GetMessages with its partition and offset, again and again, and never skipped', async () => {
    const partition = await partitionOf(keys.one);
    const first = await getMessages(running.client, stream.id, await createCursor(running.client, stream.id, { partition }));
    expect(first.messages.map(({ offset }) => offset)).toEqual([0]);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answer = await running.client.call('GET', `/streams/${stream.id}/messages?cursor=${first.next}`);
      expect(answer).toMatchObject({ status: 500, text: expect.stringContaining('"code":"InternalServerError"') });
      expect(answer.json()['message']).toMatch(new RegExp(`^Offsets 1 to at most \\d of partition ${partition} of `));
    }
  });

  test('leaves everything else readable: what is before and behind it, other partitions, and what is put from now on', async () => {
    const partition = await partitionOf(keys.one);
    expect(await valuesFrom(partition, { type: 'TRIM_HORIZON' })).toEqual(['before']);
    expect(await valuesFrom(partition, { type: 'AFTER_OFFSET', offset: 1 })).toEqual(['behind', 'later']);
    const other = (await readAll(running.client, stream.id, await partitionOf(keys.other))).map(({ value }) => value);
    expect(other).toEqual([base64('other'), base64('later')]);
  });
});
