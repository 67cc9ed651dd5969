// The package as its users get it: built, its one dependency beside it, and run from outside.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from 'millrace-protocol/shapes';
import { base64, createCursor, openIdentity, SignedClient, systemRandom } from 'millrace-server/test-support';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runMillrace, startServerProcess } from './server-process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'millrace-package-'));
const built = join(project, 'node_modules/millrace');
const main = join(built, 'main.js');
const data = join(project, 'data');

beforeAll(() => {
  mkdirSync(join(project, 'node_modules/@node-rs'), { recursive: true });
  execFileSync(process.execPath, [join(root, 'scripts/build-server.ts'), built]);
  symlinkSync(join(root, 'node_modules/@node-rs/crc32'), join(project, 'node_modules/@node-rs/crc32'), 'junction');
});
afterAll(() => rmSync(project, { recursive: true }));

test('it serves, keeps what it acknowledged across a start, and verifies its files', async () => {
  {
    await using server = await startServerProcess(['--data', data, '--stream', 'orders:1'], {}, main);
    const client = new SignedClient(server.url, await openIdentity(join(data, 'oci'), systemRandom));
    const streamId = /ocid1\.stream\.\S+?(?=["'\s])/.exec(server.banner)?.[0] ?? '';
    const put = await client.call('POST', `/streams/${streamId}/messages`, { body: { messages: [{ value: base64('hello') }] } });
    expect(put.status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
    await using again = await startServerProcess(['--data', data], {}, main);
    const later = new SignedClient(again.url, await openIdentity(join(data, 'oci'), systemRandom));
    const cursor = await createCursor(later, streamId);
    const [message] = (await later.call('GET', `/streams/${streamId}/messages?cursor=${cursor}`)).json<Message[]>();
    expect(message?.value).toBe(base64('hello'));
    expect((await later.send('GET', '/metrics')).text).toContain('nodejs_version_info');
    expect(await again.end('SIGTERM')).toBe(0);
  }
  const verified = await runMillrace(['verify', '--data', data], {}, main);
  expect(verified.errors).toBe('');
  expect(verified.code).toBe(0);
});

test('it carries the licences of what it holds, and asks npm for native code alone', () => {
  const licences = readFileSync(join(built, 'THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of ['commander', 'find-my-way', 'pino', 'prom-client', 'typebox']) {
    expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  }
  // A package.json has this shape.
  const manifest = JSON.parse(readFileSync(join(built, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  expect(Object.keys(manifest.dependencies)).toEqual(['@node-rs/crc32']);
});
