// The examples of our own client do what they say.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { connectForUser } from './client-signers.ts';

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
    const decoded = await example.readDecoded(client, streamId, await example.startOf(client, streamId, partition));
    expect(decoded).toEqual(texts.map((text) => ['berlin', text]));
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

test('a resource that acts for a user sends its requests to its own region', () => {
  const token = ['{}', '{"exp":4102444800}', ''].map((part) => Buffer.from(part).toString('base64url')).join('.');
  const delegationTokenFile = join(ociDir, 'delegation-token');
  writeFileSync(delegationTokenFile, 'of.the.user');
  const values = { VERSION: '2.2', RPST: token, PRIVATE_PEM: config.keyFile, REGION: 'fra' };
  for (const [name, value] of Object.entries(values)) vi.stubEnv(`OCI_RESOURCE_PRINCIPAL_${name}`, value);
  expect(connectForUser(delegationTokenFile).endpoint).toBe('https://streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418');
  vi.unstubAllEnvs();
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

/** A stream of two partitions with messages in both. */
async function streamOf(name: string, texts: readonly string[]): Promise<string> {
  await using adminClient = admin.connectAdmin(server.identity.configPath, server.url);
  const { data } = await adminClient.createStream({ name, partitions: 2, compartmentId: server.identity.tenancyId });
  const messages = texts.map((text) => ({ key: Buffer.from(text), value: Buffer.from(text) }));
  const { entries } = (await client.putMessages(data.id, { messages })).data;
  expect(new Set(entries.map(({ partition }) => partition)).size).toBe(2);
  return data.id;
}

describe('consumer groups', () => {
  const invoices = ['a', 'b', 'c', 'd'];

  test('every example of a group does what it says', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const billed = await streamOf('billed', invoices);
    const { data, nextCursor = '' } = await client.getMessages(billed, await groups.join(client, billed));
    expect(data).toHaveLength(invoices.length);
    await groups.holders(client, billed);
    expect(log.mock.calls).toEqual([['0: billing-1, committed up to nothing'], ['1: billing-1, committed up to nothing']]);
    log.mockClear();

    await groups.commit(client, billed, await groups.stay(client, billed, nextCursor));
    const last = (partition: string): number | undefined => data.findLast((message) => message.partition === partition)?.offset;
    await groups.holders(client, billed);
    expect(log.mock.calls).toEqual([[`0: billing-1, committed up to ${last('0')}`], [`1: billing-1, committed up to ${last('1')}`]]);
    log.mockRestore();

    expect(await groups.rewind(client, billed, data[0]?.timestamp ?? new Date())).toBe(200);
    expect((await client.getMessages(billed, nextCursor)).data).toHaveLength(invoices.length);
  });

  test('the consumer handles every message once, commits it, and joins again when it took too long', async () => {
    const billed = await streamOf('billed-in-a-loop', invoices);
    const enough = new AbortController();
    const handled: string[] = [];
    await groups.consume(
      client,
      billed,
      async ({ value }) => {
        handled.push(Buffer.from(value, 'base64').toString());
        // As if another had taken over meanwhile: nothing that this one read counts any more.
        if (handled.length === invoices.length) await client.updateGroup(billed, 'billing', { type: 'TRIM_HORIZON' });
        if (handled.length === 2 * invoices.length) enough.abort();
      },
      enough.signal,
    );
    expect(handled.toSorted()).toEqual([...invoices, ...invoices].toSorted());
    const { reservations } = (await client.getGroup(billed, 'billing')).data;
    const committed = reservations?.reduce((sum, { committedOffset }) => sum + (committedOffset ?? -1) + 1, 0);
    expect(committed).toBe(invoices.length);
  });
});
