// Where a file is flushed: on a thread of its own, so that nothing else waits, or at once where two hops between threads would take as
// long as the flush.

/** What a flush has to be for the calling thread to do it. */
const quick = {
  /** At most so many bytes were written since the last one. */
  bytes: 16 * 1024,
  /** The last one took at most so long. */
  tookMs: 1,
  /** And has been over for so long: whoever flushes one after the other has other work to do meanwhile. */
  idleMs: 2,
};

/** The flushes of one file. Times are milliseconds of one clock that never falls. */
export class FlushPace {
  #bytes = 0;
  #tookMs = Infinity;
  #endedMs = -Infinity;

  /** So many bytes were written to the file. */
  wrote(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A flush begins: whether it will be quick, most likely, and nothing is going on beside it. */
  begin(nowMs: number): boolean {
    const isQuick = this.#bytes <= quick.bytes && this.#tookMs <= quick.tookMs && nowMs - this.#endedMs >= quick.idleMs;
    this.#bytes = 0;
    return isQuick;
  }

  /** A flush is over; one that failed counts as a long one. */
  end(startedMs: number, nowMs: number, outcome: 'done' | 'failed'): void {
    this.#endedMs = nowMs;
    this.#tookMs = outcome === 'done' ? nowMs - startedMs : Infinity;
  }
}
