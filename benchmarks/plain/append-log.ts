// One growing file with group commit: the ordinary way to make appends durable in Node. One write and flush runs at a
// time; what arrives meanwhile goes into the next.
import { type FileHandle, open } from 'node:fs/promises';

interface WaitingAppend {
  readonly bytes: Buffer;
  readonly resolve: (position: number) => void;
  readonly reject: (reason: unknown) => void;
}

export class AppendLog {
  readonly #file: FileHandle;
  #end = 0;
  #waiting: WaitingAppend[] = [];
  #flushing = false;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Begins an empty log at `path`. (A real server would read back what is there: that costs nothing while it serves.) */
  static async create(path: string): Promise<AppendLog> {
    return new AppendLog(await open(path, 'w+'));
  }

  /** Answers the position of the first byte once the bytes are on disk; appends are answered in the order they came. */
  append(bytes: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject });
      if (!this.#flushing) void this.#flushAll();
    });
  }

  /** The `length` bytes at `position`, which must have been appended. */
  async read(position: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, position);
    if (bytesRead !== length) throw new Error(`Expected ${length} bytes at ${position}, got ${bytesRead}.`);
    return buffer;
  }

  async #flushAll(): Promise<void> {
    this.#flushing = true;
    while (this.#waiting.length > 0) await this.#flush(this.#waiting.splice(0));
    this.#flushing = false;
  }

  async #flush(group: readonly WaitingAppend[]): Promise<void> {
    try {
      const bytes = group.map((append) => append.bytes);
      const expected = bytes.reduce((sum, { length }) => sum + length, 0);
      const { bytesWritten } = await this.#file.writev(bytes, this.#end);
      if (bytesWritten !== expected) throw new Error(`Expected to write ${expected} bytes, wrote ${bytesWritten}.`);
      await this.#file.datasync();
      for (const append of group) {
        append.resolve(this.#end);
        this.#end += append.bytes.length;
      }
    } catch (error) {
      for (const append of group) append.reject(error);
    }
  }
}
