// GetMessages: cursor, stream is active, position, read, answer with the next cursor, always. Group cursors go their own way.

import { type Clock, OffsetOutOfRange } from 'millrace-log';
import { header, limits } from 'millrace-protocol';
import { timestampOf } from 'millrace-records';
import { messageLogOf } from '../admin/catalogue.ts';
import { Loan } from '../buffer-pool.ts';
import type { PartitionLog, ReadLimits, ReadResult } from '../engine/engine.ts';
import { getGroupMessages } from '../groups/get-group-messages.ts';
import { GroupCursorCodec } from '../groups/group-cursor.ts';
import type { Answer, LateBody, LentBody, OperationRequest } from '../operation.ts';
import { parseInteger } from '../parameters.ts';
import type { Service } from '../service.ts';
import type { CursorPosition } from './cursor.ts';
import { formatFor, pickMessages } from './message-format.ts';
import type { ReadRequest } from './read-request.ts';
import type { Place } from './ready-answers.ts';

export async function getMessages(service: Service, request: OperationRequest): Promise<Answer> {
  const cursor = request.query.required('cursor', limits.cursorCharacters);
  const limit = request.query.integer('limit', limits.getLimit) ?? limits.getLimit.max;
  const waitMs = waitOf(request);
  const format = formatFor(request.header('accept'));
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const read = GroupCursorCodec.claims(cursor) ? getGroupMessages : getPartitionMessages;
  return withWait(await read(service, { stream, cursor, limit, waitMs, format, request }), request);
}

/** Says that the wait was understood: a client that is not told so has to pause between its reads. */
function withWait(answer: Answer, request: OperationRequest): Answer {
  const asked = request.header(header.waitMs);
  return asked === undefined ? answer : { ...answer, headers: { ...answer.headers, [header.waitMs]: asked } };
}

async function getPartitionMessages(service: Service, read: ReadRequest): Promise<Answer> {
  const { stream, cursor, limit, format } = read;
  const { partition, position } = service.cursors.decode(stream.id, cursor, service.clock.now());
  const logName = messageLogOf(stream);
  const log = service.engine.partition(logName, partition);
  const place =
    position.kind === 'offset' ? { logName, partition, fromOffset: position.offset, limit, mediaType: format.mediaType } : undefined;
  const found = (place && (await findReady(service, log, place))) ?? (await readMessages(service, log, read, partition, position, place));
  const { count, nextOffset, late } = found;
  const next: CursorPosition = count === 0 && position.kind !== 'offset' ? position : { kind: 'offset', offset: nextOffset };
  const nextCursor = service.cursors.encode(stream.id, { partition, position: next }, service.clock.now());
  return { status: 200, headers: { [header.nextCursor]: nextCursor }, contentType: format.mediaType, late };
}

/** What the answer's cursor stands on, and its body. */
interface Found {
  readonly count: number;
  /** The offset behind the last one. */
  readonly nextOffset: number;
  readonly late: LateBody;
}

/** A full answer that somebody was given before, if what it holds is still retained. */
async function findReady({ ready, metrics }: Service, log: PartitionLog, place: Place): Promise<Found | undefined> {
  const { startOffset } = await log.bounds();
  const answer = place.fromOffset < startOffset ? undefined : ready.find(place);
  if (answer === undefined) return undefined;
  const { body, count, nextOffset } = answer;
  metrics.messagesGot(count, body.length);
  return { count, nextOffset, late: { write: () => ({ body, sent: () => ready.release(answer) }) } };
}

async function readMessages(
  { clock, buffers, ready, metrics }: Service,
  log: PartitionLog,
  { stream, limit, waitMs, format, request }: ReadRequest,
  partition: number,
  position: CursorPosition,
  place: Place | undefined,
): Promise<Found> {
  const memory = new Loan(buffers);
  const readLimits = { maxBytes: limits.getBytes.max, maxRecords: limit, waitMs, allocate: memory.take };
  const signal = waitMs > 0 ? request.signal : undefined;
  const { fromOffset, result } = await readAt(log, position, { readLimits, memory, clock, signal });
  const notBefore = position.kind === 'time' ? position.timestampMs : 0;
  const reading = { partition, batches: result.batches, fromOffset, notBefore };
  const { count, nextOffsets, length, write } = pickMessages(format, stream.name, [reading], limit, buffers);
  const [nextOffset = fromOffset] = nextOffsets;
  const isFull = count > 0 && nextOffset < result.endOffset;
  const writeAndKeep = (): LentBody => {
    const body = write();
    memory.giveBack();
    metrics.messagesGot(count, body.length);
    if (place === undefined || !isFull) return { body, sent: () => buffers.give(body) };
    const kept = ready.keep(place, { body, count, nextOffset });
    return { body, sent: () => ready.release(kept) };
  };
  return { count, nextOffset, late: { length, write: writeAndKeep } };
}

function waitOf(request: OperationRequest): number {
  const value = request.header(header.waitMs);
  return value === undefined ? 0 : parseInteger(header.waitMs, value, limits.waitMs);
}

interface ReadMeans {
  readonly readLimits: ReadLimits;
  /** Where the limits have memory from. */
  readonly memory: Loan;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads from where `position` points. The oldest message may move between asking where it is and reading it; and what ends a
 * wait for a future time may be stamped before it.
 */
async function readAt(
  log: PartitionLog,
  position: CursorPosition,
  { readLimits, memory, clock, signal }: ReadMeans,
): Promise<{ fromOffset: number; result: ReadResult }> {
  if (position.kind === 'offset') return { fromOffset: position.offset, result: await log.read(position.offset, readLimits, signal) };
  const deadlineMs = clock.monotonicMs() + readLimits.waitMs;
  for (;;) {
    const fromOffset = position.kind === 'time' ? await log.offsetAtTime(position.timestampMs) : (await log.bounds()).startOffset;
    const waitMs = Math.max(0, deadlineMs - clock.monotonicMs());
    try {
      const result = await log.read(fromOffset, { ...readLimits, waitMs }, signal);
      if (waitMs === 0 || signal?.aborted === true || !isAllTooEarly(result, position)) return { fromOffset, result };
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
    }
    memory.giveBack();
  }
}

function isAllTooEarly({ batches }: ReadResult, position: CursorPosition): boolean {
  if (position.kind !== 'time' || batches.length === 0) return false;
  return batches.every((batch) => timestampOf(batch) < position.timestampMs);
}
