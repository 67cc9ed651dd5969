// PutMessages: validate, stream is active, partition, append, answer.
import { header, statusOf } from 'millrace-protocol';
import { BatchBuilder, batchBytes, recordBytes } from 'millrace-records';
import { messageLogOf } from '../admin/catalogue.ts';
import { ApiError, refusalFrom } from '../api-error.ts';
import type { BufferPool } from '../buffer-pool.ts';
import type { Appended } from '../engine/engine.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { type PutMessages, parsePutMessages } from './put-body.ts';
import { encodePutResult } from './put-result.ts';
import { type PartitionShare, shareOut } from './share-out.ts';

/** What became of one share. */
export interface ShareOutcome extends PartitionShare {
  readonly outcome: Appended | ApiError;
}

export async function putMessages(service: Service, request: OperationRequest): Promise<Answer> {
  const messages = parsePutMessages(request.body);
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const shares = shareOut(messages, stream.partitions, service.random);
  const outcomes = await Promise.all(shares.map((share) => appendShare(service, messageLogOf(stream), messages, share)));
  refuseIfNothingWasStored(outcomes);
  const headers = { [header.durability]: service.engine.durability };
  return { status: 200, headers, ...encodePutResult(messages.count, outcomes) };
}

async function appendShare(
  { engine, metrics, buffers }: Service,
  logName: string,
  messages: PutMessages,
  share: PartitionShare,
): Promise<ShareOutcome> {
  const { partition, indexes } = share;
  try {
    const batch = batchOf(messages, indexes, buffers);
    const outcome = await engine.partition(logName, partition).append(batch);
    buffers.give(batch);
    metrics.messagesPut(indexes.length, bytesOf(messages, indexes));
    return { ...share, outcome };
  } catch (error) {
    const outcome = refusalFrom(error);
    if (outcome === undefined) throw error;
    return { ...share, outcome };
  }
}

function batchOf(messages: PutMessages, indexes: Int32Array, buffers: BufferPool): Buffer {
  let bytes = 0;
  indexes.forEach((index, at) => {
    bytes += recordBytes(at, messages.keyLength(index), messages.valueLength(index));
  });
  const builder = new BatchBuilder(buffers.take(batchBytes(bytes)));
  for (const index of indexes) {
    builder.append(
      messages.bytes,
      messages.keyStart(index),
      messages.keyLength(index),
      messages.valueStart(index),
      messages.valueLength(index),
    );
  }
  return builder.finish();
}

/** The bytes of their keys and values. */
function bytesOf(messages: PutMessages, indexes: Int32Array): number {
  let bytes = 0;
  for (const index of indexes) bytes += messages.valueLength(index) + Math.max(messages.keyLength(index), 0);
  return bytes;
}

/** A partial failure is data. When every share failed the request did, for the gravest reason: after a 503 some may be stored. */
function refuseIfNothingWasStored(outcomes: readonly ShareOutcome[]): void {
  const failures = outcomes.map(({ outcome }) => outcome).filter((outcome) => outcome instanceof ApiError);
  const [gravest] = failures.toSorted((a, b) => statusOf(b.code) - statusOf(a.code));
  if (gravest !== undefined && failures.length === outcomes.length) throw gravest;
}
