// A service in this process, with clients for it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, startServer } from 'millrace-server';
import { type ClientOptions, configFromFile, StreamAdminClient, StreamClient } from '../src/index.ts';

/** A running service with a stream `orders`, of three partitions unless told. */
export interface TestService extends AsyncDisposable {
  readonly url: string;
  readonly compartmentId: string;
  readonly streamId: string;
  readonly configPath: string;
  readonly client: StreamClient;
  readonly admin: StreamAdminClient;
}

/** What a test decides of its service. */
export interface ServiceChoices extends Pick<Environment, 'clock'> {
  readonly partitions?: number;
}

export async function startService(
  options: ClientOptions = {},
  { partitions = 3, ...environment }: ServiceChoices = {},
): Promise<TestService> {
  const ociDir = await mkdtemp(join(tmpdir(), 'millrace-client-'));
  const stream = [{ name: 'orders', partitions }];
  const server = await startServer({ engine: 'memory', port: 0, ociDir, stream, logLevel: 'silent' }, environment);
  const config = configFromFile(server.identity.configPath);
  const both = { serviceEndpoint: server.url, ...options };
  const client = new StreamClient(config, both);
  const admin = new StreamAdminClient(config, both);
  return {
    url: server.url,
    compartmentId: server.identity.tenancyId,
    streamId: server.streams[0]?.id ?? '',
    configPath: server.identity.configPath,
    client,
    admin,
    async [Symbol.asyncDispose]() {
      client.close();
      admin.close();
      await server.close();
      await rm(ociDir, { recursive: true });
    },
  };
}
