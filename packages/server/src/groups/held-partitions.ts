// Reading what an instance holds: a fair order, one answer for several partitions, and waiting for all of them at once.
import { OffsetOutOfRange } from 'millrace-log';
import { limits, standardMessage } from 'millrace-protocol';
import { messageLogOf } from '../admin/catalogue.ts';
import type { StreamRecord } from '../admin/catalogue-state.ts';
import { invalid } from '../api-error.ts';
import type { Engine } from '../engine/engine.ts';
import type { Reading } from '../streams/selection.ts';
import type { HeldPartition } from './group-state.ts';

/** A held partition with something to read. */
interface Unread extends HeldPartition {
  readonly fromOffset: number;
}

/**
 * The partitions that have messages the instance was not given, by rising index. Throws 400 if one goes on where retention has
 * been: what it did not read there is gone, and only UpdateGroup says where to go on.
 */
export async function unreadOf(engine: Engine, stream: StreamRecord, held: readonly HeldPartition[]): Promise<Unread[]> {
  const logName = messageLogOf(stream);
  const unread: Unread[] = [];
  for (const one of held) {
    const { startOffset, endOffset } = await engine.partition(logName, one.partition).bounds();
    const fromOffset = one.from ?? startOffset;
    if (fromOffset < startOffset) throw outsideRetention(one.partition, fromOffset, startOffset);
    if (fromOffset < endOffset) unread.push({ ...one, fromOffset });
  }
  return unread;
}

/**
 * Reads up to `limit` messages and an answer's bytes, partition after partition, beginning with the one at or behind `first`, so that
 * none starves. Of partitions that the cursor has no room for nothing is read.
 */
export async function readHeld(
  engine: Engine,
  stream: StreamRecord,
  held: readonly HeldPartition[],
  first: number,
  limit: number,
): Promise<Reading[]> {
  const unread = await unreadOf(engine, stream, held);
  const rotated = [...unread.filter(({ partition }) => partition >= first), ...unread.filter(({ partition }) => partition < first)];
  let newPositions = limits.cursorPositions - held.filter(({ kept }) => kept !== undefined).length;
  let messages = limit;
  let bytes: number = limits.getBytes.max;
  const readings: Reading[] = [];
  for (const { partition, fromOffset, from, kept } of rotated) {
    if (messages <= 0 || bytes <= 0) break;
    if (kept === undefined && newPositions <= 0) continue;
    const reading = await readOne(engine, stream, partition, fromOffset, from === null, { maxBytes: bytes, maxRecords: messages });
    const { batches, nextOffset } = reading;
    if (batches.length === 0) continue;
    if (kept === undefined) newPositions -= 1;
    messages -= nextOffset - reading.fromOffset;
    bytes -= batches.reduce((sum, { length }) => sum + length, 0);
    readings.push({ partition, batches, fromOffset: reading.fromOffset, notBefore: 0 });
  }
  return readings;
}

interface Range {
  readonly maxBytes: number;
  readonly maxRecords: number;
}

/** The oldest message may move between asking where it is and reading it. */
async function readOne(
  engine: Engine,
  stream: StreamRecord,
  partition: number,
  fromOffset: number,
  isAtHorizon: boolean,
  range: Range,
): Promise<{ readonly fromOffset: number; readonly batches: readonly Buffer[]; readonly nextOffset: number }> {
  const log = engine.partition(messageLogOf(stream), partition);
  for (let at = fromOffset; ; ) {
    try {
      const { batches, nextOffset } = await log.read(at, { ...range, waitMs: 0 });
      return { fromOffset: at, batches, nextOffset };
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
      if (!isAtHorizon) throw outsideRetention(partition, at, error.startOffset);
      at = error.startOffset;
    }
  }
}

/** Those whose messages the next cursor has room for, when it keeps the positions that are kept now. */
export function deliverable(held: readonly HeldPartition[]): readonly HeldPartition[] {
  const kept = held.filter((one) => one.kept !== undefined);
  return kept.length < limits.cursorPositions ? held : kept;
}

/** What to wait for, and how long at most. */
interface Wait {
  readonly engine: Engine;
  readonly stream: StreamRecord;
  readonly held: readonly HeldPartition[];
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Resolves when a held partition may have something to read, when `change` resolves, after `waitMs`, or when `signal` aborts. */
export async function waitForMessage(
  { engine, stream, held, waitMs, signal }: Wait,
  change: (waitMs: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  const grown = held.map(async ({ partition, from }) => {
    const log = engine.partition(messageLogOf(stream), partition);
    try {
      await log.read(from ?? (await log.bounds()).startOffset, { maxBytes: 1, maxRecords: 1, waitMs }, over.signal);
    } catch (error) {
      // Retention has moved the start: whoever looks next sees what that means.
      if (!(error instanceof OffsetOutOfRange)) throw error;
    }
  });
  try {
    await Promise.race([change(waitMs, over.signal), ...grown]);
  } finally {
    signal.removeEventListener('abort', end);
    end();
    await Promise.allSettled(grown);
  }
}

function outsideRetention(partition: number, fromOffset: number, startOffset: number): Error {
  const where = `Partition ${partition} goes on at offset ${fromOffset}; the oldest message is at ${startOffset}.`;
  return invalid(`${standardMessage.cursorTrimmed} ${where} UpdateGroup says where the group goes on.`);
}
