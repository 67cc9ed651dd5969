// What a retry strategy takes from the machine: time and chance. Tests simulate both.

/** Time as a strategy sees it. */
export interface RetryClock {
  /** Milliseconds since an arbitrary start; never falls. */
  now(): number;
  /**
   * Calls `run` once after `ms`, or after the longest time a timer can hold: 24 days. The returned function cancels it. Keeps the process
   * alive: somebody is waiting for what comes of it.
   */
  after(ms: number, run: () => void): () => void;
}

/** Time and chance. */
export interface RetryEnvironment {
  readonly clock: RetryClock;
  /** From 0, below 1. */
  random(): number;
}

/** Longer timers end at once in Node. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** The machine's own. */
export const systemEnvironment: RetryEnvironment = {
  clock: {
    now: () => performance.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, Math.min(ms, longestTimerMs));
      return () => clearTimeout(timer);
    },
  },
  random: () => Math.random(),
};

/** Resolves after `ms`. Rejects with the signal's reason as soon as it aborts, and leaves neither timer nor listener. */
export function sleep(clock: RetryClock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
