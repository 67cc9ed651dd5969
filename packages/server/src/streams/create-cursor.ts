// CreateCursor: validate, stream is active, find the position, answer.
import { type CreateCursorDetails, type Cursor, createCursorDetails } from 'millrace-protocol/shapes';
import { messageLogOf } from '../admin/catalogue.ts';
import { invalid } from '../api-error.ts';
import type { PartitionLog } from '../engine/engine.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import { missing, parseInteger } from '../parameters.ts';
import { parseBody } from '../parse-body.ts';
import type { Service } from '../service.ts';
import type { CursorPosition } from './cursor.ts';
import { parseCursorTime } from './cursor-time.ts';

export async function createCursor(service: Service, request: OperationRequest): Promise<Answer> {
  const details = parseBody(createCursorDetails, request.body);
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const partition = parseInteger('partition', details.partition, { min: 0, max: stream.partitions - 1 });
  const position = await positionOf(details, service.engine.partition(messageLogOf(stream), partition));
  const value = service.cursors.encode(stream.id, { partition, position }, service.clock.now());
  const body: Cursor = { value };
  return { status: 200, body };
}

async function positionOf(details: CreateCursorDetails, log: PartitionLog): Promise<CursorPosition> {
  switch (details.type) {
    case 'TRIM_HORIZON':
      return { kind: 'horizon' };
    case 'LATEST':
      return { kind: 'offset', offset: (await log.bounds()).endOffset };
    case 'AT_TIME':
      return { kind: 'time', timestampMs: parseCursorTime(details.time) };
    case 'AT_OFFSET':
      return { kind: 'offset', offset: await storedOffset(details, log) };
    case 'AFTER_OFFSET':
      return { kind: 'offset', offset: (await storedOffset(details, log)) + 1 };
  }
}

/** The service takes offsets from the oldest retained message to the latest published one, no others. */
async function storedOffset({ type, offset }: CreateCursorDetails, log: PartitionLog): Promise<number> {
  if (offset === undefined) throw missing(`offset (with type ${type})`);
  const { startOffset, endOffset } = await log.bounds();
  if (startOffset === endOffset)
    throw invalid(`offset: the partition holds no messages, so ${type} has nothing to point at; got ${offset}.`);
  if (offset < startOffset || offset >= endOffset) {
    throw invalid(
      `offset: expected ${startOffset} (the oldest retained message) to ${endOffset - 1} (the latest published), got ${offset}.`,
    );
  }
  return offset;
}
