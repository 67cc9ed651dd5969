// The examples do what they say, through the unmodified official client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Server, startServer } from 'millrace-server';
import common from 'oci-common';
import streaming from 'oci-streaming';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consume } from './consumer-group.ts';
import { greet } from './drop-in.ts';
import { inProcess } from './in-process.ts';
import { quickStart } from './quick-start.ts';
import { type Connection, replayFlights } from './replay-flights.ts';

describe('with the official oci-streaming client', () => {
  const data = mkdtempSync(join(tmpdir(), 'millrace-examples-'));
  let server: Server;
  let connection: Connection;

  beforeAll(async () => {
    server = await startServer({ data, port: 0, stream: ['invoices:3', 'letters:1'] }, { logger: createLogger('silent') });
    const { configPath, tenancyId } = server.identity;
    connection = { configPath, endpoint: server.url, compartmentId: tenancyId };
  });

  afterAll(async () => {
    await server.close();
    rmSync(data, { recursive: true });
  });

  test('five thousand real flights come back byte for byte, in order for each airport', async () => {
    const { flights, airports } = await replayFlights(connection);
    expect(flights).toBe(5000);
    expect(airports).toBeGreaterThan(50);
  });

  test('a server starts inside a test, with its stream, and is gone behind it', async () => {
    const { url, compartmentId, streamId } = await inProcess(join(data, 'in-process'));
    expect(compartmentId).toMatch(/^ocid1\.tenancy\./);
    expect(streamId).toMatch(/^ocid1\.stream\./);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
  });

  test('the quick start of the README reads back what it puts', async () => {
    expect(await quickStart(connection.configPath, connection.endpoint, connection.compartmentId)).toEqual(['hello', 'world']);
  });

  test('the same program runs on our client, with another import', async () => {
    const { id = '' } = server.streams.find(({ name }) => name === 'letters') ?? {};
    expect(await greet(connection.configPath, connection.endpoint, id)).toEqual(['hello']);
  });

  test('two consumers of a group handle every message once between them', async () => {
    const authenticationDetailsProvider = new common.ConfigFileAuthenticationDetailsProvider(connection.configPath, 'DEFAULT');
    const client = new streaming.StreamClient({ authenticationDetailsProvider });
    client.endpoint = connection.endpoint;
    const streamId = server.streams[0]?.id ?? '';
    const texts = Array.from({ length: 30 }, (_, index) => `invoice ${index}`);
    const enough = new AbortController();
    const handled: string[] = [];
    const handle = async (text: string): Promise<void> => {
      handled.push(text);
      if (handled.length === texts.length) enough.abort();
    };
    const consumers = ['billing-1', 'billing-2'].map((name) => consume(client, streamId, name, handle, enough.signal));
    const messages = texts.map((text) => ({ value: Buffer.from(text).toString('base64') }));
    await client.putMessages({ streamId, putMessagesDetails: { messages } });
    await Promise.all(consumers);
    expect(handled.toSorted()).toEqual(texts.toSorted());
    const { reservations = [] } = (await client.getGroup({ streamId, groupName: 'billing' })).group;
    expect(reservations.reduce((sum, { committedOffset }) => sum + (committedOffset ?? -1) + 1, 0)).toBe(texts.length);
  });
});
