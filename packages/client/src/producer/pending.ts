// What waits for something, in order: entries for their acknowledgement, callers for room.

/** Something that is settled once, and holds nothing large from then on. */
export interface Settling {
  readonly isSettled: boolean;
}

/** Settled items may make up half of the list and these before it is tidied. */
const settledAllowed = 64;

/**
 * Items in the order they were added. A list, not a Set: a Set that lives for long makes a new table for every few changes, among what
 * the garbage collector holds for old, and each keeps what was in it alive until that is collected as well.
 */
export class Pending<Item extends Settling> {
  readonly #items: Item[] = [];
  /** All items before it are settled. */
  #head = 0;
  #size = 0;

  /** How many are unsettled. */
  get size(): number {
    return this.#size;
  }

  /** The unsettled one that was added first. */
  get first(): Item | undefined {
    while (this.#items[this.#head]?.isSettled === true) this.#head += 1;
    return this.#items[this.#head];
  }

  /** The unsettled ones, as they are now. */
  get all(): readonly Item[] {
    return this.#items.filter(({ isSettled }) => !isSettled);
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#size += 1;
  }

  /** One that was added has been settled. */
  noteSettled(): void {
    this.#size -= 1;
    if (this.#items.length > 2 * this.#size + settledAllowed) this.#tidy();
  }

  #tidy(): void {
    let kept = 0;
    for (const item of this.#items) {
      if (!item.isSettled) this.#items[kept++] = item;
    }
    this.#items.length = kept;
    this.#head = 0;
  }
}
