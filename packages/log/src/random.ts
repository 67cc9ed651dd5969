// Chance, injected like the clock.
import { randomBytes } from 'node:crypto';

/** `length` bytes that nobody can foresee. */
export type Random = (length: number) => Buffer;

/** The machine's source of randomness. */
export const systemRandom: Random = (length) => randomBytes(length);
