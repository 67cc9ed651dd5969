// Work that ends in time: a client's own timeouts watch for silence, this one for the whole of it.
import type { RetryClock } from './retry/environment.ts';

/** What bounds a piece of work. */
export interface Deadline {
  readonly clock: RetryClock;
  /** Milliseconds from now; Infinity for no bound. */
  readonly ms: number;
  /** The reason when time is over. */
  readonly late: () => Error;
  /** Ends the work earlier, with this signal's reason. */
  readonly signal: AbortSignal | undefined;
}

/** As `work`, whose signal aborts when the time is over. Leaves no timer and no listener. */
export async function withDeadline<Result>(deadline: Deadline, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { clock, ms, late, signal } = deadline;
  const ends = new AbortController();
  const abort = (): void => ends.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted === true) abort();
  const cancel = ms < Infinity ? clock.after(ms, () => ends.abort(late())) : undefined;
  try {
    ends.signal.throwIfAborted();
    return await work(ends.signal);
  } finally {
    cancel?.();
    signal?.removeEventListener('abort', abort);
  }
}
