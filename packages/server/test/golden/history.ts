// What happens in a golden directory before it is kept: a first life up to a closed store, then a second one.
import type { LogStore, PartitionHandle } from 'millrace-log';
import type { ManualClock } from 'millrace-log/test-support';
import { limits } from 'millrace-protocol';
import type { PutMessagesResult, Stream } from 'millrace-protocol/shapes';
import { messageLogOf } from '../../src/admin/catalogue.ts';
import { closeService, type Service } from '../../src/service.ts';
import { call, refusalOf } from './calls.ts';
import { firstGroups, writeGroupSnapshot } from './groups.ts';
import { type CursorWithOffsets, compartmentId, cursorFor, type ObservedStream, offsetsBehind, shown } from './observe.ts';

/** What a life works with. */
export interface Life {
  readonly store: LogStore;
  readonly service: Service;
  readonly clock: ManualClock;
  /** Every message that was answered, by stream, partition and offset: what it must read as. */
  readonly answered: Map<string, string>;
}

/** Snapshots of the state machines are written after so many commands. */
export const commandsPerSnapshot = 200;
const minuteMs = 60_000;

/** Streams with and without messages, several segments, some of them forgotten, and a snapshot of the catalogue. */
export async function firstLife(life: Life): Promise<void> {
  const { clock } = life;
  const orders = await createStream(life, 'orders', 3, { freeformTags: { team: 'sales', '☃': 'ü' } });
  const events = await createStream(life, 'events', 1);
  await createStream(life, 'quiet', 2, { retentionInHours: 168 });
  const gone = await createStream(life, 'gone', 2);
  await put(life, gone, 'gone', 5);
  for (let batch = 0; batch < 14; batch += 1) await put(life, events, `early ${batch}`, 1, 4000);
  await call(life.service, 'DeleteStream', { path: { streamId: gone } });
  await forgetEarly(life, events);
  for (let batch = 0; batch < 20; batch += 1) {
    await put(life, orders, `order ${batch}`, 1 + (batch % 7));
    await put(life, events, `later ${batch}`, 1, 4000);
    clock.advance(1 + (batch % 3));
  }
  await writeSnapshot(life, orders);
  await firstGroups(life, orders);
  await writeGroupSnapshot(life, orders, commandsPerSnapshot);
  await call(life.service, 'UpdateStream', { path: { streamId: orders }, body: { definedTags: { area: { answer: 42 } } } });
  await logOf(life, orders, 0).trim(2);
}

/** Every kind of journal entry, none of them for a checkpoint to cover: new streams, a deleted one, messages, a trim. */
export async function secondLife(life: Life, streams: readonly ObservedStream[]): Promise<void> {
  const { clock, service } = life;
  const idOf = (name: string): string => streams.find((stream) => stream.name === name)?.id ?? '';
  const late = await createStream(life, 'späte Ströme', 2, { retentionInHours: 48 });
  for (let batch = 0; batch < 10; batch += 1) {
    clock.advance(1000);
    await put(life, late, `late ${batch}`, 3);
    await put(life, idOf('orders'), `after ${batch}`, 2, 900);
    await put(life, idOf('events'), `last ${batch}`, 1, 2500);
  }
  await call(service, 'DeleteStream', { path: { streamId: idOf('quiet') } });
  const brief = await createStream(life, 'brief', 1);
  await put(life, brief, 'brief', 2);
  await call(service, 'DeleteStream', { path: { streamId: brief } });
  await call(service, 'UpdateStream', { path: { streamId: late }, body: { freeformTags: { late: 'yes' } } });
  await logOf(life, idOf('orders'), 1).trim(3);
}

/** Cursors of every kind, and the offsets behind them. */
export async function issueCursors({ service }: Life, streams: readonly ObservedStream[]): Promise<CursorWithOffsets[]> {
  const cursors: CursorWithOffsets[] = [];
  for (const { id, partitions } of streams) {
    for (const [partition, messages] of partitions.entries()) {
      const [middle] = messages.slice(messages.length / 2);
      const kinds: unknown[] = [{ type: 'TRIM_HORIZON' }, { type: 'LATEST' }];
      if (middle !== undefined) {
        const [offset, time] = middle;
        kinds.push({ type: 'AT_OFFSET', offset }, { type: 'AFTER_OFFSET', offset }, { type: 'AT_TIME', time });
      }
      for (const kind of kinds) {
        const cursor = await cursorFor(service, id, { partition: String(partition), ...(kind as object) });
        cursors.push({ streamId: id, cursor, offsets: await offsetsBehind(service, id, cursor) });
      }
    }
  }
  return cursors;
}

/** Lets the messages of `streamId` outlive their retention; resolves when the oldest are forgotten. */
async function forgetEarly(life: Life, streamId: string): Promise<void> {
  life.clock.advance(30 * limits.hourMs);
  const log = logOf(life, streamId, 0);
  while ((await log.bounds()).startOffset === 0) life.clock.advance(minuteMs);
}

function logOf({ store, service }: Life, streamId: string, partition: number): PartitionHandle {
  return store.partition(messageLogOf(service.catalogue.activeStream(streamId)), partition);
}

/** Changes that are refused leave nothing but commands in the log. */
async function writeSnapshot({ service, store }: Life, streamId: string): Promise<void> {
  const refused = { path: { streamId }, headers: { 'if-match': 'none' }, body: { freeformTags: {} } };
  for (let sent = 0; sent < commandsPerSnapshot; sent += 1) {
    const code = await refusalOf(service, 'UpdateStream', refused);
    if (code !== 'NoEtagMatch') throw new Error(`Expected all changes to be refused, got ${code}.`);
  }
  await closeService(service);
  const { startOffset } = await store.partition('_millrace.catalogue', 0).bounds();
  if (startOffset < commandsPerSnapshot / 2) throw new Error(`The catalogue's commands begin at ${startOffset}: there is no snapshot.`);
}

async function createStream({ service }: Life, name: string, partitions: number, more: object = {}): Promise<string> {
  const { body } = await call<Stream>(service, 'CreateStream', { body: { name, partitions, compartmentId, ...more } });
  return body.id;
}

/** Puts `count` messages of about `bytes` bytes with keys of every kind, and notes what was answered. */
async function put({ service, answered }: Life, streamId: string, name: string, count: number, bytes = 20): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => ({
    key: keyOf(name.length + index),
    value: valueOf(`${name}/${index} `, bytes),
  }));
  const { body } = await call<PutMessagesResult>(service, 'PutMessages', { path: { streamId }, body: { messages } });
  for (const [index, entry] of body.entries.entries()) {
    const message = messages[index];
    if (message === undefined || !('offset' in entry)) throw new Error(`The put answered ${JSON.stringify(entry)}.`);
    const { key, value } = message;
    const read = [entry.offset, entry.timestamp, key === null ? null : shown(key), shown(value)];
    answered.set(`${streamId} ${entry.partition} ${entry.offset}`, JSON.stringify(read));
  }
}

/** None, empty, short, bytes that are no text, as long as a key may be: in turn. */
function keyOf(index: number): string | null {
  const keys = [null, '', 'a', 'κλειδί', Buffer.from([0, 0xff, 0x80]), 'k'.repeat(limits.keyBytes.max)];
  const key = keys[index % keys.length] ?? null;
  return key === null ? null : Buffer.from(key).toString('base64');
}

/** Bytes of every value behind the name. */
function valueOf(name: string, bytes: number): string {
  return Buffer.concat([Buffer.from(name), Buffer.from(Array.from({ length: bytes }, (_, index) => index % 256))]).toString('base64');
}
