// Where a file is flushed: on a thread of the pool, so that nothing else waits, or at once where two hops between threads would take as
// long as the flush.

/** What a flush has to be for the calling thread to do it. */
const quick = {
  /** At most so many bytes were written to the file since its last one. */
  bytes: 16 * 1024,
  /** The last one, of whatever file, took at most so long. */
  tookMs: 0.5,
  /** And has been over for so long: whoever flushes one file after the other has other work to do meanwhile. */
  idleMs: 2,
};

/** The flushes of all files of a disk. Times are milliseconds of one clock that never falls. */
export class FlushPace {
  #underWay = 0;
  #tookMs = Infinity;
  #endedMs = -Infinity;

  /** A flush of a file with so many new bytes begins: whether it will be quick, most likely, and nothing is going on beside it. */
  begin(bytes: number, nowMs: number): boolean {
    const isAlone = this.#underWay === 0 && nowMs - this.#endedMs >= quick.idleMs;
    this.#underWay += 1;
    return isAlone && bytes <= quick.bytes && this.#tookMs <= quick.tookMs;
  }

  /** A flush is over; one that failed counts as a long one. */
  end(startedMs: number, nowMs: number, outcome: 'done' | 'failed'): void {
    this.#underWay -= 1;
    this.#endedMs = nowMs;
    this.#tookMs = outcome === 'done' ? nowMs - startedMs : Infinity;
  }
}
