// Everything a data directory must give back, read through the operations of the API.
import { createHash } from 'node:crypto';
import type { Group, GroupSummary, Message, Stream, StreamSummary, WorkRequest } from 'millrace-protocol/shapes';
import type { Service } from '../../src/service.ts';
import { call } from './calls.ts';

/** The compartment all streams of a golden directory are in. */
export const compartmentId = 'ocid1.tenancy.oc1..golden';

/** `[offset, time, key, value]`; key and value as `shown` gives them. */
export type ObservedMessage = readonly [number, string, string | null, string];

/** A stream as it can be read; the messages of each partition, from the oldest one that is kept. */
export interface ObservedStream {
  readonly id: string;
  readonly name: string;
  readonly lifecycleState: string;
  readonly timeCreated: string;
  readonly retentionInHours: number;
  readonly streamPoolId: string;
  readonly freeformTags: unknown;
  readonly definedTags: unknown;
  readonly etag: string;
  /** Empty unless it is ACTIVE. */
  readonly partitions: readonly (readonly ObservedMessage[])[];
  /** As GetGroup shows them; left out if there are none. */
  readonly groups?: readonly Group[];
}

/** `[operation, status, resource, accepted, finished]` */
type ObservedWork = readonly [string, string, string | undefined, string, string | null | undefined];

export interface Observed {
  readonly streams: readonly ObservedStream[];
  readonly workRequests: readonly ObservedWork[];
}

/** A cursor and the offsets that it leads to. */
export interface CursorWithOffsets {
  readonly streamId: string;
  readonly cursor: string;
  readonly offsets: readonly number[];
}

/** Reads all there is. */
export async function observe(service: Service): Promise<Observed> {
  const streams: ObservedStream[] = [];
  for (const { id } of await pages<StreamSummary>(service, 'ListStreams', (body) => body as StreamSummary[])) {
    streams.push(await observeStream(service, id));
  }
  const works = await pages<WorkRequest>(service, 'ListWorkRequests', (body) => (body as { items: WorkRequest[] }).items);
  return { streams, workRequests: works.map(observedWork) };
}

/** The offsets of all messages a cursor leads to. */
export async function offsetsBehind(service: Service, streamId: string, cursor: string): Promise<number[]> {
  const messages = await messagesBehind(service, streamId, cursor);
  return messages.map(({ offset }) => offset);
}

/** Text that stands for bytes in base64: themselves if they are few, else how many they are and their SHA-256. */
export function shown(base64: string): string {
  if (base64.length <= 64) return base64;
  const bytes = Buffer.from(base64, 'base64');
  return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('base64')}`;
}

async function observeStream(service: Service, id: string): Promise<ObservedStream> {
  const { body, headers } = await call<Stream>(service, 'GetStream', { path: { streamId: id } });
  const { name, lifecycleState, timeCreated, retentionInHours, streamPoolId, freeformTags, definedTags, partitions: count } = body;
  const partitions: ObservedMessage[][] = [];
  const readable = lifecycleState === 'ACTIVE' ? count : 0;
  for (let partition = 0; partition < readable; partition += 1) {
    const cursor = await cursorFor(service, id, { partition: String(partition), type: 'TRIM_HORIZON' });
    const messages = await messagesBehind(service, id, cursor);
    partitions.push(
      messages.map(({ offset, timestamp, key, value }) => [offset, timestamp, key === null ? null : shown(key), shown(value)]),
    );
  }
  const etag = headers['etag'] ?? '';
  const stream = { id, name, lifecycleState, timeCreated, retentionInHours, streamPoolId, freeformTags, definedTags, etag, partitions };
  const groups = readable === 0 ? [] : await observeGroups(service, id);
  return groups.length === 0 ? stream : { ...stream, groups };
}

async function observeGroups(service: Service, streamId: string): Promise<Group[]> {
  const { body } = await call<GroupSummary[]>(service, 'ListGroups', { path: { streamId } });
  const groups: Group[] = [];
  for (const { groupName } of body) groups.push((await call<Group>(service, 'GetGroup', { path: { streamId, groupName } })).body);
  return groups;
}

/** A new cursor. */
export async function cursorFor(service: Service, streamId: string, details: unknown): Promise<string> {
  const { body } = await call<{ value: string }>(service, 'CreateCursor', { path: { streamId }, body: details });
  return body.value;
}

async function messagesBehind(service: Service, streamId: string, first: string): Promise<Message[]> {
  const all: Message[] = [];
  for (let cursor = first; ; ) {
    const { body, headers } = await call<Message[]>(service, 'GetMessages', { path: { streamId }, query: `cursor=${cursor}` });
    if (body.length === 0) return all;
    all.push(...body);
    cursor = headers['opc-next-cursor'] ?? '';
  }
}

async function pages<Item>(
  service: Service,
  operation: 'ListStreams' | 'ListWorkRequests',
  itemsOf: (body: unknown) => readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = ''; ; ) {
    const query = `compartmentId=${compartmentId}&limit=3&sortOrder=ASC${page}`;
    const { body, headers } = await call<unknown>(service, operation, { query });
    items.push(...itemsOf(body));
    const next = headers['opc-next-page'];
    if (next === undefined) return items;
    page = `&page=${next}`;
  }
}

function observedWork({ operationType, status, resources, timeAccepted, timeFinished }: WorkRequest): ObservedWork {
  return [operationType, status, resources[0]?.identifier, timeAccepted, timeFinished];
}
