// How long to wait before the next attempt: it grows with every attempt, and chance spreads the callers out.

/** Anything from nothing to the whole of the backoff. Seconds here too: the class of this name in the 2019 Python SDK waits milliseconds. */
export const BACKOFF_FULL_JITTER_VALUE = 'full_jitter';
/** Half of the backoff, and anything up to the other half. */
export const BACKOFF_EQUAL_JITTER_VALUE = 'equal_jitter';
/** Equal jitter after a 429, so that a throttled caller does wait; full jitter after anything else. */
export const BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE = 'full_jitter_with_equal_on_throttle';
/** The backoff of one attempt earlier, and up to `decorrelatedJitter` seconds more. */
export const BACKOFF_DECORRELATED_JITTER_VALUE = 'decorrelated_jitter';

/** How chance enters the wait. The values are those of the OCI SDK for Python. */
export type BackoffType =
  | typeof BACKOFF_FULL_JITTER_VALUE
  | typeof BACKOFF_EQUAL_JITTER_VALUE
  | typeof BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE
  | typeof BACKOFF_DECORRELATED_JITTER_VALUE;

/** What the waits are computed from. The backoff after attempt n is base × growth^n, at most `maxWaitSeconds`. */
export interface Backoff {
  readonly type: BackoffType;
  readonly baseSeconds: number;
  readonly growthFactor: number;
  /** No wait is longer, jitter included. */
  readonly maxWaitSeconds: number;
  /** Counts for decorrelated jitter only. */
  readonly decorrelatedJitterSeconds: number;
}

/** A failed attempt, as far as the wait depends on it. */
export interface FailedAttempt {
  /** From 1. */
  readonly number: number;
  /** Whether the answer was a 429. */
  readonly isThrottled: boolean;
}

/** Every backoff type; a type without a row does not compile. `chance`: from 0, below 1. */
const waits: Readonly<Record<BackoffType, (backoff: Backoff, failed: FailedAttempt, chance: number) => number>> = {
  [BACKOFF_FULL_JITTER_VALUE]: fullJitter,
  [BACKOFF_EQUAL_JITTER_VALUE]: equalJitter,
  [BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE]: (backoff, failed, chance) =>
    failed.isThrottled ? equalJitter(backoff, failed, chance) : fullJitter(backoff, failed, chance),
  [BACKOFF_DECORRELATED_JITTER_VALUE]: (backoff, { number }, chance) =>
    Math.min(exponential(backoff, number - 1) + backoff.decorrelatedJitterSeconds * chance, backoff.maxWaitSeconds),
};

/** All values a builder accepts as its backoff type. */
export const backoffTypes: readonly string[] = Object.keys(waits);

/** Of producers, consumers and readers, which go on until something is done: a tenth of a second at first, then twice as long each time. */
export function persistentBackoff(maxMs: number): Backoff {
  return {
    type: BACKOFF_EQUAL_JITTER_VALUE,
    baseSeconds: 0.05,
    growthFactor: 2,
    maxWaitSeconds: maxMs / 1000,
    decorrelatedJitterSeconds: 0,
  };
}

/** Milliseconds between a failed attempt and the next one; `chance` from 0, below 1. */
export function waitMs(backoff: Backoff, failed: FailedAttempt, chance: number): number {
  return waits[backoff.type](backoff, failed, chance) * 1000;
}

function fullJitter(backoff: Backoff, { number }: FailedAttempt, chance: number): number {
  return exponential(backoff, number) * chance;
}

function equalJitter(backoff: Backoff, { number }: FailedAttempt, chance: number): number {
  const half = exponential(backoff, number) / 2;
  return half + half * chance;
}

/** Seconds. The power is kept finite: without it a base of 0 would give NaN after a thousand attempts. */
function exponential({ baseSeconds, growthFactor, maxWaitSeconds }: Backoff, power: number): number {
  return Math.min(baseSeconds * Math.min(growthFactor ** power, Number.MAX_VALUE), maxWaitSeconds);
}
