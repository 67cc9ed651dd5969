// Time as the log and everything above it see it: injected at composition, so that tests decide what time it is.

/** Wall and monotonic time and timers; nothing else in the service reads a clock. */
export interface Clock {
  /** Wall time, Unix milliseconds; may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never falls. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. Pending calls do not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
