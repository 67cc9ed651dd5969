// The client of row soak: `<config file> <port> <stream id> <seconds>`. Puts at a pace; a reader and two members of a group read all
// of it, without a gap. Prints what came of it, and ends.
import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, type ConsumerEvent, configFromFile, Reader, StreamClient } from 'millrace-client';
import { createPutBody } from '../load/put-body.ts';
import { answerAndEnd } from './child-answer.ts';

/** What it prints. */
export interface Soaked {
  readonly put: number;
  readonly readAgain: number;
  /** Each in a sentence, the first hundred: also those that a second attempt cured. */
  readonly errors: readonly string[];
}

const mostErrors = 100;
const messagesEach = 10;
const everyMs = 20;
/** From the last put until everything is read. */
const lagMs = 60_000;

const [configFile, port, streamId = '', seconds] = process.argv.slice(2);
const client = new StreamClient(configFromFile(configFile), { serviceEndpoint: `http://127.0.0.1:${port}` });
const ends = new AbortController();
const errors: string[] = [];
/** Behind the newest message of each partition: put, read by the reader, given to the group. */
const put = new Map<string, number>();
const read = new Map<string, number>();
const grouped = new Map<string, number>();
let readAgain = 0;
/** How many partitions each member of the group has. */
const shares = new Map<string, number>();

const readers = [readOn(), consumeOn('first'), consumeOn('second')];
await untilShared();
await putFor(Number(seconds) * 1000);
await untilAllIsRead();
ends.abort();
await Promise.all(readers);
const soaked: Soaked = { put: Array.from(put.values()).reduce((sum, count) => sum + count, 0), readAgain, errors };
answerAndEnd(soaked);

async function putFor(ms: number): Promise<void> {
  const { values } = createPutBody(messagesEach);
  const messages = values.map((value) => ({ value }));
  for (const startedAt = performance.now(); performance.now() - startedAt < ms; await delay(everyMs)) {
    const { data } = await client.putMessages(streamId, { messages });
    if (data.failures > 0) note(`${data.failures} messages of a put were refused.`);
    for (const { partition, offset } of data.entries) {
      if (typeof partition === 'string' && typeof offset === 'number') put.set(partition, offset + 1);
    }
  }
}

async function readOn(): Promise<void> {
  const reader = new Reader(client, streamId, { signal: ends.signal, onError: noteFailure });
  for await (const { messages } of reader) for (const { partition, offset } of messages) pass(read, partition, offset);
}

async function consumeOn(instanceName: string): Promise<void> {
  const onEvent = (event: ConsumerEvent): void => noteEvent(instanceName, event);
  const consumer = new Consumer(client, streamId, { groupName: 'soak', instanceName, signal: ends.signal, onEvent });
  for await (const { messages } of consumer) for (const { partition, offset } of messages) pass(grouped, partition, offset);
}

/** A message was given out: the next one of its partition, or one of those before it again. */
function pass(behind: Map<string, number>, partition: string, offset: number): void {
  const expected = behind.get(partition) ?? 0;
  if (offset > expected) note(`Partition ${partition}: expected offset ${expected}, got ${offset}.`);
  if (offset < expected) readAgain += 1;
  else behind.set(partition, offset + 1);
}

/** A member that joins takes partitions from another, whose commits are then refused: not while messages are put. */
async function untilShared(): Promise<void> {
  const deadline = performance.now() + lagMs;
  while (shares.get('first') !== shares.get('second') || shares.size < 2) {
    if (performance.now() > deadline) return note('The members of the group do not share its partitions.');
    await delay(everyMs);
  }
}

/** Whether everything that was put has been given out. */
function isRead(behind: ReadonlyMap<string, number>): boolean {
  return Array.from(put).every(([partition, end]) => (behind.get(partition) ?? 0) >= end);
}

async function untilAllIsRead(): Promise<void> {
  const deadline = performance.now() + lagMs;
  while (!(isRead(read) && isRead(grouped))) {
    if (performance.now() > deadline) return note(`Not all messages were read ${lagMs / 1000} s after the last put.`);
    await delay(everyMs);
  }
}

function noteEvent(instanceName: string, event: ConsumerEvent): void {
  if (event.kind === 'error') noteFailure(event.operation, event.error);
  if (event.kind === 'rebalance') shares.set(instanceName, event.partitions.length);
}

function noteFailure(operation: string, error: unknown): void {
  note(`${operation}: ${String(error)}`);
}

function note(error: string): void {
  if (!ends.signal.aborted && errors.length < mostErrors) errors.push(error);
}
