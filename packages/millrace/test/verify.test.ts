// `millrace verify`, as an operator runs it: what it prints, and the exit code that scripts go by.
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stream } from 'millrace-protocol/shapes';
import { base64, openIdentity, SignedClient, systemRandom } from 'millrace-server/test-support';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runMillrace, type ServerProcess, startServerProcess } from './server-process.ts';

let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'millrace-verify-'));
});

afterEach(() => rmSync(data, { recursive: true }));

test.each(['SIGTERM', 'SIGKILL'] as const)('after %s everything that was acknowledged is proved: exit code 0', async (signal) => {
  await serveUntil(signal);
  const { code, output } = await runMillrace(['verify', '--data', data]);
  expect(output).toMatch(/^PROVED: everything that was acknowledged is there \(\d+ records\)\.$/m);
  expect(code).toBe(0);
});

test('one byte of a message that went bad is named by file, partition and offset: exit code 1, for machines too', async () => {
  await serveUntil('SIGTERM');
  const path = turnOverAByte();
  const { code, output } = await runMillrace(['verify', '--data', data]);
  expect(output).toContain(path);
  expect(output).toMatch(/offsets 0 to 0 of partition 0 of stream-\d+/);
  expect(output).toMatch(/^DAMAGED: 1 found\./m);
  expect(code).toBe(1);
  const machine = await runMillrace(['verify', '--data', data, '--json']);
  expect(JSON.parse(machine.output)).toMatchObject({ verdict: 'damaged', problemCount: 1 });
  expect(machine.code).toBe(1);
});

test('a running server, a missing folder and a wrong option are not checked: exit code 2, and the reason', async () => {
  await using server = await start();
  const busy = await runMillrace(['verify', '--data', data]);
  expect(busy).toMatchObject({ code: 2, errors: expect.stringMatching(/^millrace: The data directory is in use by process \d+/) });
  await server.end('SIGTERM');
  expect(await runMillrace(['verify', '--data', join(data, 'nothing')])).toMatchObject({
    code: 2,
    errors: expect.stringMatching(/^millrace: /),
  });
  expect(await runMillrace(['verify', '--date', data])).toMatchObject({ code: 2 });
});

function start(): Promise<ServerProcess> {
  return startServerProcess(['--data', data, '--stream', 'orders:1', '--log-level', 'error']);
}

/** A server that stored one message, ended by `signal`. */
async function serveUntil(signal: NodeJS.Signals): Promise<void> {
  await using server = await start();
  const identity = await openIdentity(join(data, 'oci'), systemRandom);
  const client = new SignedClient(server.url, identity);
  const [stream] = (await client.call('GET', `/streams?compartmentId=${identity.tenancyId}`)).json<Stream[]>();
  const body = { messages: [{ key: null, value: base64('a message') }] };
  const { status } = await client.call('POST', `/streams/${stream?.id}/messages`, { body, bodySignature: 'unsigned' });
  expect(status).toBe(200);
  await server.end(signal);
}

/** In the segment that holds the message, whose path it returns. */
function turnOverAByte(): string {
  const segments = readdirSync(join(data, 'logs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.log'));
  for (const path of segments.map((name) => join(data, 'logs', name))) {
    const file = openSync(path, 'r+');
    const bytes = Buffer.alloc(4096);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    const at = bytes.subarray(0, length).indexOf('a message');
    if (at >= 0) writeSync(file, Buffer.from('A'), 0, 1, at);
    closeSync(file);
    if (at >= 0) return path;
  }
  throw new Error('No segment holds the message.');
}
