// Whether and when a call is made again, as oci-common decides it: by strategies that a program gives, or by the official defaults.
import { type RetryClock, sleep } from '../retry/environment.ts';
import type { RetryStrategy } from '../retry/retry-strategy.ts';
import { NoAnswerError, OciError } from './oci-error.ts';

/** Where a series of attempts stands. */
export interface WaitContext {
  readonly startTime: Date;
  /** Attempts that were followed by a wait. */
  attemptCount: number;
}

/** When to stop and how long to wait; those of oci-common will do. */
export interface WaiterConfiguration {
  terminationStrategy?: { shouldTerminate(context: WaitContext): boolean } | undefined;
  /** Seconds. */
  delayStrategy?: { delay(context: WaitContext): number } | undefined;
}

/** Also decides which refusals are worth another attempt; what got no answer always is. */
export interface RetryConfiguration extends WaiterConfiguration {
  /** Default: statuses 500, 502, 503 and 504, 409 IncorrectState and 429 TooManyRequests. */
  retryCondition?(error: OciError): boolean;
  /** Without effect: every body is kept for the next attempt. */
  backupBinaryBody?: boolean | undefined;
}

/** A configuration that leaves nothing open. */
type WholeConfiguration = Required<Pick<RetryConfiguration, 'retryCondition'>> & {
  readonly [Name in keyof WaiterConfiguration]-?: NonNullable<WaiterConfiguration[Name]>;
};

const upTo = (attempts: number) => ({ shouldTerminate: ({ attemptCount }: WaitContext): boolean => attemptCount >= attempts - 1 });

const defaults: WholeConfiguration = {
  terminationStrategy: upTo(8),
  delayStrategy: { delay: ({ attemptCount }) => Math.min(2 ** attemptCount, 30) + Math.random() },
  retryCondition: ({ statusCode, serviceCode }) =>
    [500, 502, 503, 504].includes(statusCode) ||
    (statusCode === 409 && serviceCode === 'IncorrectState') ||
    (statusCode === 429 && serviceCode === 'TooManyRequests'),
};

/** What is given, and the rest as the official client has it: putMessages is not repeated, other calls are, up to eight attempts. */
export function wholeConfiguration(operation: string, given: RetryConfiguration): WholeConfiguration {
  const { terminationStrategy = operation === 'PutMessages' ? upTo(1) : defaults.terminationStrategy } = given;
  const { delayStrategy = defaults.delayStrategy } = given;
  return {
    terminationStrategy,
    delayStrategy,
    retryCondition: (error) => given.retryCondition?.(error) ?? defaults.retryCondition(error),
  };
}

/** One call's attempts. Rejects with an `OciError` or a `NoAnswerError`, which `describe` makes of an error of ours. */
export class Retries implements RetryStrategy {
  readonly #configuration: WholeConfiguration;
  readonly #describe: (error: unknown) => OciError | NoAnswerError;
  readonly #clock: RetryClock;

  constructor(configuration: WholeConfiguration, describe: (error: unknown) => OciError | NoAnswerError, clock: RetryClock) {
    this.#configuration = configuration;
    this.#describe = describe;
    this.#clock = clock;
  }

  async run<Result>(attempt: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const { terminationStrategy, delayStrategy } = this.#configuration;
    const context: WaitContext = { startTime: new Date(), attemptCount: 0 };
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const failure = this.#describe(error);
        const isRetried = failure instanceof NoAnswerError || this.#configuration.retryCondition(failure);
        if (!isRetried || terminationStrategy.shouldTerminate(context)) throw failure;
        await sleep(this.#clock, delayStrategy.delay(context) * 1000, signal);
        context.attemptCount += 1;
      }
    }
  }
}
