// A clock that only moves when a test says so.
import type { Clock } from 'millrace-log';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Starts at 2026-01-01; `advance` moves wall and monotonic time together and runs what is due, in order. */
export class TestClock implements Clock {
  #wallMs = Date.UTC(2026, 0, 1);
  #monotonicMs = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#monotonicMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves both clocks and runs the timers that are due, in the order of their times. */
  advance(ms: number): void {
    const target = this.#monotonicMs + ms;
    for (let timer = this.#nextBefore(target); timer !== undefined; timer = this.#nextBefore(target)) {
      this.#moveTo(Math.max(timer.at, this.#monotonicMs));
      this.#timers.delete(timer);
      timer.run();
    }
    this.#moveTo(target);
  }

  /** Sets the wall clock alone, as a person or a time server would. */
  setWall(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Resolves when at least `count` timers are set. */
  async untilTimers(count: number): Promise<void> {
    await this.until(async () => this.#timers.size >= count);
  }

  /** Resolves when `condition` holds, letting other work go on meanwhile. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await this.settle();
  }

  /** Lets I/O and promises that are ready go on. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #nextBefore(target: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= target && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }
}
