// Two strategies ready for use: that of the OCI SDK generation this client follows, and that of today's OCI SDKs.
import { BACKOFF_DECORRELATED_JITTER_VALUE, BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE } from './backoff.ts';
import type { RetryStrategy } from './retry-strategy.ts';
import { RetryStrategyBuilder } from './retry-strategy-builder.ts';

/**
 * As in the OCI SDK for Python 2.3.3 (2019), module `oci.retry`. At most 5 attempts (`LimitBasedRetryChecker`); no wait begins after
 * 300 s (`TotalTimeExceededRetryChecker`); after attempt n, counted from 1, a wait of 0 to min(2^n, 30) s, after a 429 of half of
 * that to the whole (`retry_sleep_utils`). Retries timeouts, connection errors, any 429 and any status from 500 on
 * (`TimeoutConnectionAndServiceErrorRetryChecker`); a 409 is not retried.
 */
export const DEFAULT_RETRY_STRATEGY: RetryStrategy = new RetryStrategyBuilder({
  maxAttempts: 5,
  totalElapsedTimeSeconds: 300,
  serviceErrorRetryConfig: { 429: [] },
  serviceErrorRetryOnAny5xx: true,
  backoffType: BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE,
}).getRetryStrategy();

/**
 * As in the OCI SDK for Python 2.189.0 (2026), `DEFAULT_RETRY_STRATEGY` of `oci.retry`. At most 8 attempts; no wait begins after
 * 600 s; after attempt n, counted from 1, a wait of min(2^(n-1) + 0 to 1, 30) s (`retry_sleep_utils`). Retries timeouts, connection
 * errors, any 429, 409 with code IncorrectState or LockConflict, and any status from 500 on but 501 (`retry_checkers`).
 */
export const CURRENT_RETRY_STRATEGY: RetryStrategy = new RetryStrategyBuilder({
  maxAttempts: 8,
  totalElapsedTimeSeconds: 600,
  serviceErrorRetryConfig: { 409: ['IncorrectState', 'LockConflict'], 429: [] },
  serviceErrorRetryOnAny5xx: 'except-501',
  backoffType: BACKOFF_DECORRELATED_JITTER_VALUE,
}).getRetryStrategy();
