// PutMessages: validate, stream is active, partition, append, answer.
import { header, statusOf } from 'millrace-protocol';
import { BatchBuilder } from 'millrace-records';
import { messageLogOf } from '../admin/catalogue.ts';
import { ApiError, engineError } from '../api-error.ts';
import type { Appended } from '../engine/engine.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import type { RandomBytes } from '../random.ts';
import type { Service } from '../service.ts';
import { partitionOfKey, partitionOfNoKey } from './partitioner.ts';
import { noKey, type PutMessages, parsePutMessages } from './put-body.ts';
import { encodePutResult } from './put-result.ts';

/** The messages of one partition, by their index in the request. */
export interface PartitionShare {
  readonly partition: number;
  readonly indexes: readonly number[];
}

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
  return { status: 200, headers: { [header.durability]: service.engine.durability }, body: encodePutResult(messages.count, outcomes) };
}

/** Each message to its partition; within a partition they keep their order. */
function shareOut(messages: PutMessages, partitionCount: number, random: RandomBytes): PartitionShare[] {
  const shares = new Map<number, number[]>();
  for (let index = 0; index < messages.count; index += 1) {
    const keyLength = messages.keyLength(index);
    const partition =
      keyLength === noKey
        ? partitionOfNoKey(random, partitionCount)
        : partitionOfKey(messages.bytes, messages.keyStart(index), keyLength, partitionCount);
    const indexes = shares.get(partition);
    if (indexes === undefined) shares.set(partition, [index]);
    else indexes.push(index);
  }
  return Array.from(shares, ([partition, indexes]) => ({ partition, indexes }));
}

async function appendShare(
  { engine, metrics }: Service,
  logName: string,
  messages: PutMessages,
  share: PartitionShare,
): Promise<ShareOutcome> {
  const { partition, indexes } = share;
  const bytes = bytesOf(messages, indexes);
  try {
    const outcome = await engine.partition(logName, partition).append(batchOf(messages, indexes, bytes));
    metrics.messagesPut(indexes.length, bytes);
    return { ...share, outcome };
  } catch (error) {
    return { ...share, outcome: engineError(error) };
  }
}

/** The bytes of their keys and values. */
function bytesOf(messages: PutMessages, indexes: readonly number[]): number {
  let bytes = 0;
  for (const index of indexes) bytes += messages.valueLength(index) + Math.max(messages.keyLength(index), 0);
  return bytes;
}

function batchOf(messages: PutMessages, indexes: readonly number[], bytes: number): Buffer {
  const builder = new BatchBuilder(indexes.length, bytes);
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

/** A partial failure is data. When every share failed the request did, for the gravest reason: after a 503 some may be stored. */
function refuseIfNothingWasStored(outcomes: readonly ShareOutcome[]): void {
  const failures = outcomes.map(({ outcome }) => outcome).filter((outcome) => outcome instanceof ApiError);
  const [gravest] = failures.toSorted((a, b) => statusOf(b.code) - statusOf(a.code));
  if (gravest !== undefined && failures.length === outcomes.length) throw gravest;
}
