// The options of the retry strategy builder: their defaults, and what is refused.
import { BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE, type BackoffType, backoffTypes } from './backoff.ts';
import type { RetryOnAny5xx, ServiceErrorRetryConfig } from './backoff-retry-strategy.ts';

/**
 * The options of the OCI SDK for Python's builder in camelCase. The numbers, the backoff type and the statuses are those of its
 * 2019 generation (2.3.3); that the three checks are on unless switched off is how it is today (2.189.0).
 */
export interface RetryStrategyBuilderOptions {
  /** Whether attempts are limited. Default true. */
  readonly maxAttemptsCheck?: boolean;
  /** The first attempt included; an integer from 1 on, where 1 never retries. Default 5. */
  readonly maxAttempts?: number;
  /** Whether time is limited. Default true. */
  readonly totalElapsedTimeCheck?: boolean;
  /**
   * Seconds from the start of the first attempt, from 0 on. Default 300. Looked at before each wait, so that a call can take
   * longer by one wait and one attempt.
   */
  readonly totalElapsedTimeSeconds?: number;
  /** Whether only some errors are retried; without it every `RequestError` is, a 404 too. Default true. */
  readonly serviceErrorCheck?: boolean;
  /**
   * Codes to retry by status; an empty list stands for any code. Default: any 429. A status named here is decided here alone:
   * `{ 503: ['X'] }` leaves other 503s alone even with `serviceErrorRetryOnAny5xx`. An empty object names no status.
   */
  readonly serviceErrorRetryConfig?: ServiceErrorRetryConfig;
  /** Whether statuses from 500 on are retried. Default true. `'except-501'` is what Python's `True` means today. */
  readonly serviceErrorRetryOnAny5xx?: RetryOnAny5xx;
  /** Seconds, from 0 on. Default 1. */
  readonly retryBaseSleepTimeSeconds?: number;
  /** By which the backoff grows from attempt to attempt, from 1 on. Default 2. */
  readonly retryExponentialGrowthFactor?: number;
  /** Seconds, 0 to 86400. Default 30. */
  readonly retryMaxWaitBetweenCallsSeconds?: number;
  /** Seconds, from 0 on: how much chance adds to a wait of type `decorrelated_jitter`; other types ignore it. Default 1. */
  readonly decorrelatedJitter?: number;
  /** Default `full_jitter_with_equal_on_throttle`. */
  readonly backoffType?: BackoffType;
}

/** Every option with a value. */
export type RetryStrategyBuilderSettings = Required<RetryStrategyBuilderOptions>;

/** What holds for options that are left out. */
export const defaultSettings: RetryStrategyBuilderSettings = {
  maxAttemptsCheck: true,
  maxAttempts: 5,
  totalElapsedTimeCheck: true,
  totalElapsedTimeSeconds: 300,
  serviceErrorCheck: true,
  serviceErrorRetryConfig: { 429: [] },
  serviceErrorRetryOnAny5xx: true,
  retryBaseSleepTimeSeconds: 1,
  retryExponentialGrowthFactor: 2,
  retryMaxWaitBetweenCallsSeconds: 30,
  decorrelatedJitter: 1,
  backoffType: BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE,
};

/** What a value has to be, in words that follow "must be". */
interface Expectation {
  readonly words: string;
  accepts(value: unknown): boolean;
}

const flag = oneOf([true, false]);
const seconds = numberBetween(0, Infinity);

const expectations: Readonly<Record<keyof RetryStrategyBuilderSettings, Expectation>> = {
  maxAttemptsCheck: flag,
  maxAttempts: { words: 'an integer from 1 on', accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 1 },
  totalElapsedTimeCheck: flag,
  totalElapsedTimeSeconds: seconds,
  serviceErrorCheck: flag,
  serviceErrorRetryConfig: { words: 'an object with a list of codes for each status', accepts: isConfig },
  serviceErrorRetryOnAny5xx: oneOf([true, false, 'except-501']),
  retryBaseSleepTimeSeconds: seconds,
  retryExponentialGrowthFactor: numberBetween(1, Infinity),
  // Far longer timers would overflow setTimeout and end at once.
  retryMaxWaitBetweenCallsSeconds: numberBetween(0, 86_400),
  decorrelatedJitter: seconds,
  backoffType: oneOf(backoffTypes),
};

/**
 * `settings` with the given options in place of theirs; an option that is undefined counts as left out. Throws `TypeError` for
 * an unknown option name, `RangeError` for a value an option cannot have.
 */
export function withOptions(settings: RetryStrategyBuilderSettings, options: RetryStrategyBuilderOptions): RetryStrategyBuilderSettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) check(name, value);
  const merged: RetryStrategyBuilderSettings = { ...settings, ...Object.fromEntries(given) };
  return { ...merged, serviceErrorRetryConfig: structuredClone(merged.serviceErrorRetryConfig) };
}

function check(name: string, value: unknown): void {
  const expectation = new Map(Object.entries(expectations)).get(name);
  if (expectation === undefined) {
    throw new TypeError(`Expected options of RetryStrategyBuilder (${Object.keys(expectations).join(', ')}), got ${name}.`);
  }
  if (!expectation.accepts(value)) throw new RangeError(`${name} must be ${expectation.words}, got ${typeof value} ${String(value)}.`);
}

function oneOf(values: readonly unknown[]): Expectation {
  return { words: `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`, accepts: (value) => values.includes(value) };
}

function numberBetween(least: number, most: number): Expectation {
  return {
    words: most === Infinity ? `a number from ${least} on` : `a number from ${least} to ${most}`,
    accepts: (value) => Number.isFinite(value) && Number(value) >= least && Number(value) <= most,
  };
}

function isConfig(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([status, codes]) => Number.isInteger(Number(status)) && isListOfText(codes));
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
