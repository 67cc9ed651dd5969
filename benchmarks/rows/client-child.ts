// One client in a process of its own: `<client> <operation> <messages> <seconds> <port> <built millrace-client>`. Prints the
// calls a second of one call at a time, and the time its import took, as JSON.
import { generateKeyPairSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { messageBytes } from '../load/put-body.ts';
import { answerAndEnd } from './child-answer.ts';

export type ClientName = 'millrace' | 'official';
export type ClientOperation = 'put' | 'get';

/** What the process prints. */
export interface ClientFigures {
  readonly callsPerSecond: number;
  readonly importMs: number;
}

const warmUpMs = 500;
const [client, operation, count, seconds, port, built = ''] = process.argv.slice(2);
const messages = Array.from({ length: Number(count) }, () => ({ value: Buffer.alloc(messageBytes, 'm').toString('base64') }));
const streamId = `stream-${count}`;
const limit = Number(count);

// Not part of the import that is timed.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const tenancy = 'ocid1.tenancy.oc1..benchmark';
const user = 'ocid1.user.oc1..benchmark';
const fingerprint = Array.from({ length: 16 }, () => '00').join(':');
const endpoint = `http://127.0.0.1:${port}`;

type Call = () => Promise<unknown>;
interface Loaded {
  readonly call: Call;
  readonly importMs: number;
}

const loaded = client === 'millrace' ? await millrace() : await official();
await repeat(loaded.call, warmUpMs);
const figures: ClientFigures = { callsPerSecond: await repeat(loaded.call, Number(seconds) * 1000), importMs: loaded.importMs };
answerAndEnd(figures);

async function millrace(): Promise<Loaded> {
  const startedAt = performance.now();
  const { StreamClient } = (await import(pathToFileURL(built).href)) as typeof import('millrace-client');
  const importMs = performance.now() - startedAt;
  const config = { tenancy, user, fingerprint, keyContent: pem, region: 'us-phoenix-1' };
  const ours = new StreamClient(config, { serviceEndpoint: endpoint });
  const call: Call =
    operation === 'put' ? () => ours.putMessages(streamId, { messages }) : () => ours.getMessages(streamId, 'cursor', { limit });
  return { call, importMs };
}

async function official(): Promise<Loaded> {
  const startedAt = performance.now();
  const { default: streaming } = await import('oci-streaming');
  const importMs = performance.now() - startedAt;
  const { default: common } = await import('oci-common');
  const authenticationDetailsProvider = new common.SimpleAuthenticationDetailsProvider(
    tenancy,
    user,
    fingerprint,
    pem,
    null,
    common.Region.US_PHOENIX_1,
  );
  const theirs = new streaming.StreamClient({ authenticationDetailsProvider });
  theirs.endpoint = endpoint;
  const call: Call =
    operation === 'put'
      ? () => theirs.putMessages({ streamId, putMessagesDetails: { messages } })
      : () => theirs.getMessages({ streamId, cursor: 'cursor', limit });
  return { call, importMs };
}

/** Calls a second, one call after the other for `ms` milliseconds. */
async function repeat(one: Call, ms: number): Promise<number> {
  const startedAt = performance.now();
  let calls = 0;
  while (performance.now() - startedAt < ms) {
    await one();
    calls += 1;
  }
  return (calls * 1000) / (performance.now() - startedAt);
}
