// Rows 5 and 7's ways to send many independent messages and to read them all, each through its client for Node as people use it.
import { createClient } from '@redis/client';
import { configFromFile, Producer, Reader, StreamClient } from 'millrace-client';

/** Whose client works where; an argument of the rows' processes, as JSON. */
export type ThroughputPlace =
  | { readonly client: 'millrace' | 'oci-streaming'; readonly configFile: string; readonly port: number; readonly streamId: string }
  | { readonly client: 'redis'; readonly port: number };
type ServicePlace = Extract<ThroughputPlace, { configFile: string }>;

export interface ThroughputClient {
  /** Resolves when the message is acknowledged. */
  readonly send: (value: Buffer) => Promise<unknown>;
  /** Reads from the first message to the last, and looks at each value; answers how many there were. */
  readonly readAll: () => Promise<number>;
}

const redisStream = 'bench';
/** About as many as fit into the service's bound of one answer. */
const redisBatch = 745;

export function parsePlace(text: string | undefined): ThroughputPlace {
  return JSON.parse(text ?? '') as ThroughputPlace; // The row beside this file writes it.
}

export async function openClient(place: ThroughputPlace): Promise<ThroughputClient> {
  if (place.client === 'redis') return await openRedis(place.port);
  return place.client === 'millrace' ? openMillrace(place) : await openOfficial(place);
}

function openMillrace({ configFile, port, streamId }: ServicePlace): ThroughputClient {
  const client = new StreamClient(configFromFile(configFile), { serviceEndpoint: `http://127.0.0.1:${port}` });
  const producer = new Producer(client, streamId);
  const readAll = async (): Promise<number> => {
    let count = 0;
    for await (const { messages } of new Reader(client, streamId, { partitions: ['0'], until: 'end' })) {
      for (const { value } of messages) count += Math.sign(value.length);
    }
    return count;
  };
  return { send: (value) => producer.send({ value }), readAll };
}

/** The official client as its users have it: a request for each message. */
async function openOfficial({ configFile, port, streamId }: ServicePlace): Promise<ThroughputClient> {
  const { default: streaming } = await import('oci-streaming');
  const { default: common } = await import('oci-common');
  const authenticationDetailsProvider = new common.ConfigFileAuthenticationDetailsProvider(configFile, 'DEFAULT');
  const client = new streaming.StreamClient({ authenticationDetailsProvider });
  client.endpoint = `http://127.0.0.1:${port}`;
  const send = async (value: Buffer): Promise<void> => {
    const messages = [{ value: value.toString('base64') }];
    const { putMessagesResult } = await client.putMessages({ streamId, putMessagesDetails: { messages } });
    if (putMessagesResult.failures !== 0) throw new Error(`A message was refused: ${JSON.stringify(putMessagesResult)}`);
  };
  const readAll = async (): Promise<number> => {
    const type = 'TRIM_HORIZON' as never; // Its enum of types is one of TypeScript's, which hold no text.
    let { value: cursor } = (await client.createCursor({ streamId, createCursorDetails: { partition: '0', type } })).cursor;
    for (let count = 0; ; ) {
      const { items, opcNextCursor } = await client.getMessages({ streamId, cursor, limit: 10_000 });
      if (items.length === 0) return count;
      for (const { value } of items) count += Math.sign(Buffer.from(value, 'base64').length);
      cursor = opcNextCursor;
    }
  };
  return { send, readAll };
}

async function openRedis(port: number): Promise<ThroughputClient> {
  const client = await createClient({ socket: { host: '127.0.0.1', port } }).connect();
  const readAll = async (): Promise<number> => {
    let count = 0;
    for (let id = '0-0'; ; ) {
      const [stream] = (await client.xRead({ key: redisStream, id }, { COUNT: redisBatch })) ?? [];
      if (stream === undefined) return count;
      for (const { message } of stream.messages) count += Math.sign(message['value']?.length ?? 0);
      id = stream.messages.at(-1)?.id ?? id;
    }
  };
  return { send: (value) => client.xAdd(redisStream, '*', { value }), readAll };
}
