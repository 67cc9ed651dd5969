// The strategy behind the builder: attempts until one succeeds, fails for good, or a limit is reached.
import { ConnectionError, RequestError, ServiceError, TimeoutError } from '../errors.ts';
import { type Backoff, waitMs } from './backoff.ts';
import { type RetryEnvironment, sleep } from './environment.ts';
import type { RetryStrategy } from './retry-strategy.ts';

/** Codes by status; an empty list stands for any code, an answer without one included. */
export type ServiceErrorRetryConfig = Readonly<Record<number, readonly string[]>>;

/** Which statuses from 500 on are retried though the table of statuses and codes does not name them: all, none, or all but 501. */
export type RetryOnAny5xx = boolean | 'except-501';

/** Which answers are retried. A status that is in `config` is decided there alone, a 5xx too. */
export interface ServiceErrorCheck {
  readonly config: ServiceErrorRetryConfig;
  readonly onAny5xx: RetryOnAny5xx;
}

/** The checks that all have to pass before another attempt, and the waits. Undefined: no such check. */
export interface RetryPolicy {
  /** The first attempt included. */
  readonly maxAttempts: number | undefined;
  /** From the start of the first attempt; a wait that begins before the limit is waited out. */
  readonly totalElapsedTimeSeconds: number | undefined;
  /** Without it every `RequestError` is retried. */
  readonly serviceErrors: ServiceErrorCheck | undefined;
  readonly backoff: Backoff;
}

/** Attempts with waits in between. Keeps nothing from one call to the next, so one object serves calls at the same time. */
export class BackoffRetryStrategy implements RetryStrategy {
  readonly #policy: RetryPolicy;
  readonly #environment: RetryEnvironment;

  constructor(policy: RetryPolicy, environment: RetryEnvironment) {
    this.#policy = policy;
    this.#environment = environment;
  }

  async run<Result>(attempt: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const { clock } = this.#environment;
    const startMs = clock.now();
    for (let number = 1; ; number += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!this.#isWithinLimits(number, clock.now() - startMs) || !isRetried(error, this.#policy.serviceErrors)) throw error;
        const failed = { number, isThrottled: error instanceof ServiceError && error.status === 429 };
        await sleep(clock, waitMs(this.#policy.backoff, failed, this.#environment.random()), signal);
      }
    }
  }

  #isWithinLimits(attempts: number, elapsedMs: number): boolean {
    const { maxAttempts = Infinity, totalElapsedTimeSeconds = Infinity } = this.#policy;
    return attempts < maxAttempts && elapsedMs < totalElapsedTimeSeconds * 1000;
  }
}

/** Only errors of a request: the reason of an abort or a mistake in a program would not go away. */
function isRetried(error: unknown, check: ServiceErrorCheck | undefined): boolean {
  if (check === undefined) return error instanceof RequestError;
  if (error instanceof ServiceError) return isRetriedAnswer(error, check);
  return error instanceof ConnectionError || error instanceof TimeoutError;
}

function isRetriedAnswer({ status, code }: ServiceError, { config, onAny5xx }: ServiceErrorCheck): boolean {
  const codes = config[status];
  if (codes !== undefined) return codes.length === 0 || (code !== undefined && codes.includes(code));
  if (onAny5xx === 'except-501' && status === 501) return false;
  return onAny5xx !== false && status >= 500;
}
