// Walks the entries of one life in one journal file, whatever else the file holds. Used while opening, when nothing else
// runs, so it reads synchronously.
import type { OpenFile } from './file-system.ts';
import { claimedEntryBytes, type Entry, type EntryCheck, entryAlignment, entryHeaderBytes, readEntry } from './journal-entry.ts';

/** What lies in a window is written in one go; larger ones make more garbage live longer, which costs time and memory. */
const windowBytes = 256 * 1024;
/** Where an entry's life stands, in 32-bit words. */
const lifeWord = 2;
const wordsPerStep = entryAlignment / 4;

/**
 * Call `next()` until it gives undefined. Every valid entry of `life` at a multiple of 16 bytes is given, in the order of
 * positions; a valid one is jumped over, so that what a payload contains is never taken for an entry.
 */
export class JournalReader {
  /** Where the entry given last begins. */
  position = 0;

  readonly #file: OpenFile;
  readonly #fileBytes: number;
  readonly #life: Int32Array;
  readonly #check: EntryCheck;
  readonly #beforeMove: () => void;
  #window: Buffer = Buffer.alloc(0);
  #words: Int32Array = new Int32Array(0);
  #windowAt = 0;
  #windowEnd = 0;
  #nextAt: number;

  /**
   * Reads `file` from `from` (a multiple of 16) on. Payloads given out stay valid until `beforeMove` is called, before the
   * reader's window moves on.
   */
  constructor(file: OpenFile, life: Buffer, from = 0, check: EntryCheck = 'all', beforeMove: () => void = () => {}) {
    this.#file = file;
    this.#check = check;
    this.#fileBytes = file.size();
    this.#life = wordsOf(Buffer.from(new Uint8Array(life).buffer));
    this.#nextAt = from;
    this.#beforeMove = beforeMove;
  }

  /** The next valid entry, undefined behind the last one. */
  next(): Entry | undefined {
    let position = this.#findLife(this.#nextAt);
    while (position !== undefined) {
      const length = claimedEntryBytes(this.#window, position - this.#windowAt);
      const entry = this.#entryAt(position, length);
      if (entry !== undefined) {
        this.position = position;
        this.#nextAt = Math.ceil((position + length) / entryAlignment) * entryAlignment;
        return entry;
      }
      position = this.#findLife(position + entryAlignment);
    }
    return undefined;
  }

  #entryAt(position: number, length: number): Entry | undefined {
    if (length < entryHeaderBytes || position + length > this.#fileBytes) return undefined;
    if (!this.#show(position, length)) return undefined;
    return readEntry(this.#window, position - this.#windowAt, length, this.#check);
  }

  /** The first place at or after `position` where this life is named; its header is in the window then. */
  #findLife(position: number): number | undefined {
    const [high, low] = this.#life;
    while (this.#show(position, entryHeaderBytes)) {
      const words = this.#words;
      const end = (this.#windowEnd - this.#windowAt - entryHeaderBytes) / 4;
      let word = (position - this.#windowAt) / 4;
      while (word <= end && (words[word + lifeWord] !== high || words[word + lifeWord + 1] !== low)) word += wordsPerStep;
      position = this.#windowAt + word * 4;
      if (word <= end) return position;
    }
    return undefined;
  }

  /** Makes sure that the window holds `length` bytes from `position` on; false if the file does not. */
  #show(position: number, length: number): boolean {
    if (position + length <= this.#windowEnd && position >= this.#windowAt) return true;
    if (position + length > this.#fileBytes) return false;
    this.#beforeMove();
    if (this.#window.length < Math.max(length, 1)) this.#grow(Math.min(Math.max(windowBytes, length), this.#fileBytes));
    this.#windowAt = position;
    this.#windowEnd =
      position + this.#file.readSync(this.#window.subarray(0, Math.min(this.#window.length, this.#fileBytes - position)), position);
    return position + length <= this.#windowEnd;
  }

  #grow(bytes: number): void {
    this.#window = Buffer.allocUnsafeSlow(Math.ceil(bytes / entryAlignment) * entryAlignment);
    this.#words = wordsOf(this.#window);
  }
}

function wordsOf(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
