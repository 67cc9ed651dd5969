// The messages of a request, partition by partition.
import type { RandomBytes } from '../random.ts';
import { partitionOfKey, partitionOfNoKey } from './partitioner.ts';
import { noKey, type PutMessages } from './put-body.ts';

/** The messages of one partition, by their index in the request, rising. */
export interface PartitionShare {
  readonly partition: number;
  readonly indexes: Int32Array;
}

/** Each message to its partition, by rising partition; within one they keep their order. Partitions that get none are left out. */
export function shareOut(messages: PutMessages, partitionCount: number, random: RandomBytes): PartitionShare[] {
  if (partitionCount === 1) return [{ partition: 0, indexes: Int32Array.from({ length: messages.count }, (_, index) => index) }];
  const partitions = Int32Array.from({ length: messages.count }, (_, index) => partitionOf(messages, index, partitionCount, random));
  const ends = new Int32Array(partitionCount);
  for (const partition of partitions) ends[partition] = (ends[partition] ?? 0) + 1;
  let end = 0;
  for (const [partition, count] of ends.entries()) {
    end += count;
    ends[partition] = end;
  }
  return sharesOf(partitions, ends);
}

/** A counting sort: `ends` says where each partition's messages end when all are sorted by partition. */
function sharesOf(partitions: Int32Array, ends: Int32Array): PartitionShare[] {
  const sorted = new Int32Array(partitions.length);
  const starts = ends.slice();
  for (let index = partitions.length - 1; index >= 0; index -= 1) {
    const partition = partitions[index] ?? 0;
    const at = (starts[partition] ?? 0) - 1;
    starts[partition] = at;
    sorted[at] = index;
  }
  const shares: PartitionShare[] = [];
  for (const [partition, end] of ends.entries()) {
    const start = starts[partition] ?? 0;
    if (end > start) shares.push({ partition, indexes: sorted.subarray(start, end) });
  }
  return shares;
}

function partitionOf(messages: PutMessages, index: number, partitionCount: number, random: RandomBytes): number {
  const keyLength = messages.keyLength(index);
  if (keyLength === noKey) return partitionOfNoKey(random, partitionCount);
  return partitionOfKey(messages.bytes, messages.keyStart(index), keyLength, partitionCount);
}
