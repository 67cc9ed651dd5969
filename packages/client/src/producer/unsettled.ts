// What was accepted and is neither acknowledged nor failed yet.
import type { Entry } from './entry.ts';

/** Settled entries may make up half of the list and these before it is tidied. */
const settledAllowed = 64;

/**
 * Entries in the order they were accepted. A list, not a Set: a Set that lives for long makes a new table for every few changes, among
 * what the garbage collector holds for old, and each keeps what was in it alive until that is collected as well.
 */
export class Unsettled {
  readonly #entries: Entry[] = [];
  #size = 0;

  /** How many are unsettled. */
  get size(): number {
    return this.#size;
  }

  /** The one that was accepted first. */
  get oldest(): Entry | undefined {
    return this.#entries.find(({ isSettled }) => !isSettled);
  }

  /** All of them, as they are now. */
  get all(): readonly Entry[] {
    return this.#entries.filter(({ isSettled }) => !isSettled);
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#size += 1;
  }

  /** One that was added has been settled. */
  noteSettled(): void {
    this.#size -= 1;
    if (this.#entries.length > 2 * this.#size + settledAllowed) this.#tidy();
  }

  #tidy(): void {
    let kept = 0;
    for (const entry of this.#entries) {
      if (!entry.isSettled) this.#entries[kept++] = entry;
    }
    this.#entries.length = kept;
  }
}
