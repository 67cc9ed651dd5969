// Where a file is flushed: on a thread of the pool, so that nothing else waits, or at once where two hops between threads would take as
// long as the flush and nobody else seems to need the thread.

/** What is done at once. */
const atOnce = {
  /** A file to which at most so many bytes were written since its last flush, … */
  mostBytes: 16 * 1024,
  /** … behind a flush, of whatever file, that took at most so long, … */
  mostMs: 0.5,
  /** … when nothing else came during the last so many flushes of the pool; … */
  quietBefore: 4,
  /** … so many in a row: then the pool does one, to look again. */
  mostInARow: 63,
};

type Where = 'at once' | 'in pool';

/** What the thread that asks for flushes knows of the present. */
export interface Moment {
  /** By a clock that never falls, milliseconds. */
  readonly nowMs: number;
  /**
   * How many events, such as what came on a connection, the thread is done with; begins again some time. Timers are none. What epoll gives
   * at once is counted together, when all of it has been handled (libuv 1.52, `uv__io_poll`).
   */
  readonly events: number;
}

/** One flush, in both forms. */
export interface Flush {
  readonly atOnce: () => void;
  readonly inPool: () => Promise<void>;
}

/** The flushes of all files of a thread. */
export class FlushPace {
  readonly #present: () => Moment;
  #underWay = 0;
  /** The last flush that ended. */
  #last = { tookMs: Infinity, endedAfterEvents: 0 };
  #quietInARow = 0;
  #atOnceInARow = 0;

  constructor(present: () => Moment) {
    this.#present = present;
  }

  /** Flushes a file with so many new bytes; Infinity if the flush is known to take longer than most. Rejects with what the flush throws. */
  async run(bytes: number, flush: Flush): Promise<void> {
    const began = this.#present();
    const where = this.#bestPlace(bytes, began);
    this.#underWay += 1;
    let outcome: 'done' | 'failed' = 'failed';
    try {
      if (where === 'at once') flush.atOnce();
      else await flush.inPool();
      outcome = 'done';
    } finally {
      this.#ended(where, began, outcome);
    }
  }

  #bestPlace(bytes: number, { events }: Moment): Where {
    const isQuick = bytes <= atOnce.mostBytes && this.#last.tookMs <= atOnce.mostMs;
    const isQuiet = this.#quietInARow >= atOnce.quietBefore && this.#atOnceInARow < atOnce.mostInARow;
    // Whoever flushes one file after the other, without an event between, lets others have their turn.
    const isFree = this.#underWay === 0 && events !== this.#last.endedAfterEvents;
    return isQuick && isQuiet && isFree ? 'at once' : 'in pool';
  }

  #ended(where: Where, began: Moment, outcome: 'done' | 'failed'): void {
    const ended = this.#present();
    this.#underWay -= 1;
    this.#last = { tookMs: outcome === 'done' ? ended.nowMs - began.nowMs : Infinity, endedAfterEvents: ended.events };
    this.#atOnceInARow = where === 'at once' ? this.#atOnceInARow + 1 : 0;
    if (where === 'in pool') this.#quietInARow = nothingCame(began, ended) ? this.#quietInARow + 1 : 0;
  }
}

/**
 * Whether nothing came while the pool flushed. One event has been counted meanwhile: the one that asked for the flush, which was not over then;
 * the pool's answer is not over yet. Where a timer asked, one event that came passes for it.
 */
function nothingCame(began: Moment, ended: Moment): boolean {
  return ended.events - began.events <= 1;
}
