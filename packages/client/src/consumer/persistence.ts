// Calls that go on until they succeed, or fail for good.
import { TimeoutError } from '../errors.ts';
import { type Backoff, persistentBackoff, waitMs } from '../retry/backoff.ts';
import { type RetryEnvironment, sleep } from '../retry/environment.ts';
import { NoneRetryStrategy, type RetryStrategy } from '../retry/retry-strategy.ts';
import { isTransient, retryAfterMs } from '../transient.ts';
import { withDeadline } from '../with-deadline.ts';

/** How long attempts may take, and who is told of those that fail. */
export interface PersistenceOptions {
  readonly environment: RetryEnvironment;
  /** Named in errors. */
  readonly host: string;
  /** Longest wait between attempts, milliseconds. */
  readonly maxBackoffMs: number;
  /** A failure that is tried again. */
  readonly onFailure: (operation: string, error: unknown) => void;
}

/** What an attempt is made with. */
export interface AttemptOptions {
  readonly signal: AbortSignal;
  /** The client's own strategy is set aside: attempts are counted here. */
  readonly retryStrategy: RetryStrategy;
}

const withoutRetry = new NoneRetryStrategy();

/** Makes calls persistent. */
export class Persistence {
  readonly #options: PersistenceOptions;
  readonly #backoff: Backoff;

  constructor(options: PersistenceOptions) {
    this.#options = options;
    this.#backoff = persistentBackoff(options.maxBackoffMs);
  }

  /** Rejects with what no further attempt can cure, and with the signal's reason. `timeoutMs` is for each attempt. */
  async call<Result>(
    operation: string,
    timeoutMs: number,
    signal: AbortSignal,
    attempt: (options: AttemptOptions) => Promise<Result>,
  ): Promise<Result> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.once(timeoutMs, signal, attempt);
      } catch (error) {
        signal.throwIfAborted();
        if (!isTransient(error)) throw error;
        this.#options.onFailure(operation, error);
        await this.pause(failures, retryAfterMs(error), signal);
      }
    }
  }

  /** One attempt. */
  async once<Result>(timeoutMs: number, signal: AbortSignal, attempt: (options: AttemptOptions) => Promise<Result>): Promise<Result> {
    const { environment, host } = this.#options;
    const late = (): Error => new TimeoutError('read', timeoutMs, host);
    return await withDeadline({ clock: environment.clock, ms: timeoutMs, late, signal }, (ends) =>
      attempt({ signal: ends, retryStrategy: withoutRetry }),
    );
  }

  /** The wait after so many failures in a row, at least `leastMs`. Rejects with the signal's reason. */
  async pause(failures: number, leastMs: number, signal: AbortSignal): Promise<void> {
    const { environment } = this.#options;
    const ms = waitMs(this.#backoff, { number: failures, isThrottled: false }, environment.random());
    await sleep(environment.clock, Math.max(leastMs, ms), signal);
  }
}
