// A disk in memory that crashes. After a power cut it keeps what was synced, and of the rest what chance says: writes wholly,
// in part or not at all, in no order; names likewise. After a kill everything written stays, still unsynced. Calls can be made
// to fail, and asynchronous ones to take as long as a scheduler likes.
import { basename, dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../../src/file-system.ts';
import { type Fate, FileNode, FolderNode, filesBelow, find, recycle } from './crash-nodes.ts';
import type { Scheduler } from './scheduler.ts';
import type { Seeded } from './seeded.ts';
import { Tally } from './tally.ts';

/** What every call throws once the machine or the process is gone. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

/** What is asked of a file system, by name. */
export type Call =
  | 'open'
  | 'sizeOf'
  | 'list'
  | 'makeFolder'
  | 'rename'
  | 'unlink'
  | 'removeFolder'
  | 'syncFolder'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'size';

/** The disk; `mount` gives one process's view of it. */
export class CrashDisk {
  /** What its power cuts did. */
  readonly tally: Tally = new Tally();
  readonly #root: FolderNode;
  readonly #fate: Fate;

  constructor(random: Seeded, root: FolderNode = new FolderNode()) {
    this.#root = root;
    this.#fate = { random, tally: this.tally, stale: [] };
  }

  /** A file system that dies at its `crashAt`th call, half done; `scheduler` says when asynchronous calls go on. */
  mount(crashAt: number = Number.POSITIVE_INFINITY, scheduler?: Scheduler): CrashFileSystem {
    return new CrashFileSystem(this.#root, this.#fate, crashAt, scheduler);
  }

  cutPower(): void {
    this.#root.cutPower(this.#fate);
  }

  /** All files and their sizes in bytes. */
  files(): { path: string; bytes: number }[] {
    return Array.from(filesBelow(this.#root, ''), ([path, { current }]) => ({ path, bytes: current.length }));
  }

  /** The same disk once more, with a fate of its own: what happens to the one does not happen to the other. */
  copy(random: Seeded): CrashDisk {
    return new CrashDisk(random, this.#root.copy());
  }

  /** What every file holds, by path. */
  contents(): Map<string, Buffer> {
    return new Map(Array.from(filesBelow(this.#root, ''), ([path, file]) => [path, file.contents()]));
  }

  /** Turns over the bits of `mask` in one byte of a file, on the disk and in memory. */
  damage(path: string, position: number, mask = 0x10): void {
    const node = find(this.#root, path);
    if (!(node instanceof FileNode)) throw new Error(`There is no file ${path}.`);
    node.damage(position, mask);
  }
}

/** One process's view of a crash disk; counts its calls and may fail them. */
export class CrashFileSystem implements FileSystem {
  /** Calls made so far. */
  calls = 0;
  /** Calls that were made to fail, and writes that met a full disk. */
  failures = 0;
  isDead = false;
  /** Asked before every write: true refuses it as a full disk does. */
  isFull: (path: string) => boolean = () => false;
  /** True if a full disk may take the first part of what it refuses. */
  takesPart = true;
  /** Asked before every write: true takes only a part of it, which is no failure. */
  isShort: (path: string) => boolean = () => false;
  /** Asked before every sync: true fails it. */
  failsSync: (path: string) => boolean = () => false;
  /** Asked before every call: the system's code of the failure it is to end with, such as `EIO`. */
  failureOf: (call: Call, path: string) => string | undefined = () => undefined;
  /** Told of every call. */
  onCall: (call: Call, path: string) => void = () => {};
  /** Asked at every call: true makes it the last one, half done. */
  isLast: (call: Call, path: string) => boolean = () => false;
  /**
   * Told when a file is closed under an asynchronous call on it: its number may be given to another file then, and the call go
   * there.
   */
  onMisuse: (what: string) => void = () => {};
  readonly random: Seeded;
  readonly #root: FolderNode;
  readonly #stale: Buffer[];
  readonly #crashAt: number;
  readonly #scheduler: Scheduler | undefined;

  constructor(root: FolderNode, { random, stale }: Fate, crashAt: number, scheduler: Scheduler | undefined) {
    this.#root = root;
    this.random = random;
    this.#stale = stale;
    this.#crashAt = crashAt;
    this.#scheduler = scheduler;
  }

  open(path: string, how: 'existing' | 'new' | 'exclusive'): OpenFile {
    this.step('open', path);
    const folder = this.#folderOf(path);
    const known = folder.current.get(basename(path));
    if (how === 'existing' && known === undefined) throw failure('ENOENT', path);
    if (how === 'exclusive' && known !== undefined) throw failure('EEXIST', path);
    if (known instanceof FolderNode) throw failure('EISDIR', path);
    const node = known ?? new FileNode();
    if (known === undefined) folder.change([basename(path), node]);
    else if (how === 'new') node.change({ size: 0 });
    return new CrashFile(this, node, path);
  }

  sizeOf(path: string): number | undefined {
    this.step('sizeOf', path);
    const node = path === '/' ? this.#root : find(this.#root, path);
    return node instanceof FileNode ? node.current.length : node === undefined ? undefined : 0;
  }

  list(folder: string): readonly string[] {
    this.step('list', folder);
    const node = find(this.#root, folder);
    return node instanceof FolderNode ? [...node.current.keys()] : [];
  }

  makeFolder(folder: string): boolean {
    this.step('makeFolder', folder);
    const parent = this.#folderOf(folder);
    if (parent.current.has(basename(folder))) return false;
    parent.change([basename(folder), new FolderNode()]);
    return true;
  }

  async rename(from: string, to: string): Promise<void> {
    this.step('rename', from);
    const folder = this.#folderOf(from);
    folder.change([basename(from), undefined], [basename(to), folder.current.get(basename(from))]);
    await this.pause();
  }

  async unlink(path: string): Promise<void> {
    this.step('unlink', path);
    const folder = find(this.#root, dirname(path));
    const node = folder instanceof FolderNode ? folder.current.get(basename(path)) : undefined;
    if (folder instanceof FolderNode && node !== undefined) folder.change([basename(path), undefined]);
    if (node instanceof FileNode) recycle(this.#stale, node.contents());
    await this.pause();
  }

  async removeFolder(folder: string): Promise<void> {
    this.step('removeFolder', folder);
    const node = find(this.#root, folder);
    if (node instanceof FolderNode && node.current.size > 0) throw failure('ENOTEMPTY', folder);
    if (node !== undefined) this.#folderOf(folder).change([basename(folder), undefined]);
    await this.pause();
  }

  async syncFolder(folder: string): Promise<void> {
    this.step('syncFolder', folder);
    const node = folder === '/' ? this.#root : find(this.#root, folder);
    if (!(node instanceof FolderNode)) throw failure('ENOENT', folder);
    this.checkSync(folder);
    const changes = [...node.changes];
    await this.pause();
    node.sync(changes);
  }

  /** Counts a call; dies if it is the last one, and fails if it is told to. */
  step(call: Call, path: string, half: () => void = () => {}): void {
    if (this.isDead) throw new Crashed();
    this.calls += 1;
    this.onCall(call, path);
    if (this.calls >= this.#crashAt || this.isLast(call, path)) {
      this.isDead = true;
      half();
      throw new Crashed();
    }
    const code = this.failureOf(call, path);
    if (code !== undefined) throw this.#failed(code, path);
  }

  /** Lets others run before an asynchronous call goes on, unless the crash came first. */
  async pause(): Promise<void> {
    if (this.#scheduler === undefined) for (let turns = this.random.below(6); turns >= 0; turns -= 1) await Promise.resolve();
    else await this.#scheduler.pause();
    if (this.isDead) throw new Crashed();
  }

  /** How many of a write's `bytes` the disk takes; throws if it is full and takes none. */
  taken(path: string, bytes: number): number {
    const isFull = this.isFull(path);
    if (isFull) this.failures += 1;
    if (!isFull && !(bytes > 1 && this.isShort(path))) return bytes;
    const taken = isFull && !this.takesPart ? 0 : this.random.below(bytes);
    if (isFull && taken === 0) throw failure('ENOSPC', path);
    return Math.max(taken, 1);
  }

  /** Throws if the sync of `path` is to fail. */
  checkSync(path: string): void {
    if (this.failsSync(path)) throw this.#failed('EIO', path);
  }

  #failed(code: string, path: string): Error {
    this.failures += 1;
    return failure(code, path);
  }

  #folderOf(path: string): FolderNode {
    const parent = dirname(path);
    const folder = parent === '/' ? this.#root : find(this.#root, parent);
    if (folder instanceof FolderNode) return folder;
    throw failure('ENOENT', path);
  }
}

class CrashFile implements OpenFile {
  readonly #fileSystem: CrashFileSystem;
  readonly #node: FileNode;
  readonly #path: string;
  #isClosed = false;
  /** Asynchronous calls that have not ended. */
  #busy = 0;

  constructor(fileSystem: CrashFileSystem, node: FileNode, path: string) {
    this.#fileSystem = fileSystem;
    this.#node = node;
    this.#path = path;
  }

  readSync(into: Buffer, position: number): number {
    this.#step('read');
    return this.#node.current.copy(into, 0, Math.min(position, this.#node.current.length));
  }

  async read(into: Buffer, position: number): Promise<number> {
    this.#step('read');
    await this.#pause();
    if (this.#isClosed) throw new Error(`${this.#path} was closed under a read.`);
    return this.#node.current.copy(into, 0, Math.min(position, this.#node.current.length));
  }

  writeSync(buffers: readonly Buffer[], position: number): number {
    const bytes = Buffer.concat(buffers);
    this.#step('write', () => this.#node.change({ position, bytes: bytes.subarray(0, this.#fileSystem.random.below(bytes.length + 1)) }));
    const taken = this.#fileSystem.taken(this.#path, bytes.length);
    this.#node.change({ position, bytes: bytes.subarray(0, taken) });
    return taken;
  }

  async write(bytes: Buffer, position: number): Promise<number> {
    const written = this.writeSync([bytes], position);
    await this.#pause();
    return written;
  }

  async datasync(): Promise<void> {
    this.#step('sync');
    this.#fileSystem.checkSync(this.#path);
    const changes = [...this.#node.changes];
    await this.#pause();
    this.#node.sync(changes);
  }

  truncate(size: number): void {
    this.#step('truncate');
    this.#node.change({ size });
  }

  size(): number {
    this.#step('size');
    return this.#node.current.length;
  }

  close(): void {
    if (this.#busy > 0 && !this.#fileSystem.isDead) this.#fileSystem.onMisuse(`${this.#path} was closed under a call on it.`);
    this.#isClosed = true;
  }

  async #pause(): Promise<void> {
    this.#busy += 1;
    try {
      await this.#fileSystem.pause();
    } finally {
      this.#busy -= 1;
    }
  }

  #step(call: Call, half?: () => void): void {
    if (this.#isClosed) throw new Error(`${this.#path} is closed.`);
    this.#fileSystem.step(call, this.#path, half);
  }
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
