// Files in memory for the property tests of what reads them. Reads are counted and bounded, so that what would go on for ever fails.
import type { FileSystem, OpenFile } from '../../src/file-system.ts';

/** No reader of a small file needs this many calls. */
const mostReads = 10_000;

/** A file that is only read. */
export class MemoryFile implements Pick<OpenFile, 'size' | 'readSync' | 'read' | 'close'> {
  /** Calls that read, so far. */
  reads = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  size(): number {
    return this.#bytes.length;
  }

  readSync(into: Buffer, position: number): number {
    this.reads += 1;
    if (this.reads > mostReads) throw new Error(`A file of ${this.#bytes.length} bytes was read ${mostReads} times.`);
    return this.#bytes.copy(into, 0, Math.min(position, this.#bytes.length));
  }

  read(into: Buffer, position: number): Promise<number> {
    return Promise.resolve(this.readSync(into, position));
  }

  close(): void {}
}

/** A file system of these files, by path; nothing in it can be changed. */
export function memoryFiles(files: ReadonlyMap<string, MemoryFile>): FileSystem {
  return {
    // What reads a file calls no more than these.
    open: (path) => (files.get(path) ?? refuse()) as MemoryFile & OpenFile,
    sizeOf: (path) => files.get(path)?.size(),
    list: () => [],
    makeFolder: refuse,
    rename: refuse,
    unlink: refuse,
    removeFolder: refuse,
    syncFolder: refuse,
  };
}

function refuse(): never {
  throw new Error('These files are only read.');
}
