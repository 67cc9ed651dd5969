// Putting and reading messages with our own client, millrace-client. The pages of docs/ show the parts between the markers.

// #region import
import {
  type ClientConfig,
  configFromFile,
  DEFAULT_RETRY_STRATEGY,
  NoneRetryStrategy,
  type PutMessagesDetailsEntry,
  RequestError,
  type RequestSigner,
  RetryStrategyBuilder,
  ServiceError,
  Signer,
  StreamClient,
} from 'millrace-client';
// #endregion import

/** A client of the service at `endpoint`. */
export function connect(configPath: string, endpoint: string): StreamClient {
  // #region construct
  const config = configFromFile(configPath);
  const client = new StreamClient(config, { serviceEndpoint: endpoint });
  // #endregion construct
  return client;
}

/** Where a client of a region sends its requests. */
export function endpointInRegion({ tenancy, user, fingerprint, keyContent }: ClientConfig): string {
  // #region plain-object
  const client = new StreamClient({ tenancy, user, fingerprint, keyContent, region: 'eu-frankfurt-1' });
  const { endpoint } = client; // https://streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418
  // #endregion plain-object
  return endpoint;
}

/** Puts two messages with one key; answers the partition they went to. */
export async function putTwo(client: StreamClient, streamId: string): Promise<string> {
  // #region put-messages
  const key = Buffer.from('berlin');
  const messages = [
    { key, value: Buffer.from('21.5 degrees') }, // Bytes are encoded for you;
    { key, value: 'MjIgZGVncmVlcw==' }, // a text has to be base64.
  ];
  const { data: result } = await client.putMessages(streamId, { messages });
  if (result.failures > 0) throw new Error(JSON.stringify(result.entries));
  // #endregion put-messages
  return result.entries[0]?.partition ?? '';
}

/** A cursor in front of a partition's first message. */
export async function startOf(client: StreamClient, streamId: string, partition: string): Promise<string> {
  // #region create-cursor
  const created = await client.createCursor(streamId, { partition, type: 'TRIM_HORIZON' });
  const cursor = created.data.value;
  // #endregion create-cursor
  return cursor;
}

/** A cursor in front of the first message that was stored within the last hour. */
export async function lastHour(client: StreamClient, streamId: string, partition: string): Promise<string> {
  // #region create-cursor-at-time
  const time = new Date(Date.now() - 3_600_000);
  const { data } = await client.createCursor(streamId, { partition, type: 'AT_TIME', time });
  // #endregion create-cursor-at-time
  return data.value;
}

/** The texts of all messages from a cursor on. */
export async function readTexts(client: StreamClient, streamId: string, from: string): Promise<string[]> {
  // #region get-messages
  const texts: string[] = [];
  let cursor = from;
  for (;;) {
    const { data: messages, nextCursor } = await client.getMessages(streamId, cursor, { limit: 1000 });
    if (messages.length === 0) break; // At the end; later there may be more behind `nextCursor`.
    texts.push(...messages.map(({ value }) => Buffer.from(value, 'base64').toString()));
    cursor = nextCursor ?? cursor;
  }
  // #endregion get-messages
  return texts;
}

/** The keys of some messages, as text, and what they say. */
export async function readDecoded(client: StreamClient, streamId: string, cursor: string): Promise<[key: string, text: string][]> {
  // #region receive-messages
  const { data: messages } = await client.receiveMessages(streamId, cursor, { limit: 10 });
  const entries = messages.map((message): [string, string] => [message.key?.toString() ?? 'no key', message.text()]);
  // #endregion receive-messages
  return entries;
}

/** What comes with every answer. */
export async function look(client: StreamClient, streamId: string): Promise<unknown> {
  // #region response
  const response = await client.createCursor(streamId, { partition: '0', type: 'LATEST' }, { opcRequestId: 'nightly-7' });
  const { status, data, headers, requestId, request } = response;
  const stored = { status, cursor: data.value, type: headers.get('content-type'), requestId, sentTo: request.target };
  // #endregion response
  return stored;
}

/** A client that waits a second for a connection and ten for each piece of an answer. */
export function impatient(config: ClientConfig, endpoint: string): StreamClient {
  // #region timeout
  const client = new StreamClient(config, { serviceEndpoint: endpoint, timeout: [1000, 10_000] });
  // #endregion timeout
  return client;
}

/** Waits at the end of a partition for a first message, until the signal ends the call. */
export async function waitForFirst(client: StreamClient, streamId: string, cursor: string, signal: AbortSignal): Promise<number> {
  // #region signal
  const { data } = await client.getMessages(streamId, cursor, { waitMs: 30_000, signal });
  // #endregion signal
  return data.length;
}

/** A client that signs by itself and tells a proxy who it is. */
export function behindProxy({ tenancy = '', user = '', fingerprint = '', keyFile }: ClientConfig, serviceEndpoint: string): StreamClient {
  // #region signer
  const apiKey = new Signer({ tenancy, user, fingerprint, keyFile });
  const signer: RequestSigner = {
    sign(request) {
      request.headers['x-proxy-client'] = 'weather';
      apiKey.sign(request);
    },
  };
  const client = new StreamClient({}, { signer, serviceEndpoint });
  // #endregion signer
  return client;
}

/** A client whose reading calls are retried; putting is not. */
export async function readPatiently(config: ClientConfig, serviceEndpoint: string, streamId: string): Promise<number> {
  const messages = [{ value: Buffer.from('once') }];
  // #region retry
  const client = new StreamClient(config, { serviceEndpoint, retryStrategy: DEFAULT_RETRY_STRATEGY });
  const { data } = await client.putMessages(streamId, { messages }, { retryStrategy: new NoneRetryStrategy() });
  // #endregion retry
  client.close();
  return data.failures;
}

/** A client with a strategy of its own. */
export function threeAttempts(config: ClientConfig, serviceEndpoint: string): StreamClient {
  // #region retry-builder
  const retryStrategy = new RetryStrategyBuilder({ maxAttempts: 3, totalElapsedTimeSeconds: 20 })
    .addServiceErrorCheck({ serviceErrorRetryOnAny5xx: 'except-501' })
    .getRetryStrategy();
  const client = new StreamClient(config, { serviceEndpoint, retryStrategy });
  // #endregion retry-builder
  return client;
}

type Fate = 'stored' | 'partly stored' | 'not stored' | 'perhaps stored';

/** Puts messages and says what became of them. */
// #region errors
export async function put(client: StreamClient, streamId: string, messages: readonly PutMessagesDetailsEntry[]): Promise<Fate> {
  try {
    const { data } = await client.putMessages(streamId, { messages });
    return data.failures === 0 ? 'stored' : 'partly stored';
  } catch (error) {
    if (error instanceof ServiceError && error.status === 401) throw error;
    if (error instanceof RequestError) return error.effect === 'none' ? 'not stored' : 'perhaps stored';
    throw error;
  }
}
// #endregion errors

/** How many of the partition's messages fit into one answer; the client is closed behind the block. */
export async function countOnce(config: ClientConfig, serviceEndpoint: string, streamId: string, cursor: string): Promise<number> {
  // #region close
  await using client = new StreamClient(config, { serviceEndpoint });
  const { data } = await client.getMessages(streamId, cursor);
  // #endregion close
  return data.length;
}
