// GetMessages: cursor, stream is active, position, read, answer with the next cursor, always. Group cursors go their own way.

import { type Clock, OffsetOutOfRange } from 'millrace-log';
import { header, limits } from 'millrace-protocol';
import { timestampOf } from 'millrace-records';
import { messageLogOf } from '../admin/catalogue.ts';
import type { PartitionLog, ReadLimits, ReadResult } from '../engine/engine.ts';
import { getGroupMessages } from '../groups/get-group-messages.ts';
import { GroupCursorCodec } from '../groups/group-cursor.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import { parseInteger } from '../parameters.ts';
import type { Service } from '../service.ts';
import type { CursorPosition } from './cursor.ts';
import { encodeMessages } from './encode-messages.ts';
import type { ReadRequest } from './read-request.ts';

export async function getMessages(service: Service, request: OperationRequest): Promise<Answer> {
  const cursor = request.query.required('cursor', limits.cursorCharacters);
  const limit = request.query.integer('limit', limits.getLimit) ?? limits.getLimit.max;
  const waitMs = waitOf(request);
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const read = GroupCursorCodec.claims(cursor) ? getGroupMessages : getPartitionMessages;
  return await read(service, { stream, cursor, limit, waitMs, request });
}

async function getPartitionMessages(service: Service, { stream, cursor, limit, waitMs, request }: ReadRequest): Promise<Answer> {
  const { partition, position } = service.cursors.decode(stream.id, cursor, service.clock.now());
  const log = service.engine.partition(messageLogOf(stream), partition);
  const readLimits = { maxBytes: limits.getBytes.max, maxRecords: limit, waitMs };
  const signal = waitMs > 0 ? request.signal : undefined;
  const { fromOffset, result } = await readAt(log, position, readLimits, service.clock, signal);
  const notBefore = position.kind === 'time' ? position.timestampMs : 0;
  const reading = { partition, batches: result.batches, fromOffset, notBefore };
  const { body, count, nextOffsets } = encodeMessages(stream.name, [reading], limit, service.buffers);
  service.metrics.messagesGot(count, body.length);
  const offset = nextOffsets[0] ?? fromOffset;
  const next: CursorPosition = count === 0 && position.kind !== 'offset' ? position : { kind: 'offset', offset };
  const nextCursor = service.cursors.encode(stream.id, { partition, position: next }, service.clock.now());
  return { status: 200, headers: { [header.nextCursor]: nextCursor }, body, sent: () => service.buffers.give(body) };
}

function waitOf(request: OperationRequest): number {
  const value = request.header(header.waitMs);
  return value === undefined ? 0 : parseInteger(header.waitMs, value, limits.waitMs);
}

/**
 * Reads from where `position` points. The oldest message may move between asking where it is and reading it; and what ends a
 * wait for a future time may be stamped before it.
 */
async function readAt(
  log: PartitionLog,
  position: CursorPosition,
  readLimits: ReadLimits,
  clock: Clock,
  signal: AbortSignal | undefined,
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
  }
}

function isAllTooEarly({ batches }: ReadResult, position: CursorPosition): boolean {
  if (position.kind !== 'time' || batches.length === 0) return false;
  return batches.every((batch) => timestampOf(batch) < position.timestampMs);
}
