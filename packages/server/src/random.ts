// Chance as the service sees it: injected at composition, so that tests decide it.
import { randomBytes } from 'node:crypto';

/** `size` random bytes. */
export type RandomBytes = (size: number) => Buffer;

const poolBytes = 16_384;
const largestFromPool = 1024;
let pool = Buffer.alloc(0);
let taken = 0;

/** The machine's own. Small amounts are cut from a larger one: each call to the source costs as much as a small request. */
export const systemRandom: RandomBytes = (size) => {
  if (size > largestFromPool) return randomBytes(size);
  if (taken + size > pool.length) {
    pool = randomBytes(poolBytes);
    taken = 0;
  }
  taken += size;
  return pool.subarray(taken - size, taken);
};

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** 60 lower-case letters and digits, the unique part of an OCID: 300 random bits. */
export function uniqueName(random: RandomBytes): string {
  return Array.from(random(60), (byte) => alphabet[byte % alphabet.length]).join('');
}
