// A disk in memory that holds so many blocks and no more, as full disks do: a write takes what fits, then nothing.
import type { FileSystem, OpenFile } from '../../src/file-system.ts';
import type { CrashFileSystem } from '../support/crash-file-system.ts';

const blockBytes = 512;

/** Counts the blocks of all files and folders; those of a file are what was written of it, not its size. */
export class SmallDisk {
  /** Blocks it may hold; may be changed at any time. */
  capacity: number;
  readonly #blocks = new Map<string, Set<number>>();
  #used = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get free(): number {
    return Math.max(this.capacity - this.#used, 0);
  }

  /** One process's view. */
  mount(inner: CrashFileSystem): FileSystem {
    return new SmallFileSystem(this, inner);
  }

  /** A new file or folder takes a block, an old one keeps only that. */
  create(path: string): void {
    if (!this.#blocks.has(path) && this.free === 0) throw noSpace(path);
    this.#set(path, new Set([-1]));
  }

  /** How many of `length` bytes at `position` have room; they have it from now on. */
  take(path: string, position: number, length: number): number {
    const blocks = this.#blocks.get(path) ?? new Set([-1]);
    const last = Math.floor((position + length - 1) / blockBytes);
    for (let block = Math.floor(position / blockBytes); block <= last; block += 1) {
      if (blocks.has(block)) continue;
      if (this.free === 0) {
        if (block * blockBytes <= position) throw noSpace(path);
        return block * blockBytes - position;
      }
      blocks.add(block);
      this.#used += 1;
    }
    return length;
  }

  cut(path: string, size: number): void {
    this.#set(path, new Set([...(this.#blocks.get(path) ?? [])].filter((block) => block * blockBytes < size)));
  }

  remove(path: string): void {
    this.#used -= this.#blocks.get(path)?.size ?? 0;
    this.#blocks.delete(path);
  }

  rename(from: string, to: string): void {
    const blocks = this.#blocks.get(from);
    this.remove(to);
    if (blocks !== undefined) this.#blocks.set(to, blocks);
    this.#blocks.delete(from);
  }

  #set(path: string, blocks: Set<number>): void {
    this.#used += blocks.size - (this.#blocks.get(path)?.size ?? 0);
    this.#blocks.set(path, blocks);
  }
}

class SmallFileSystem implements FileSystem {
  readonly #disk: SmallDisk;
  readonly #inner: CrashFileSystem;

  constructor(disk: SmallDisk, inner: CrashFileSystem) {
    this.#disk = disk;
    this.#inner = inner;
  }

  open(path: string, how: 'existing' | 'new' | 'exclusive'): OpenFile {
    if (how === 'new' || (how === 'exclusive' && this.#inner.sizeOf(path) === undefined)) this.#disk.create(path);
    return new SmallFile(this.#disk, this.#inner.open(path, how), path);
  }

  sizeOf(path: string): number | undefined {
    return this.#inner.sizeOf(path);
  }

  list(folder: string): readonly string[] {
    return this.#inner.list(folder);
  }

  makeFolder(folder: string): boolean {
    if (this.#inner.sizeOf(folder) === undefined) this.#disk.create(folder);
    return this.#inner.makeFolder(folder);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#inner.rename(from, to);
    this.#disk.rename(from, to);
  }

  async unlink(path: string): Promise<void> {
    await this.#inner.unlink(path);
    this.#disk.remove(path);
  }

  async removeFolder(folder: string): Promise<void> {
    await this.#inner.removeFolder(folder);
    this.#disk.remove(folder);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#inner.syncFolder(folder);
  }
}

class SmallFile implements OpenFile {
  readonly #disk: SmallDisk;
  readonly #inner: OpenFile;
  readonly #path: string;

  constructor(disk: SmallDisk, inner: OpenFile, path: string) {
    this.#disk = disk;
    this.#inner = inner;
    this.#path = path;
  }

  readSync(into: Buffer, position: number): number {
    return this.#inner.readSync(into, position);
  }

  async read(into: Buffer, position: number): Promise<number> {
    return await this.#inner.read(into, position);
  }

  writeSync(buffers: readonly Buffer[], position: number): number {
    const bytes = Buffer.concat(buffers);
    return this.#inner.writeSync([bytes.subarray(0, this.#disk.take(this.#path, position, bytes.length))], position);
  }

  async write(bytes: Buffer, position: number): Promise<number> {
    return await this.#inner.write(bytes.subarray(0, this.#disk.take(this.#path, position, bytes.length)), position);
  }

  async datasync(): Promise<void> {
    await this.#inner.datasync();
  }

  truncate(size: number): void {
    this.#inner.truncate(size);
    this.#disk.cut(this.#path, size);
  }

  size(): number {
    return this.#inner.size();
  }

  close(): void {
    this.#inner.close();
  }
}

function noSpace(path: string): Error {
  return Object.assign(new Error(`ENOSPC: no space left on device, ${path}`), { code: 'ENOSPC' });
}
