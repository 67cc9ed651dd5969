// Answers of GetMessages that were full, ready to be sent again: several readers that go through a stream ask for the same.
import type { BufferPool } from '../buffer-pool.ts';

/** An answer for one place. */
export interface ReadyAnswer {
  /** Of the place's media type. */
  readonly body: Buffer;
  readonly count: number;
  /** The offset behind its last message. */
  readonly nextOffset: number;
}

/** Where a read begins and how much it may give: what is stored there never changes, so neither does a full answer. */
export interface Place {
  readonly logName: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly limit: number;
  readonly mediaType: string;
}

interface Entry extends ReadyAnswer {
  /** Answers with its body that are not sent yet. */
  users: number;
  isKept: boolean;
}

const mostKept = 12;

/** Keeps the last few. A body goes back to its pool when it is kept no longer and nobody sends it. */
export class ReadyAnswers {
  readonly #buffers: BufferPool;
  /** The one used least lately first. */
  readonly #entries = new Map<string, Entry>();

  constructor(buffers: BufferPool) {
    this.#buffers = buffers;
  }

  /** The answer, if it is kept; whoever gets it calls `release` when it has been sent. That the place is retained is for the caller to see. */
  find(place: Place): ReadyAnswer | undefined {
    const key = keyOf(place);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users += 1;
    return entry;
  }

  /** Keeps an answer, whose body is of the pool; its first sender calls `release` too. */
  keep(place: Place, answer: ReadyAnswer): ReadyAnswer {
    const key = keyOf(place);
    this.#drop(key);
    const entry: Entry = { ...answer, users: 1, isKept: true };
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > mostKept && oldest !== undefined) this.#drop(oldest);
    return entry;
  }

  /** An answer that `find` or `keep` gave has been sent. */
  release(answer: ReadyAnswer): void {
    // Only those two make them.
    const entry = answer as Entry;
    entry.users -= 1;
    this.#recycle(entry);
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.isKept = false;
    this.#recycle(entry);
  }

  #recycle({ users, isKept, body }: Entry): void {
    if (users === 0 && !isKept) this.#buffers.give(body);
  }
}

function keyOf({ logName, partition, fromOffset, limit, mediaType }: Place): string {
  return `${logName} ${partition} ${fromOffset} ${limit} ${mediaType}`;
}
