// Row 8's two ways to send a message and to be given it, through a client for Node that is well kept.
import { createClient } from '@redis/client';
import { configFromFile, Reader, StreamClient } from 'millrace-client';

/** Where the messages go; an argument of the row's processes, as JSON. */
export type LatencyPlace =
  | { readonly kind: 'millrace'; readonly configFile: string; readonly port: number; readonly streamId: string }
  | { readonly kind: 'redis'; readonly port: number };

/** Resolves when the message is acknowledged. */
export type Send = (value: Buffer) => Promise<void>;

const redisStream = 'bench';

export function parsePlace(text: string | undefined): LatencyPlace {
  return JSON.parse(text ?? '') as LatencyPlace; // The row beside this file writes it.
}

export async function openSender(place: LatencyPlace): Promise<Send> {
  if (place.kind === 'redis') {
    const client = await connectRedis(place.port);
    return async (value) => {
      await client.xAdd(redisStream, '*', { value });
    };
  }
  const client = openStreamClient(place);
  return async (value) => {
    const { data } = await client.putMessages(place.streamId, { messages: [{ value }] });
    if (data.failures !== 0) throw new Error(`A message was refused: ${JSON.stringify(data)}`);
  };
}

/** Every message from the first on, in order, as soon as the server gives it. */
export async function* readAll(place: LatencyPlace): AsyncGenerator<Buffer, void, undefined> {
  yield* place.kind === 'redis' ? readRedis(place.port) : readStream(place);
}

async function* readRedis(port: number): AsyncGenerator<Buffer, void, undefined> {
  const client = await connectRedis(port);
  for (let id = '0-0'; ; ) {
    // Blocks until there is something. One stream was asked for, so one answers.
    const [stream] = (await client.xRead({ key: redisStream, id }, { BLOCK: 0 })) ?? [];
    for (const { id: read, message } of stream?.messages ?? []) {
      id = read;
      yield Buffer.from(message['value'] ?? '', 'latin1');
    }
  }
}

async function* readStream(place: Extract<LatencyPlace, { kind: 'millrace' }>): AsyncGenerator<Buffer, void, undefined> {
  const reader = new Reader(openStreamClient(place), place.streamId, { partitions: ['0'] });
  for await (const { messages } of reader) {
    for (const { value } of messages) yield value;
  }
}

function openStreamClient({ configFile, port }: Extract<LatencyPlace, { kind: 'millrace' }>): StreamClient {
  return new StreamClient(configFromFile(configFile), { serviceEndpoint: `http://127.0.0.1:${port}` });
}

async function connectRedis(port: number) {
  return await createClient({ socket: { host: '127.0.0.1', port } }).connect();
}
