// A server for one test: on a free port, with an identity that is made once a process, and a stream or two.
import { generateKeyPairSync } from 'node:crypto';
import type { Stream } from 'millrace-protocol/shapes';
import { type Environment, type Server, type StartOptions, startServer } from '../../src/app.ts';
import { createIdentity, type LocalIdentity } from '../../src/identity/local-identity.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { systemRandom } from '../../src/random.ts';
import { SignedClient } from './signed-client.ts';

/** A key for all tests of a process: making one takes longer than most tests. */
export const testIdentity: LocalIdentity = await createIdentity(
  systemRandom,
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
);

export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly client: SignedClient;
}

/** Starts a silent server on the memory engine unless `options` say otherwise. */
export async function startTestServer(options: StartOptions = {}, environment: Environment = {}): Promise<TestServer> {
  const server = await startServer(
    { engine: 'memory', port: 0, ...options },
    { identity: testIdentity, logger: createLogger('silent'), ...environment },
  );
  return { server, client: new SignedClient(server.url, server.identity), [Symbol.asyncDispose]: () => server.close() };
}

/** Makes a stream through the API. */
export async function createStream(client: SignedClient, details: Record<string, unknown> = {}): Promise<Stream> {
  const body = { name: 'orders', partitions: 1, compartmentId: testIdentity.tenancyId, ...details };
  const answer = await client.call('POST', '/streams', { body });
  if (answer.status !== 200) throw new Error(`CreateStream answered ${answer.status}: ${answer.text}`);
  return answer.json<Stream>();
}

/** Base64 of UTF-8 text. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A cursor for a stream. */
export async function createCursor(client: SignedClient, streamId: string, details: Record<string, unknown> = {}): Promise<string> {
  const answer = await client.call('POST', `/streams/${streamId}/cursors`, { body: { partition: '0', type: 'TRIM_HORIZON', ...details } });
  if (answer.status !== 200) throw new Error(`CreateCursor answered ${answer.status}: ${answer.text}`);
  return answer.json<{ value: string }>().value;
}
