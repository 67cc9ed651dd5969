// Who writes the segments that Kafka's tool is to read: the service through its API, and a log store of small segments.
import { configFromFile, StreamAdminClient, StreamClient } from 'millrace-client';
import { openLogStore, systemClock } from 'millrace-log';
import { encodeBatch } from 'millrace-records';

/** A message as it was put, and where and when it was stored. */
export interface Stored {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string;
}

type Message = Pick<Stored, 'key' | 'value'>;

/** Keys that a reader could stumble over: none, empty, ASCII, more bytes than characters, as long as they may be. */
const keys = [null, '', 'a', 'key: €', 'κλειδί 🔑', 'k'.repeat(256)] as const;
const mebibyte = 1 << 20;
const storePartitions = 2;
const startMs = 1_700_000_000_000;

/** Puts messages of every kind into a new stream of three partitions. */
export async function putThroughApi(endpoint: string, configFile: string, compartmentId: string): Promise<Stored[]> {
  const config = configFromFile(configFile);
  await using admin = new StreamAdminClient(config, { serviceEndpoint: endpoint });
  const { data: stream } = await admin.createStream({ name: 'dumped', partitions: 3, compartmentId });
  await using client = new StreamClient(config, { serviceEndpoint: endpoint });
  const stored: Stored[] = [];
  for (const messages of [...bodies(), [{ key: null, value: 'm'.repeat(mebibyte) }], smallOnes('last', 3)]) {
    const { data } = await client.putMessages(stream.id, {
      messages: messages.map(({ key, value }) => ({ key: key === null ? null : Buffer.from(key), value: Buffer.from(value) })),
    });
    for (const [index, { partition, offset, timestamp }] of data.entries.entries()) {
      const message = messages[index];
      if (message === undefined || typeof offset !== 'number') throw new Error(`The put answered ${JSON.stringify(data.entries[index])}.`);
      stored.push({ ...message, partition: Number(partition), offset, timestampMs: timestamp?.getTime() ?? Number.NaN });
    }
  }
  return stored;
}

/** Appends to two partitions of a store with segments of 160 KiB, closes it, and opens it once more to go on. */
export async function appendToStore(directory: string): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (const life of ['first', 'second']) {
    const clock = { ...systemClock, now: () => startMs + stored.length * 7 };
    await using store = await openLogStore({ directory, segmentBytes: 160 * 1024, journalFileBytes: 4 * mebibyte, clock });
    await store.createLog('dumped', { partitionCount: storePartitions, retentionMs: 'forever' });
    const all = [...bodies(), [{ key: 'none', value: '' }], [{ key: null, value: 'm'.repeat(mebibyte) }], smallOnes(life, 3)];
    for (const [index, messages] of all.entries()) {
      const partition = index % 3 === 0 ? 1 : 0;
      const records = messages.map(({ key, value }) => ({ key: key === null ? null : Buffer.from(key), value: Buffer.from(value) }));
      const { firstOffset, timestampMs } = await store.partition('dumped', partition).append(encodeBatch(records));
      for (const [at, message] of messages.entries()) stored.push({ ...message, partition, offset: firstOffset + at, timestampMs });
    }
  }
  return stored;
}

/** Some hundred batches, most of them of one message, some of many. */
function* bodies(): Generator<Message[]> {
  for (const [index, key] of keys.entries()) yield [{ key, value: `first of key ${index}` }];
  yield keys.map((key, index) => ({ key, value: `together ${index} – ü` }));
  for (let round = 0; round < 150; round += 1) yield smallOnes(String(round), round % 10 === 0 ? 20 : 1 + (round % 4));
}

function smallOnes(name: string, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    key: keys[(name.length + index) % keys.length] ?? null,
    value: `${name}/${index}/${'v'.repeat((index * 397 + name.length * 900) % 3000)}`,
  }));
}
