// Readers that wait for a partition to grow.
import type { Clock } from './clock.ts';

/** A set of waits that all end together. */
export class Waiters {
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
        this.#waiting.delete(end);
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
    this.#waiting = new Set(); // one that lives on leaves garbage among what is old
    for (const end of woken) end();
  }
}
