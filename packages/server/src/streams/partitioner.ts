// Which partition a message goes to: the hash Kafka's default partitioner uses, so that a key finds the same partition here
// and through Kafka's own clients.
import type { RandomBytes } from '../random.ts';

const multiplier = 0x5bd1e995;
const seed = 0x9747b28c;

/** Bytes of the key a message without one gets to choose its partition; readers never see it (OCI Streaming API 20180418). */
const generatedKeyBytes = 16;

/** The partition, from 0 to `partitionCount` - 1, for the key that is `length` bytes of `bytes` from `start`. */
export function partitionOfKey(bytes: Uint8Array, start: number, length: number, partitionCount: number): number {
  return partitionCount === 1 ? 0 : (murmur2(bytes, start, length) & 0x7fffffff) % partitionCount;
}

/** The partition for a message without a key: that of a random key of its own. */
export function partitionOfNoKey(random: RandomBytes, partitionCount: number): number {
  return partitionCount === 1 ? 0 : partitionOfKey(random(generatedKeyBytes), 0, generatedKeyBytes, partitionCount);
}

/** MurmurHash2 with Kafka's seed, as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array, start = 0, length: number = bytes.length): number {
  const wholeEnd = start + (length & ~3);
  let hash = seed ^ length;
  for (let at = start; at < wholeEnd; at += 4) {
    let word = Math.imul(
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24),
      multiplier,
    );
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = length & 3;
  if (rest === 3) hash ^= byteAt(bytes, wholeEnd + 2) << 16;
  if (rest >= 2) hash ^= byteAt(bytes, wholeEnd + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(bytes, wholeEnd), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
