// Chance and time that a seed decides, for simulations.
import type { Clock } from '../../src/clock.ts';

/** A small generator of numbers; the same seed gives the same ones. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2_654_435_761) + 1) >>> 0;
  }

  /** 0 or more, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of `items`, of which there are some. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item; // the index is below the length
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** A clock that stands still until it is told otherwise. */
export class ManualClock implements Clock {
  wallMs = 1_700_000_000_000;
  elapsedMs = 0;
  #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  now(): number {
    return this.wallMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.elapsedMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many calls are pending. */
  get pending(): number {
    return this.#timers.size;
  }

  /** How long until the next pending call, milliseconds; undefined if there is none. */
  get nextDelayMs(): number | undefined {
    if (this.#timers.size === 0) return undefined;
    return Math.max(0, Math.min(...[...this.#timers].map(({ atMs }) => atMs)) - this.elapsedMs);
  }

  /** Forgets all pending calls, as the end of a process does. */
  forgetCalls(): void {
    this.#timers.clear();
  }

  /** Lets time pass, on both clocks, and makes the calls that are due. */
  advance(ms: number): void {
    this.wallMs += ms;
    this.elapsedMs += ms;
    for (const timer of [...this.#timers].toSorted((a, b) => a.atMs - b.atMs)) {
      if (timer.atMs <= this.elapsedMs && this.#timers.delete(timer)) timer.run();
    }
  }
}
