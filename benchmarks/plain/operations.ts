// The three operations the plain server knows, from parsed JSON to an answer that JSON.stringify writes.
import type { Partition } from './partition.ts';
import type { Message } from './record.ts';

const maxRequestBytes = 1024 * 1024;
const maxKeyBytes = 256;

/** A request the server cannot answer; answered 400. */
export class InvalidParameter extends Error {}

export interface Answer {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** PutMessages: a message with a key goes to the partition its key hashes to, one without to any. */
export async function putMessages(partitions: readonly Partition[], body: unknown): Promise<Answer> {
  const messages = parseMessages(body);
  const groups = Map.groupBy(messages.keys(), (i) => choosePartition(messages[i]?.key ?? null, partitions.length));
  const now = Date.now();
  const timestamp = new Date(now).toISOString();
  const entries = new Array<{ partition: string; offset: number; timestamp: string }>(messages.length);
  const appends = Array.from(groups, async ([partition, indexes]) => {
    const firstOffset = await partitionAt(partitions, partition).append(pick(messages, indexes), now);
    indexes.forEach((index, i) => {
      entries[index] = { partition: String(partition), offset: firstOffset + i, timestamp };
    });
  });
  await Promise.all(appends);
  return { body: { failures: 0, entries } };
}

/** CreateCursor, of type TRIM_HORIZON, LATEST or AT_OFFSET. */
export function createCursor(partitions: readonly Partition[], body: unknown): Answer {
  const { partition, type, offset } = parseObject(body);
  const index = Number(partition);
  const end = partitionAt(partitions, index).endOffset;
  const start = type === 'TRIM_HORIZON' ? 0 : type === 'LATEST' ? end : Number(offset);
  if (!(start >= 0 && start <= end)) throw new InvalidParameter(`Expected an offset from 0 to ${end}.`);
  return { body: { value: encodeCursor(index, start) } };
}

/** GetMessages. */
export async function getMessages(partitions: readonly Partition[], query: URLSearchParams): Promise<Answer> {
  const { partition, offset } = decodeCursor(query.get('cursor') ?? '');
  const limit = Number(query.get('limit') ?? 10_000);
  if (!(limit >= 1 && limit <= 10_000)) throw new InvalidParameter('Expected a limit from 1 to 10000.');
  const messages = await partitionAt(partitions, partition).read(offset, limit);
  const body = messages.map(({ key, value, timestampMs }, i) => ({
    stream: 'bench',
    partition: String(partition),
    key: key?.toString('base64') ?? null,
    value: value.toString('base64'),
    offset: offset + i,
    timestamp: new Date(timestampMs).toISOString(),
  }));
  return { body, headers: { 'opc-next-cursor': encodeCursor(partition, offset + messages.length) } };
}

function parseMessages(body: unknown): Message[] {
  const { messages } = parseObject(body);
  if (!Array.isArray(messages) || messages.length === 0) throw new InvalidParameter('Expected messages.');
  const parsed = messages.map(parseMessage);
  const bytes = parsed.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + value.length, 0);
  if (bytes > maxRequestBytes) throw new InvalidParameter('Request size is limited to 1 MiB');
  return parsed;
}

function parseMessage(message: unknown, index: number): Message {
  const { key, value } = parseObject(message);
  if (typeof value !== 'string' || value === '') throw new InvalidParameter(`Message ${index}: expected a value.`);
  const keyBytes = typeof key === 'string' ? Buffer.from(key, 'base64') : null;
  if ((keyBytes?.length ?? 0) > maxKeyBytes) throw new InvalidParameter(`Message ${index}: the key is too long.`);
  return { key: keyBytes, value: Buffer.from(value, 'base64') };
}

function parseObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new InvalidParameter('Expected an object.');
  return value as Record<string, unknown>;
}

function pick(messages: readonly Message[], indexes: readonly number[]): Message[] {
  return indexes.flatMap((index) => messages[index] ?? []);
}

function choosePartition(key: Buffer | null, partitionCount: number): number {
  if (key === null) return Math.floor(Math.random() * partitionCount);
  return key.reduce((hash, byte) => (hash * 31 + byte) >>> 0, 0) % partitionCount;
}

function partitionAt(partitions: readonly Partition[], index: number): Partition {
  const partition = partitions[index];
  if (partition === undefined) throw new InvalidParameter(`Expected a partition below ${partitions.length}.`);
  return partition;
}

function encodeCursor(partition: number, offset: number): string {
  return Buffer.from(JSON.stringify({ partition, offset })).toString('base64url');
}

function decodeCursor(cursor: string): { partition: number; offset: number } {
  try {
    const { partition, offset } = parseObject(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { partition: Number(partition), offset: Number(offset) };
  } catch {
    throw new InvalidParameter('The cursor is invalid.');
  }
}
