// A server whose disk is full: puts are refused with the reason, reads go on, deleting a stream makes room, nothing that was
// acknowledged is lost, and no restart is needed; but if it is killed then, it starts again on the full disk.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Message, PutMessagesResult, Stream } from 'millrace-protocol/shapes';
import { base64, createCursor, openIdentity, SignedClient, systemRandom } from 'millrace-server/test-support';
import { expect, test } from 'vitest';
import { runMillrace, type ServerProcess, startServerProcess } from './server-process.ts';
import { canMount, mountSmall } from './small-file-system.ts';

/** Less than the journal would take if it could: four files of 64 MiB. */
const diskBytes = 96 * 1024 * 1024;
/** Puts become smaller as the room does. */
const valueBytes = [600_000, 60_000, 6000, 600];

test.skipIf(!canMount())(
  'a full disk of 96 MiB, mounted where that is allowed, else simulated by the log alone: 503 says why, reads and deletions go on and make room, SIGKILL loses nothing',
  { timeout: 120_000 },
  async () => {
    using disk = mountSmall(diskBytes);
    const data = join(disk.folder, 'data');
    const names = ['first', 'second', 'third'];
    await using server = await startServerProcess(['--data', data, ...optionsFor(names), '--log-level', 'fatal']);
    const { client, stream } = await connect(server, data);
    const first = await fill(client, stream('first'));
    expect(await readAll(client, stream('first'))).toEqual(first);

    expect((await client.call('DELETE', `/streams/${stream('first').id}`)).status).toBe(204);
    const second = await fill(client, stream('second'));
    // How much of the room the journal takes varies; `fill` has seen that a large message had its place again.
    expect(second).not.toEqual([]);
    await server.end('SIGKILL');

    await using again = await startServerProcess(['--data', data, ...optionsFor(['fourth']), '--log-level', 'fatal']);
    const reconnected = await connect(again, data);
    expect(await readAll(reconnected.client, stream('second'))).toEqual(second);
    expect((await reconnected.client.call('DELETE', `/streams/${stream('second').id}`)).status).toBe(204);
    for (const name of ['third', 'fourth']) {
      const filled = await fill(reconnected.client, reconnected.stream(name), 20);
      expect(await readAll(reconnected.client, reconnected.stream(name))).toEqual(filled);
    }
    expect(await again.end('SIGTERM')).toBe(0);
  },
);

test.skipIf(!canMount())(
  'a disk without room, mounted where that is allowed: the server does not start, says where and why, and starts once there is room',
  async () => {
    using disk = mountSmall(16 * 1024 * 1024);
    const data = join(disk.folder, 'data');
    const ballast = join(disk.folder, 'ballast');
    fillUp(ballast);
    const { code, errors } = await runMillrace(['serve', '--port', '0', '--data', data]);
    expect(errors).toMatch(/^millrace: Opening .*data failed: ENOSPC: no space left on device/);
    expect(code).toBe(1);
    rmSync(ballast);
    await using server = await startServerProcess(['--data', data, ...optionsFor(['orders']), '--log-level', 'fatal']);
    const { client, stream } = await connect(server, data);
    expect(await fill(client, stream('orders'), 3)).toHaveLength(3);
  },
);

/** Writes zeros to a new file until the disk takes not even one more byte. */
function fillUp(path: string): void {
  const file = openSync(path, 'w');
  for (const bytes of [1024 * 1024, 4096, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(bytes));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
  closeSync(file);
}

function optionsFor(names: readonly string[]): string[] {
  return names.flatMap((name) => ['--stream', `${name}:1`]);
}

async function connect(server: ServerProcess, data: string): Promise<{ client: SignedClient; stream: (name: string) => Stream }> {
  const identity = await openIdentity(join(data, 'oci'), systemRandom);
  const client = new SignedClient(server.url, identity);
  const streams = (await client.call('GET', `/streams?compartmentId=${identity.tenancyId}`)).json<Stream[]>();
  return { client, stream: (name) => streams.find((candidate) => candidate.name === name) as Stream };
}

/**
 * Puts until not even a small message is taken, or `most` were; what was acknowledged, in order of its offsets. Room that a
 * deletion has made may take a moment: the first put, a large one, is repeated until it is taken.
 */
async function fill(client: SignedClient, stream: Stream, most: number = Number.POSITIVE_INFINITY): Promise<string[]> {
  const acknowledged: string[] = [];
  const put = async (bytes: number): Promise<boolean> => {
    const value = `${stream.name} ${acknowledged.length} ${'x'.repeat(bytes)}`;
    const answer = await client.call('POST', `/streams/${stream.id}/messages`, {
      body: { messages: [{ key: null, value: base64(value) }] },
      bodySignature: 'unsigned',
    });
    if (answer.status !== 200) {
      checkRefusal(answer);
      return false;
    }
    expect(answer.json<PutMessagesResult>().entries).toMatchObject([{ offset: acknowledged.length }]);
    acknowledged.push(shorten(value));
    return true;
  };
  while (!(await put(600_000))) expect((await client.call('GET', `/streams/${stream.id}`)).status).toBe(200);
  for (const bytes of valueBytes) {
    for (let refusals = 0; refusals < 3 && acknowledged.length < most; ) refusals += (await put(bytes)) ? 0 : 1;
  }
  return acknowledged;
}

/** A put is refused as 503, with the reason. */
function checkRefusal({ status, text }: { readonly status: number; readonly text: string }): void {
  const body = JSON.parse(text) as Record<string, unknown>;
  expect({ status, body }).toEqual({
    status: 503,
    body: {
      code: 'ServiceUnavailable',
      message: expect.stringMatching(/^The append was not stored: ENOSPC: .*(disk is full|no space left)/),
    },
  });
}

async function readAll(client: SignedClient, stream: Stream): Promise<string[]> {
  const values: string[] = [];
  let cursor = await createCursor(client, stream.id, { partition: '0' });
  for (;;) {
    const answer = await client.call('GET', `/streams/${stream.id}/messages?cursor=${cursor}`);
    expect(answer.status).toBe(200);
    const messages = answer.json<Message[]>();
    if (messages.length === 0) return values;
    for (const { value } of messages) values.push(shorten(Buffer.from(value, 'base64').toString()));
    cursor = answer.headers['opc-next-cursor'] ?? '';
  }
}

/** Enough of a value to tell it from others. */
function shorten(value: string): string {
  return `${value.slice(0, 20)} ${value.length}`;
}
