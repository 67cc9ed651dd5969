// What a retry strategy takes from the machine: time and chance. Tests simulate both.

/** Time as a strategy sees it. */
export interface RetryClock {
  /** Milliseconds since an arbitrary start; never falls. */
  now(): number;
  /** Resolves after `ms`, or after the longest time a timer can hold: 24 days. Rejects with the signal's reason as soon as it aborts, and leaves neither timer nor listener. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** Time and chance. */
export interface RetryEnvironment {
  readonly clock: RetryClock;
  /** From 0, below 1. */
  random(): number;
}

/** The machine's own. A wait keeps the process alive: somebody is waiting for the result. */
export const systemEnvironment: RetryEnvironment = {
  clock: { now: () => performance.now(), sleep },
  random: () => Math.random(),
};

/** Longer timers end at once in Node. */
export const longestTimerMs: number = 2 ** 31 - 1;

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const timer = setTimeout(() => end(resolve), Math.min(ms, longestTimerMs));
    const abort = () => end(() => reject(signal?.reason));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
  });
}
