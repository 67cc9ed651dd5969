// The machine's disk: `FileSystem` on node:fs, the only place in this package that imports it.
import fs from 'node:fs';
import { systemClock } from './clock.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { errorCode } from './file-system.ts';
import { FlushPace } from './flush-pace.ts';

const flags = { existing: 'r+', new: 'w+', exclusive: 'wx+' } as const;

/** The machine's own file system. */
export const nodeFileSystem: FileSystem = {
  open: (path, how) => new NodeFile(fs.openSync(path, flags[how]), how),
  sizeOf: (path) => fs.statSync(path, { throwIfNoEntry: false })?.size,
  list: (folder) => ignoring('ENOENT', () => fs.readdirSync(folder)) ?? [],
  makeFolder: (folder) => ignoring('EEXIST', () => (fs.mkdirSync(folder), true)) ?? false,
  rename: (from, to) => settled((done) => fs.rename(from, to, done)),
  unlink: (path) => gone(settled((done) => fs.unlink(path, done))),
  removeFolder: (folder) => gone(settled((done) => fs.rmdir(folder, done))),
  syncFolder,
};

/** The machine's file system for whoever only looks: files open for reading, and what would change anything throws. */
export const readOnlyFileSystem: FileSystem = {
  open: (path, how) => (how === 'existing' ? new NodeFile(fs.openSync(path, 'r'), how) : refuse(path)),
  sizeOf: (path) => nodeFileSystem.sizeOf(path),
  list: (folder) => nodeFileSystem.list(folder),
  makeFolder: refuse,
  rename: async (from) => refuse(from),
  unlink: async (path) => refuse(path),
  removeFolder: async (folder) => refuse(folder),
  syncFolder: async (folder) => refuse(folder),
};

function refuse(path: string): never {
  throw new Error(`${path} is only to be read.`);
}

/** What the system says of itself in a file such as those of /proc, which have no size; undefined if it does not. */
export function readSystemText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const flushes = new FlushPace(() => ({
  nowMs: systemClock.monotonicMs(),
  events: performance.nodeTiming.uvMetricsInfo.events,
}));

class NodeFile implements OpenFile {
  readonly #descriptor: number;
  /** Infinity if its size or place on the disk is to be flushed as well, which takes longer. */
  #unflushedBytes: number;
  #isClosed = false;

  constructor(descriptor: number, how: keyof typeof flags) {
    this.#descriptor = descriptor;
    this.#unflushedBytes = how === 'existing' ? 0 : Infinity;
  }

  readSync(into: Buffer, position: number): number {
    let filled = 0;
    while (filled < into.length) {
      const count = fs.readSync(this.#descriptor, into, filled, into.length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  async read(into: Buffer, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const count = await this.#readOnce(into, filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  writeSync(buffers: readonly Buffer[], position: number): number {
    const [only] = buffers;
    const isOne = buffers.length === 1 && only !== undefined;
    const count = isOne
      ? fs.writeSync(this.#descriptor, only, 0, only.length, position)
      : fs.writevSync(this.#descriptor, buffers, position);
    this.#unflushedBytes += count;
    return count;
  }

  write(bytes: Buffer, position: number): Promise<number> {
    this.#unflushedBytes += bytes.length;
    return new Promise((resolve, reject) => {
      fs.write(this.#descriptor, bytes, 0, bytes.length, position, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  datasync(): Promise<void> {
    const bytes = this.#unflushedBytes;
    this.#unflushedBytes = 0;
    return flushes.run(bytes, {
      atOnce: () => fs.fdatasyncSync(this.#descriptor),
      inPool: () => settled((done) => fs.fdatasync(this.#descriptor, done)),
    });
  }

  truncate(size: number): void {
    this.#unflushedBytes = Infinity;
    fs.ftruncateSync(this.#descriptor, size);
  }

  size(): number {
    return fs.fstatSync(this.#descriptor).size;
  }

  close(): void {
    if (this.#isClosed) return; // the number may be another file's by now
    this.#isClosed = true;
    fs.closeSync(this.#descriptor);
  }

  #readOnce(into: Buffer, at: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#descriptor, into, at, into.length - at, position, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const descriptor = fs.openSync(folder, 'r');
  try {
    await settled((done) => fs.fsync(descriptor, done));
  } finally {
    fs.closeSync(descriptor);
  }
}

function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));
}

async function gone(removal: Promise<void>): Promise<void> {
  await removal.catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

function ignoring<T>(code: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (errorCode(error) === code) return undefined;
    throw error;
  }
}
