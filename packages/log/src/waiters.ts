// Readers that wait for a partition to grow.
import type { Clock } from './clock.ts';

/** A set of waits that all end together. */
export class Waiters {
  /** A new one whenever nobody waits: old tables of a Set that lives on hold what was in them. */
  #waiting = new Set<() => void>();

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves when woken, when `waitMs` milliseconds are over or when `signal` aborts; leaves nothing behind. */
  wait(clock: Clock, waitMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal?.removeEventListener('abort', end);
        if (this.#waiting.delete(end) && this.#waiting.size === 0) this.#waiting = new Set();
        resolve();
      };
      const cancel = clock.after(waitMs, end);
      signal?.addEventListener('abort', end, { once: true });
      this.#waiting.add(end);
    });
  }

  /** Ends all waits. */
  wakeAll(): void {
    if (this.#waiting.size === 0) return;
    const woken = this.#waiting;
    this.#waiting = new Set();
    for (const end of woken) end();
  }
}
