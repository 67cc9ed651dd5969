// GetMessages: cursor, stream is active, position, read, answer with the next cursor, always.

import { OffsetOutOfRange } from 'millrace-log';
import { header, limits } from 'millrace-protocol';
import { messageLogOf } from '../admin/catalogue.ts';
import type { PartitionLog, ReadLimits, ReadResult } from '../engine/engine.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import { parseInteger } from '../parameters.ts';
import type { Service } from '../service.ts';
import type { CursorPosition } from './cursor.ts';
import { encodeMessages } from './encode-messages.ts';

export async function getMessages(service: Service, request: OperationRequest): Promise<Answer> {
  const text = request.query.required('cursor', limits.cursorCharacters);
  const limit = request.query.integer('limit', limits.getLimit) ?? limits.getLimit.max;
  const waitMs = waitOf(request);
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const { partition, position } = service.cursors.decode(stream.id, text, service.clock.now());
  const log = service.engine.partition(messageLogOf(stream), partition);
  const { fromOffset, result } = await readAt(
    log,
    position,
    { maxBytes: limits.getBytes.max, maxRecords: limit, waitMs },
    waitMs > 0 ? request.signal : undefined,
  );
  const notBefore = position.kind === 'time' ? position.timestampMs : 0;
  const selection = { stream: stream.name, partition, fromOffset, limit, notBefore };
  const { body, count, nextOffset } = encodeMessages(result.batches, selection, service.buffers);
  service.metrics.messagesGot(count, body.length);
  const next: CursorPosition = count === 0 && position.kind !== 'offset' ? position : { kind: 'offset', offset: nextOffset };
  const nextCursor = service.cursors.encode(stream.id, { partition, position: next }, service.clock.now());
  return { status: 200, headers: { [header.nextCursor]: nextCursor }, body, sent: () => service.buffers.give(body) };
}

function waitOf(request: OperationRequest): number {
  const value = request.header(header.waitMs);
  return value === undefined ? 0 : parseInteger(header.waitMs, value, limits.waitMs);
}

/** Reads from where `position` points; the oldest message may move between asking where it is and reading it. */
async function readAt(
  log: PartitionLog,
  position: CursorPosition,
  readLimits: ReadLimits,
  signal: AbortSignal | undefined,
): Promise<{ fromOffset: number; result: ReadResult }> {
  if (position.kind === 'offset') return { fromOffset: position.offset, result: await log.read(position.offset, readLimits, signal) };
  for (;;) {
    const fromOffset = position.kind === 'time' ? await log.offsetAtTime(position.timestampMs) : (await log.bounds()).startOffset;
    try {
      return { fromOffset, result: await log.read(fromOffset, readLimits, signal) };
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
    }
  }
}
