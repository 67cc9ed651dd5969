// The examples of our own client do what they say: against the service, and for consumer groups, which it does not have yet,
// against a stand-in that records requests and answers as OCI describes it.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientConfig, configFromFile, StreamClient } from 'millrace-client';
import { createLogger, type Server, startServer } from 'millrace-server';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as example from './client.ts';
import * as admin from './client-admin.ts';
import * as groups from './client-groups.ts';
import { clientQuickStart } from './client-quick-start.ts';

const ociDir = mkdtempSync(join(tmpdir(), 'millrace-client-examples-'));
let server: Server;
let config: ClientConfig;
let client: StreamClient;
let streamId: string;

beforeAll(async () => {
  server = await startServer(
    { engine: 'memory', port: 0, ociDir, stream: ['weather:3', 'greetings:1'] },
    { logger: createLogger('silent') },
  );
  config = configFromFile(server.identity.configPath);
  client = example.connect(server.identity.configPath, server.url);
  streamId = server.streams[0]?.id ?? '';
});

afterAll(async () => {
  client.close();
  await server.close();
  rmSync(ociDir, { recursive: true });
});

/** A server for one test that answers as it is told. */
async function standIn(listener: RequestListener): Promise<{ readonly url: string } & AsyncDisposable> {
  const listening = createServer(listener).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  // A string only for pipes, null only before listening.
  const { port } = listening.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(listening, 'close');
      listening.close();
      listening.closeAllConnections();
      await closed;
    },
  };
}

describe('messages', () => {
  test('what is put as bytes and as base64 is read back in order', async () => {
    const partition = await example.putTwo(client, streamId);
    const texts = ['21.5 degrees', '22 degrees'];
    expect(await example.readTexts(client, streamId, await example.startOf(client, streamId, partition))).toEqual(texts);
    expect(await example.readTexts(client, streamId, await example.lastHour(client, streamId, partition))).toEqual(texts);
    expect(await example.countOnce(config, server.url, streamId, await example.startOf(client, streamId, partition))).toBe(2);
  });

  test('the quick start of the README reads back what it puts', async () => {
    const { id = '' } = server.streams.find(({ name }) => name === 'greetings') ?? {};
    expect(await clientQuickStart(server.identity.configPath, server.url, id)).toEqual(['hello']);
  });

  test('an answer carries its status, headers, request id and request', async () => {
    expect(await example.look(client, streamId)).toEqual({
      status: 200,
      cursor: expect.stringMatching(/./),
      type: expect.stringMatching(/^application\/json/),
      requestId: expect.stringMatching(/^nightly-7\//),
      sentTo: `/20180418/streams/${streamId}/cursors`,
    });
  });

  test('a signal ends a call that waits', async () => {
    const { data } = await client.createCursor(streamId, { partition: '0', type: 'LATEST' });
    const controller = new AbortController();
    const waiting = example.waitForFirst(client, streamId, data.value, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('clients', () => {
  test('a region leads to its endpoint', () => {
    const keyContent = readFileSync(config.keyFile ?? '', 'utf8');
    expect(example.endpointInRegion({ ...config, keyContent })).toBe('https://streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418');
  });

  test.each([
    ['with timeouts', example.impatient],
    ['with a signer of its own', example.behindProxy],
    ['with a retry strategy of its own', example.threeAttempts],
  ])('a client %s is understood by the service', async (_, make) => {
    await using made = make(config, server.url);
    expect((await made.createCursor(streamId, { partition: '0', type: 'LATEST' })).status).toBe(200);
  });

  test('a strategy for all calls can be set aside for one', async () => {
    expect(await example.readPatiently(config, server.url, streamId)).toBe(0);
  });
});

describe('what became of messages', () => {
  const messages = [{ value: Buffer.from('hello') }];

  test('stored, when the service says so', async () => {
    expect(await example.put(client, streamId, messages)).toBe('stored');
  });

  test('not stored, when the service refused them, and when there was no connection', async () => {
    expect(await example.put(client, 'ocid1.stream.oc1..unknown', messages)).toBe('not stored');
    // Nobody listens on port 1.
    await using unconnected = example.connect(server.identity.configPath, 'http://127.0.0.1:1');
    expect(await example.put(unconnected, streamId, messages)).toBe('not stored');
  });

  test('perhaps stored, when the connection broke', async () => {
    await using breaking = await standIn((request) => request.socket.destroy());
    await using unlucky = example.connect(server.identity.configPath, breaking.url);
    expect(await example.put(unlucky, streamId, messages)).toBe('perhaps stored');
  });
});

test('a stream is made, waited for, listed, tagged and deleted', async () => {
  await using adminClient = admin.connectAdmin(server.identity.configPath, server.url);
  const { tenancyId } = server.identity;
  const stream = await admin.createStream(adminClient, tenancyId, 'orders');
  expect(stream).toMatchObject({ name: 'orders', partitions: 3, lifecycleState: 'ACTIVE', timeCreated: expect.any(Date) });
  await admin.createStream(adminClient, tenancyId, 'returns');
  expect((await admin.streamNames(adminClient, tenancyId)).toSorted()).toEqual(['greetings', 'orders', 'returns', 'weather']);
  expect((await admin.tag(adminClient, stream.id)).freeformTags).toEqual({ team: 'billing' });
  expect(await admin.remove(adminClient, stream.id)).toBeGreaterThanOrEqual(2);
  expect((await adminClient.getStream(stream.id)).data.lifecycleState).toBe('DELETED');
});

describe('consumer groups', () => {
  const calls: readonly (readonly [name: string, (to: StreamClient) => Promise<unknown>])[] = [
    ['createGroupCursor', (to) => groups.join(to, streamId)],
    ['consumerCommit', (to) => groups.commit(to, streamId, 'read')],
    ['consumerHeartbeat', (to) => groups.stay(to, streamId, 'read')],
    ['getGroup', (to) => groups.holders(to, streamId)],
    ['updateGroup', (to) => groups.rewind(to, streamId, new Date('2026-01-01T00:00:00Z'))],
  ];

  test.each(calls)('%s is not there yet in the service, as docs/client.md says', async (_, call) => {
    await expect(call(client)).rejects.toMatchObject({ status: 501, code: 'MethodNotImplemented' });
  });

  test('every example of a group asks for what it says', async () => {
    const received: string[] = [];
    await using recording = await standIn((request, response) => {
      const { method = '', url = '' } = request;
      const target = url.replace(`/20180418/streams/${streamId}/`, '');
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        received.push(`${method} ${target} ${body}`.trim());
        response.writeHead(200, { 'content-type': 'application/json' }).end(answerTo(method, target));
      });
    });
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await using recorded = example.connect(server.identity.configPath, recording.url);
    const answers: unknown[] = [];
    for (const [, call] of calls) answers.push(await call(recorded));

    expect(received).toEqual([
      'POST groupCursors {"groupName":"billing","instanceName":"billing-1","type":"TRIM_HORIZON","commitOnGet":false}',
      'POST commit?cursor=read',
      'POST heartbeat?cursor=read',
      'GET groups/billing',
      'PUT groups/billing {"type":"AT_TIME","time":"2026-01-01T00:00:00.000Z"}',
    ]);
    expect(answers).toEqual(['next', 'next', 'next', expect.objectContaining({ groupName: 'billing' }), 200]);
    expect(log.mock.calls).toEqual([['0: billing-1, committed up to 7'], ['1: nobody, committed up to nothing']]);
    log.mockRestore();
  });
});

/** What OCI answers to the operations of groups, in short. */
function answerTo(method: string, target: string): string {
  if (method === 'POST') return '{"value":"next"}';
  if (method === 'PUT') return '';
  const reservations = [{ partition: '0', reservedInstance: 'billing-1', committedOffset: 7 }, { partition: '1' }];
  return JSON.stringify({ streamId: 'recorded', groupName: target.replace('groups/', ''), reservations });
}
