// A file seen through a piece of memory that moves forward.
import type { OpenFile } from './file-system.ts';

/** How much is read at once, unless more is asked for. */
const pieceBytes = 1024 * 1024;

/** Shows bytes of the first `limit` bytes of a file. */
export class FileWindow {
  readonly #file: OpenFile;
  readonly #limit: number;
  #bytes: Buffer = Buffer.alloc(0);
  #from = 0;
  #end = 0;

  constructor(file: OpenFile, limit: number) {
    this.#file = file;
    this.#limit = limit;
  }

  /** Makes sure that `length` bytes from `position` on can be viewed; false if the file, or the limit, ends before. */
  async load(position: number, length: number): Promise<boolean> {
    if (this.#holds(position, length)) return true;
    const room = this.#limit - position;
    if (length > room) return false;
    const wanted = Math.min(Math.max(length, pieceBytes), room);
    if (this.#bytes.length < wanted) this.#bytes = Buffer.allocUnsafeSlow(wanted);
    this.#from = position;
    this.#end = position; // nothing, should the read fail
    this.#end += await this.#file.read(this.#bytes.subarray(0, wanted), position);
    return this.#holds(position, length);
  }

  /** Bytes that were loaded; valid until the next `load`. */
  view(position: number, length: number): Buffer {
    return this.#bytes.subarray(position - this.#from, position - this.#from + length);
  }

  #holds(position: number, length: number): boolean {
    return position >= this.#from && position + length <= this.#end;
  }
}
