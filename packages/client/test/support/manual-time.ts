// Time that moves when a test says so, and chance that is told.
import type { RetryEnvironment } from '../../src/retry/environment.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Starts at 0. */
export class ManualTime implements RetryEnvironment {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly random: () => number;
  readonly clock = {
    now: (): number => this.#nowMs,
    after: (ms: number, run: () => void): (() => void) => this.#after(ms, run),
  };

  constructor(random: () => number = () => 0) {
    this.random = random;
  }

  /** How many wait now: none, when whatever ran has left no timer. */
  get sleeperCount(): number {
    return this.#sleepers.size;
  }

  /** Moves on, waking whoever is due in the order of their times, each with time to do what comes next. */
  async advance(ms: number): Promise<void> {
    const target = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await settle();
    }
    this.#nowMs = target;
    await settle();
  }

  #next(target: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ atMs }) => atMs <= target);
    return due.toSorted((a, b) => a.atMs - b.atMs)[0];
  }

  #after(ms: number, run: () => void): () => void {
    const cancel = (): void => void this.#sleepers.delete(sleeper);
    const wake = (): void => {
      cancel();
      run();
    };
    const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake };
    this.#sleepers.add(sleeper);
    return cancel;
  }
}

/** Lets what is ready go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
