// When to read next. A service that waits for messages itself is asked again at once. Any other is asked no more than five times a
// second, as OCI allows for each partition and group, and less often while there is nothing.
import { type RetryClock, sleep } from '../retry/environment.ts';

/** What an answer means for the next read. */
export interface PaceAnswer {
  /** How many messages it had. */
  readonly count: number;
  /** Whether the service said that it waits. */
  readonly isWaiting: boolean;
}

/** Between an answer and the next request, milliseconds: OCI allows 5 GetMessages a second (its page of limits). */
const ociGapMs = 200;

/** The rhythm of one sequence of reads: one at a time. */
export class Pace {
  readonly #clock: RetryClock;
  readonly #waitMs: number;
  readonly #maxPollMs: number;
  #notBeforeMs = -Infinity;
  #emptyInARow = 0;

  /** `waitMs`: how long the service is asked to wait. `maxPollMs`: longest pause while nothing comes. */
  constructor(clock: RetryClock, waitMs: number, maxPollMs: number) {
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#maxPollMs = maxPollMs;
  }

  /** Makes the read when it is time. */
  async read<Answer extends PaceAnswer>(read: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    const leftMs = this.#notBeforeMs - this.#clock.now();
    if (leftMs > 0) await sleep(this.#clock, leftMs, signal);
    const startedMs = this.#clock.now();
    try {
      const answer = await read();
      this.#emptyInARow = answer.count > 0 ? 0 : this.#emptyInARow + 1;
      this.#notBeforeMs = this.#clock.now() + this.#gapMs(answer, this.#clock.now() - startedMs);
      return answer;
    } catch (error) {
      // The service may have read all the same.
      this.#notBeforeMs = this.#clock.now() + ociGapMs;
      throw error;
    }
  }

  #gapMs({ count, isWaiting }: PaceAnswer, tookMs: number): number {
    // One that says so and answers nothing at once is about to close, say: it is not asked in a tight loop.
    const hasWaited = isWaiting && (count > 0 || tookMs >= this.#waitMs / 10);
    if (hasWaited) return 0;
    return Math.max(ociGapMs, Math.min(this.#maxPollMs, ociGapMs * 2 ** Math.max(0, this.#emptyInARow - 1)));
  }
}
