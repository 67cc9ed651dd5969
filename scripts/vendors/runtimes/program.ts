// What a program does with our client, in whatever runtime it is: makes a stream, sends, consumes with a group, reads, is refused.
import type {
  ClientConfig,
  Consumer,
  Producer,
  Reader,
  ReceivedMessage,
  ServiceError,
  StreamAdminClient,
  StreamClient,
} from 'millrace-client';

/** The client as the runtime imports it. */
export interface Library {
  readonly StreamAdminClient: typeof StreamAdminClient;
  readonly StreamClient: typeof StreamClient;
  readonly Producer: typeof Producer;
  readonly Consumer: typeof Consumer;
  readonly Reader: typeof Reader;
  readonly ServiceError: typeof ServiceError;
}

/** Where the program works. */
export interface Place {
  readonly config: ClientConfig;
  readonly serviceEndpoint: string;
  /** Of the stream, and the beginning of what its checks are called. */
  readonly name: string;
}

/** `ok - …` or `not ok - …`. */
export type Line = string;

const sent = 500;

/** Does it all, and says how each thing went. */
export async function runProgram(library: Library, place: Place): Promise<Line[]> {
  const lines: Line[] = [];
  const check = (behaviour: string, got: unknown, expected: unknown): void => {
    const [left, right] = [JSON.stringify(got), JSON.stringify(expected)];
    const what = `${place.name}: ${behaviour}`;
    lines.push(left === right ? `ok - ${what}` : `not ok - ${what}: expected ${right}, got ${left}`);
  };
  try {
    await useStream(library, place, check);
  } catch (error) {
    check('the program runs to its end', String(error), '');
  }
  return lines;
}

type Check = (behaviour: string, got: unknown, expected: unknown) => void;

async function useStream(library: Library, { config, serviceEndpoint, name }: Place, check: Check): Promise<void> {
  const admin = new library.StreamAdminClient(config, { serviceEndpoint, timeout: 60_000 });
  const client = new library.StreamClient(config, { serviceEndpoint, timeout: 60_000 });
  const compartmentId = config.tenancy ?? '';
  const { data: stream } = await admin.createStream({ name, partitions: 2, compartmentId });
  check('createStream answers the stream', stream.name, name);
  await send(library, client, stream.id, check);
  await consume(library, client, stream.id, check);
  await read(library, client, stream.id, check);
  await beRefused(library, client, check);
  const odd = await admin.listStreams({ compartmentId, name: "it's ü & more" });
  check('a name of any characters goes into a query', odd.data, []);
  const deleted = await admin.deleteStream(stream.id);
  check('deleteStream names its work request', typeof deleted.headers.get('opc-work-request-id'), 'string');
  client.close();
  admin.close();
}

async function send({ Producer: Sender }: Library, client: StreamClient, streamId: string, check: Check): Promise<void> {
  const producer = new Sender(client, streamId);
  const acks = await Promise.all(Array.from({ length: sent }, (_, at) => producer.send({ key: `key ${at % 5}`, json: { at } })));
  check('a producer has every message acknowledged', acks.filter(({ offset }) => offset >= 0).length, sent);
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, at) => at % 251);
  const { partition, offset } = await producer.send({ value: bytes });
  await producer.close();
  const cursor = await client.createCursor(streamId, { partition, type: 'AT_OFFSET', offset });
  const { data } = await client.getMessages(streamId, cursor.data.value);
  const text = atob(data[0]?.value ?? '');
  check(
    'a million bytes come back as they were',
    [text.length, bytes.every((byte, at) => text.charCodeAt(at) === byte)],
    [1_000_000, true],
  );
}

async function consume(
  { Consumer: Member, Producer: Sender }: Library,
  client: StreamClient,
  streamId: string,
  check: Check,
): Promise<void> {
  const seen: ReceivedMessage[] = [];
  const options = { groupName: 'workers', instanceName: 'one' } as const;
  for await (const { messages } of new Member(client, streamId, options)) {
    seen.push(...messages);
    if (seen.length > sent) break; // Commits nothing by itself.
  }
  check('a consumer is given every message', seen.length, sent + 1);
  check('in order for each key', ordersOf(seen), ['key 0', 'key 1', 'key 2', 'key 3', 'key 4']);
  const again = new Member(client, streamId, options);
  let count = 0;
  for await (const batch of again) {
    count += batch.messages.length;
    if (count <= sent) continue;
    await batch.commit();
    break;
  }
  check('what was not committed is given again', count > 0, true);
  await using producer = new Sender(client, streamId);
  await producer.send({ value: 'später' });
  for await (const batch of new Member(client, streamId, options)) {
    check(
      'behind a commit only what is new is given',
      batch.messages.map((message) => message.text()),
      ['später'],
    );
    await batch.commit();
    break;
  }
  const { data: group } = await client.getGroup(streamId, 'workers');
  check('the group has both partitions', group.reservations?.length, 2);
}

/** The keys whose numbers rise from message to message. */
function ordersOf(messages: readonly ReceivedMessage[]): string[] {
  const byKey = new Map<string, number[]>();
  for (const message of messages) {
    if (message.key === null) continue;
    const key = new TextDecoder().decode(message.key);
    const { at } = message.json() as { readonly at: number };
    byKey.set(key, [...(byKey.get(key) ?? []), at]);
  }
  const rising = [...byKey].filter(([, numbers]) => numbers.every((at, index) => index === 0 || at > (numbers[index - 1] ?? 0)));
  return rising.map(([key]) => key).toSorted();
}

async function read({ Reader: Replay }: Library, client: StreamClient, streamId: string, check: Check): Promise<void> {
  let count = 0;
  for await (const { messages } of new Replay(client, streamId, { until: 'end' })) count += messages.length;
  check('a reader reads it all, and ends', count, sent + 2);
}

async function beRefused({ ServiceError: Refusal }: Library, client: StreamClient, check: Check): Promise<void> {
  const refusal: unknown = await client.getGroup('ocid1.stream.oc1..none', 'g').catch((error: unknown) => error);
  const known = refusal instanceof Refusal ? [refusal.status, refusal.code, refusal.requestId?.split('/').length] : refusal;
  check('a refusal is a ServiceError with its request id', known, [404, 'NotAuthorizedOrNotFound', 3]);
  const signal = AbortSignal.abort(new Error('enough'));
  const ended: unknown = await client.getMessages('s', 'c', { signal }).catch((error: unknown) => error);
  check('an aborted call ends with its reason', ended instanceof Error && ended.message, 'enough');
}
