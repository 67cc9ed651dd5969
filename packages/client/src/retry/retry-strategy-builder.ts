// Retry strategies put together from checks and a backoff, with the words of the OCI SDK for Python.
import type { RetryOnAny5xx, RetryPolicy, ServiceErrorRetryConfig } from './backoff-retry-strategy.ts';
import { BackoffRetryStrategy } from './backoff-retry-strategy.ts';
import { type RetryEnvironment, systemEnvironment } from './environment.ts';
import { NoneRetryStrategy, type RetryStrategy } from './retry-strategy.ts';
import {
  defaultSettings,
  type RetryStrategyBuilderOptions,
  type RetryStrategyBuilderSettings,
  withOptions,
} from './retry-strategy-builder-options.ts';

export {
  BACKOFF_DECORRELATED_JITTER_VALUE,
  BACKOFF_EQUAL_JITTER_VALUE,
  BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE,
  BACKOFF_FULL_JITTER_VALUE,
  type BackoffType,
} from './backoff.ts';
export type { RetryOnAny5xx, ServiceErrorRetryConfig } from './backoff-retry-strategy.ts';
export type { RetryStrategyBuilderOptions } from './retry-strategy-builder-options.ts';

/** Which errors the service error check lets through. */
export interface ServiceErrorCheckOptions {
  /** Takes the place of the whole table. */
  readonly serviceErrorRetryConfig?: ServiceErrorRetryConfig;
  /** One row for the table, together with `serviceErrorCodes`. */
  readonly serviceErrorStatus?: number;
  /** An empty list stands for any code. */
  readonly serviceErrorCodes?: readonly string[];
  /** Whether statuses from 500 on are retried that the table does not name. */
  readonly serviceErrorRetryOnAny5xx?: RetryOnAny5xx;
}

/**
 * Builds retry strategies. Every method but `getRetryStrategy` changes this builder and returns it; strategies already built stay
 * as they are. Refused: an unknown option name with `TypeError`, a value outside its range with `RangeError`.
 */
export class RetryStrategyBuilder {
  #settings: RetryStrategyBuilderSettings;
  readonly #environment: RetryEnvironment;

  /** `environment` is the time and chance of the strategies, for tests of this package. */
  constructor(options: RetryStrategyBuilderOptions = {}, environment: RetryEnvironment = systemEnvironment) {
    this.#settings = withOptions(defaultSettings, options);
    this.#environment = environment;
  }

  /** Limits attempts, the first included: an integer from 1 on. */
  addMaxAttempts(maxAttempts: number = defaultSettings.maxAttempts): this {
    return this.#with({ maxAttemptsCheck: true, maxAttempts });
  }

  /** Any number of attempts. */
  noMaxAttempts(): this {
    return this.#with({ maxAttemptsCheck: false });
  }

  /** Limits the time from the start of the first attempt to the start of the last wait: seconds, from 0 on. */
  addTotalElapsedTime(totalElapsedTimeSeconds: number = defaultSettings.totalElapsedTimeSeconds): this {
    return this.#with({ totalElapsedTimeCheck: true, totalElapsedTimeSeconds });
  }

  /** Any time. */
  noTotalElapsedTime(): this {
    return this.#with({ totalElapsedTimeCheck: false });
  }

  /**
   * Retries only timeouts, connection errors and the answers named. A status and its codes are added to the table, after it was
   * replaced if a table is given too; one without the other is a `TypeError`.
   */
  addServiceErrorCheck(options: ServiceErrorCheckOptions = {}): this {
    const { serviceErrorStatus: status, serviceErrorCodes: codes, ...rest } = options;
    const checked = withOptions(this.#settings, { ...rest, serviceErrorCheck: true });
    if (status === undefined && codes === undefined) return this.#with(checked);
    if (status === undefined || codes === undefined) throw new TypeError('serviceErrorStatus and serviceErrorCodes go together.');
    return this.#with({ ...checked, serviceErrorRetryConfig: { ...checked.serviceErrorRetryConfig, [status]: codes } });
  }

  /** Retries every `RequestError`, a refusal with 400 or 404 too. */
  noServiceErrorCheck(): this {
    return this.#with({ serviceErrorCheck: false });
  }

  /** The strategy of the settings as they are now; a `NoneRetryStrategy` if all three checks are off, as nothing would end it. */
  getRetryStrategy(): RetryStrategy {
    const { maxAttemptsCheck, totalElapsedTimeCheck, serviceErrorCheck } = this.#settings;
    if (!maxAttemptsCheck && !totalElapsedTimeCheck && !serviceErrorCheck) return new NoneRetryStrategy();
    return new BackoffRetryStrategy(policyOf(this.#settings), this.#environment);
  }

  #with(options: RetryStrategyBuilderOptions): this {
    this.#settings = withOptions(this.#settings, options);
    return this;
  }
}

function policyOf(settings: RetryStrategyBuilderSettings): RetryPolicy {
  return {
    maxAttempts: settings.maxAttemptsCheck ? settings.maxAttempts : undefined,
    totalElapsedTimeSeconds: settings.totalElapsedTimeCheck ? settings.totalElapsedTimeSeconds : undefined,
    serviceErrors: settings.serviceErrorCheck
      ? { config: settings.serviceErrorRetryConfig, onAny5xx: settings.serviceErrorRetryOnAny5xx }
      : undefined,
    backoff: {
      type: settings.backoffType,
      baseSeconds: settings.retryBaseSleepTimeSeconds,
      growthFactor: settings.retryExponentialGrowthFactor,
      maxWaitSeconds: settings.retryMaxWaitBetweenCallsSeconds,
      decorrelatedJitterSeconds: settings.decorrelatedJitter,
    },
  };
}
