// A call that ends in time: the client's own timeouts watch for silence, this one for the whole of it.
import { TimeoutError } from './errors.ts';
import type { RetryClock } from './retry/environment.ts';

/** What bounds a call. */
export interface Deadline {
  readonly clock: RetryClock;
  /** Milliseconds from now. */
  readonly ms: number;
  /** Named in the error. */
  readonly host: string;
  /** Ends the call earlier; it then rejects with this signal's reason. */
  readonly signal: AbortSignal | undefined;
}

/** As `call`, but rejects with a `TimeoutError` of phase `read` when the time is over. Leaves no timer and no listener. */
export async function withDeadline<Result>(deadline: Deadline, call: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { clock, ms, host, signal } = deadline;
  const ends = new AbortController();
  const timer = new AbortController();
  const abort = (): void => ends.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted === true) abort();
  clock.sleep(ms, timer.signal).then(
    () => ends.abort(new TimeoutError('read', ms, host)),
    () => {}, // The call was faster.
  );
  try {
    ends.signal.throwIfAborted();
    return await call(ends.signal);
  } finally {
    timer.abort();
    signal?.removeEventListener('abort', abort);
  }
}
