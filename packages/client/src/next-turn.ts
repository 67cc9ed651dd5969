// Behind everything that is ready now: not a wait, so no clock is asked.

/** Calls `run` when what is ready in this turn of the event loop has been done; later, where the runtime has nothing better. */
export const nextTurn: (run: () => void) => void =
  typeof setImmediate === 'function' ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0);
