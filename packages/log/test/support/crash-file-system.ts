// A disk in memory that crashes. After a power cut it keeps what was synced, and of the rest what chance says: writes wholly,
// in part (by sectors) or not at all, in no order; names likewise. After a kill everything written stays, still unsynced.
import { basename, dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../../src/file-system.ts';
import { Seeded } from './seeded.ts';

const sectorBytes = 512;

/** What every call throws once the machine or the process is gone. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}
type Change = Write | { readonly size: number };

class FileNode {
  current: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);
  /** What was done since the durable state, in order. */
  changes: Change[] = [];

  change(change: Change): void {
    this.changes.push(change);
    this.current = applied(this.current, change);
  }

  /** Makes these changes durable, but for those another sync made durable meanwhile: a disk does not go back. */
  sync(changes: readonly Change[]): void {
    const done = new Set(changes);
    for (const change of this.changes) if (done.has(change)) this.durable = applied(this.durable, change);
    this.changes = this.changes.filter((change) => !done.has(change));
  }

  cutPower(random: Seeded): void {
    for (const change of this.changes) {
      for (const part of survivors(change, random)) this.durable = applied(this.durable, part);
    }
    this.changes = [];
    this.current = this.durable;
  }
}

/** One step on the names of a folder: what each name stands for afterwards, undefined for nothing. */
type NameChange = ReadonlyMap<string, Node | undefined>;
type Node = FileNode | FolderNode;

class FolderNode {
  current: Map<string, Node> = new Map();
  durable: Map<string, Node> = new Map();
  changes: NameChange[] = [];

  change(...names: (readonly [string, Node | undefined])[]): void {
    const change = new Map(names);
    this.changes.push(change);
    rename(this.current, change);
  }

  sync(changes: readonly NameChange[]): void {
    const done = new Set(changes);
    for (const change of this.changes) if (done.has(change)) rename(this.durable, change);
    this.changes = this.changes.filter((change) => !done.has(change));
  }

  cutPower(random: Seeded): void {
    for (const change of this.changes) if (random.chance(0.5)) rename(this.durable, change);
    this.changes = [];
    this.current = new Map(this.durable);
    for (const node of this.current.values()) node.cutPower(random);
  }
}

/** The disk; `mount` gives one process's view of it. */
export class CrashDisk {
  readonly #root = new FolderNode();
  readonly #random: Seeded;

  constructor(random: Seeded) {
    this.#random = random;
  }

  /** A file system that dies at its `crashAt`th call, half done. */
  mount(crashAt: number = Number.POSITIVE_INFINITY): CrashFileSystem {
    return new CrashFileSystem(this.#root, this.#random, crashAt);
  }

  cutPower(): void {
    this.#root.cutPower(this.#random);
  }

  /** Turns over one bit of a file, on the disk and in memory. */
  damage(path: string, position: number): void {
    const node = find(this.#root, path);
    if (!(node instanceof FileNode)) throw new Error(`There is no file ${path}.`);
    for (const bytes of new Set([node.current, node.durable])) if (position < bytes.length) bytes[position] = (bytes[position] ?? 0) ^ 0x10;
  }
}

/** One process's view of a crash disk; counts its calls and may fail them. */
export class CrashFileSystem implements FileSystem {
  /** Calls made so far. */
  calls = 0;
  isDead = false;
  /** Asked before every write: true refuses it as a full disk does. */
  isFull: (path: string) => boolean = () => false;
  /** True if a full disk may take the first part of what it refuses. */
  takesPart = true;
  /** Asked before every sync: true fails it. */
  failsSync: (path: string) => boolean = () => false;
  readonly #root: FolderNode;
  readonly random: Seeded;
  readonly #crashAt: number;

  constructor(root: FolderNode, random: Seeded, crashAt: number) {
    this.#root = root;
    this.random = random;
    this.#crashAt = crashAt;
  }

  open(path: string, how: 'existing' | 'new' | 'exclusive'): OpenFile {
    this.step();
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
    this.step();
    const node = path === '/' ? this.#root : find(this.#root, path);
    return node instanceof FileNode ? node.current.length : node === undefined ? undefined : 0;
  }

  list(folder: string): readonly string[] {
    this.step();
    const node = find(this.#root, folder);
    return node instanceof FolderNode ? [...node.current.keys()] : [];
  }

  makeFolder(folder: string): boolean {
    this.step();
    const parent = this.#folderOf(folder);
    if (parent.current.has(basename(folder))) return false;
    parent.change([basename(folder), new FolderNode()]);
    return true;
  }

  async rename(from: string, to: string): Promise<void> {
    this.step();
    const folder = this.#folderOf(from);
    folder.change([basename(from), undefined], [basename(to), folder.current.get(basename(from))]);
    await this.pause();
  }

  async unlink(path: string): Promise<void> {
    this.step();
    const folder = find(this.#root, dirname(path));
    if (folder instanceof FolderNode && folder.current.has(basename(path))) folder.change([basename(path), undefined]);
    await this.pause();
  }

  async removeFolder(folder: string): Promise<void> {
    this.step();
    const node = find(this.#root, folder);
    if (node instanceof FolderNode && node.current.size > 0) throw failure('ENOTEMPTY', folder);
    if (node !== undefined) this.#folderOf(folder).change([basename(folder), undefined]);
    await this.pause();
  }

  async syncFolder(folder: string): Promise<void> {
    this.step();
    const node = folder === '/' ? this.#root : find(this.#root, folder);
    if (!(node instanceof FolderNode)) throw failure('ENOENT', folder);
    if (this.failsSync(folder)) throw failure('EIO', folder);
    const changes = [...node.changes];
    await this.pause();
    node.sync(changes);
  }

  /** Counts a call; dies if it is the last one. */
  step(half: () => void = () => {}): void {
    if (this.isDead) throw new Crashed();
    this.calls += 1;
    if (this.calls < this.#crashAt) return;
    this.isDead = true;
    half();
    throw new Crashed();
  }

  /** Lets others run before an asynchronous call goes on, unless the crash came first. */
  async pause(): Promise<void> {
    for (let turns = this.random.below(6); turns >= 0; turns -= 1) await Promise.resolve();
    if (this.isDead) throw new Crashed();
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

  constructor(fileSystem: CrashFileSystem, node: FileNode, path: string) {
    this.#fileSystem = fileSystem;
    this.#node = node;
    this.#path = path;
  }

  readSync(into: Buffer, position: number): number {
    this.#step();
    return this.#node.current.copy(into, 0, Math.min(position, this.#node.current.length));
  }

  async read(into: Buffer, position: number): Promise<number> {
    this.#step();
    await this.#fileSystem.pause();
    if (this.#isClosed) throw new Error(`${this.#path} was closed under a read.`);
    return this.#node.current.copy(into, 0, Math.min(position, this.#node.current.length));
  }

  writeSync(buffers: readonly Buffer[], position: number): number {
    const bytes = Buffer.concat(buffers);
    const isPartial = this.#fileSystem.isFull(this.#path);
    const part = bytes.subarray(0, this.#fileSystem.takesPart ? this.#fileSystem.random.below(bytes.length) : 0);
    this.#step(() => this.#node.change({ position, bytes: part }));
    this.#node.change({ position, bytes: isPartial ? part : bytes });
    if (isPartial && part.length === 0) throw failure('ENOSPC', this.#path);
    return isPartial ? part.length : bytes.length;
  }

  async write(bytes: Buffer, position: number): Promise<number> {
    const written = this.writeSync([bytes], position);
    await this.#fileSystem.pause();
    return written;
  }

  async datasync(): Promise<void> {
    this.#step();
    if (this.#fileSystem.failsSync(this.#path)) throw failure('EIO', this.#path);
    const changes = [...this.#node.changes];
    await this.#fileSystem.pause();
    this.#node.sync(changes);
  }

  truncate(size: number): void {
    this.#step();
    this.#node.change({ size });
  }

  size(): number {
    this.#step();
    return this.#node.current.length;
  }

  close(): void {
    this.#isClosed = true;
  }

  #step(half?: () => void): void {
    if (this.#isClosed) throw new Error(`${this.#path} is closed.`);
    this.#fileSystem.step(half);
  }
}

function applied(before: Buffer, change: Change): Buffer {
  if ('size' in change) {
    const cut = Buffer.alloc(change.size);
    before.copy(cut);
    return cut;
  }
  const after = Buffer.alloc(Math.max(before.length, change.position + change.bytes.length));
  before.copy(after);
  change.bytes.copy(after, change.position);
  return after;
}

/** The parts of an unsynced change that reached the disk. */
function survivors(change: Change, random: Seeded): Change[] {
  const fate = random.below(3);
  if (fate === 0) return [];
  if (fate === 1 || 'size' in change) return [change];
  const parts: Change[] = [];
  for (let start = 0; start < change.bytes.length; ) {
    const end = Math.min(start + sectorBytes - ((change.position + start) % sectorBytes), change.bytes.length);
    if (random.chance(0.6)) parts.push({ position: change.position + start, bytes: change.bytes.subarray(start, end) });
    start = end;
  }
  return parts;
}

function rename(names: Map<string, Node>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}

function find(root: FolderNode, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const name of path.split('/').filter((part) => part !== '')) node = node instanceof FolderNode ? node.current.get(name) : undefined;
  return node;
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
