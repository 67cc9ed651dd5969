// Chance as the service sees it: injected at composition, so that tests decide it.
import { randomBytes } from 'node:crypto';

/** `size` random bytes. */
export type RandomBytes = (size: number) => Buffer;

/** The machine's own. */
export const systemRandom: RandomBytes = randomBytes;

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** 60 lower-case letters and digits, the unique part of an OCID: 300 random bits. */
export function uniqueName(random: RandomBytes): string {
  return Array.from(random(60), (byte) => alphabet[byte % alphabet.length]).join('');
}
