// Whether a call that failed is made again, and when: what a client asks of a retry strategy, and the one that never retries.

/** Makes a call, and makes it again if it thinks fit. Any object with `run` can be given to a client or to one call. */
export interface RetryStrategy {
  /**
   * Settles as the last attempt did. A wait between attempts ends when `signal` aborts; `run` then rejects with the signal's
   * reason. Stopping an attempt under way is the attempt's own business. May be called again before an earlier call has settled.
   */
  run<Result>(attempt: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** One attempt, whatever comes of it. */
export class NoneRetryStrategy implements RetryStrategy {
  async run<Result>(attempt: () => Promise<Result>): Promise<Result> {
    return attempt();
  }
}
