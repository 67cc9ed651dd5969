// The log's own time: what stamps appends, runs out reservations and drives retention.
import type { Clock } from './clock.ts';

/**
 * One clock for a whole data directory: it follows the wall clock and never goes back. While the wall clock is behind (it
 * was set back, or it was ahead before), it advances with the monotonic clock at half speed, so that what must run out does,
 * and the wall clock catches up.
 */
export class LogClock {
  readonly #clock: Clock;
  #lastMs: number;
  #lastMonotonicMs: number;

  /** Starts at the wall clock, but not before `floorMs` (Unix milliseconds), the latest time known from before. */
  constructor(clock: Clock, floorMs = 0) {
    this.#clock = clock;
    this.#lastMs = floorMs;
    this.#lastMonotonicMs = clock.monotonicMs();
  }

  /** The time, Unix milliseconds, a whole number; never falls from call to call. */
  now(): number {
    const monotonicMs = this.#clock.monotonicMs();
    const slowMs = this.#lastMs + Math.max(monotonicMs - this.#lastMonotonicMs, 0) / 2;
    const wallMs = this.#clock.now();
    this.#lastMs = wallMs >= this.#lastMs ? wallMs : Math.max(slowMs, wallMs);
    this.#lastMonotonicMs = monotonicMs;
    return Math.floor(this.#lastMs);
  }

  /** The stamp for what is appended now; one for all appends of a round. */
  stamp(): number {
    return this.now();
  }

  /** From now on the time is at least `timestampMs`: recovery met a stamp of an earlier life. */
  raise(timestampMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, timestampMs);
  }
}
