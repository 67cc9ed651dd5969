// A crash disk seen through glass: every call is numbered and noted, and one of them may meet a fault.
import type { FileSystem, OpenFile } from '../../src/file-system.ts';
import { Crashed, type CrashFileSystem } from '../support/crash-file-system.ts';

/** What the process was doing when it made a call. */
export type Phase = 'opening' | 'working' | 'closing';

/** One call: the method, the path it is about, and when it came. */
export interface Call {
  readonly method: Exclude<keyof FileSystem, 'open'> | keyof OpenFile | 'openExisting' | 'openNew';
  readonly path: string;
  readonly phase: Phase;
  /** True for a write of nothing but zeros. */
  readonly isZeros: boolean;
}

/**
 * What a call meets. `EIO`, `ENOSPC`: it fails with that code and does nothing; `twice`: so does the next write to the same
 * file. `short, then …`: a write takes half, and the write that would take the rest fails. `killed`: the process is gone, a write half done. `power cut`: likewise, and so is
 * everything the disk was not told to keep.
 */
export type Fault = 'EIO' | 'ENOSPC' | 'ENOSPC twice' | 'short, then EIO' | 'short, then ENOSPC' | 'killed' | 'power cut';

/** Numbers the calls of all lives, from 0, and gives one of them its fault. */
export class FaultAt {
  readonly calls: Call[] = [];
  phase: Phase = 'opening';
  /** True once the fault has come. */
  hasStruck = false;
  readonly fault: Fault | undefined;
  readonly #number: number;
  /** The path whose next write fails, and with what. */
  #refusing: { readonly path: string; readonly code: string } | undefined;

  /** Call `number` meets `fault`; without one nothing happens. */
  constructor(fault?: Fault, number = -1) {
    this.fault = fault;
    this.#number = number;
  }

  /** Notes a call that does not write. */
  meet(fileSystem: CrashFileSystem, method: Call['method'], path: string): void {
    this.#strike(fileSystem, { method, path, phase: this.phase, isZeros: false }, 0, () => {});
  }

  /** Notes a write; returns how many of the bytes are to be written. `write` writes that many at once. */
  meetWrite(
    fileSystem: CrashFileSystem,
    method: 'write' | 'writeSync',
    path: string,
    bytes: Buffer,
    write: (count: number) => void,
  ): number {
    const isZeros = bytes.equals(Buffer.alloc(bytes.length));
    return this.#strike(fileSystem, { method, path, phase: this.phase, isZeros }, bytes.length, write);
  }

  #strike(fileSystem: CrashFileSystem, call: Call, length: number, write: (count: number) => void): number {
    if (fileSystem.isDead) throw new Crashed();
    const isStruck = this.calls.push(call) - 1 === this.#number;
    if (isStruck) this.hasStruck = true;
    const { path } = call;
    if (length > 0 && this.#refusing?.path === path) throw failure(this.#takeRefusal(), path);
    if (!isStruck || this.fault === undefined) return length;
    switch (this.fault) {
      case 'EIO':
      case 'ENOSPC':
        throw failure(this.fault, path);
      case 'ENOSPC twice':
        this.#refusing = { path, code: 'ENOSPC' };
        throw failure('ENOSPC', path);
      case 'short, then EIO':
      case 'short, then ENOSPC':
        this.#refusing = { path, code: this.fault.slice('short, then '.length) };
        return Math.floor(length / 2);
      case 'killed':
      case 'power cut':
        write(Math.floor(length / 2));
        fileSystem.isDead = true;
        throw new Crashed();
    }
  }

  #takeRefusal(): string {
    const code = this.#refusing?.code ?? 'EIO';
    this.#refusing = undefined;
    return code;
  }
}

/** A file system whose calls `fault` counts. */
export class FailingFileSystem implements FileSystem {
  readonly inner: CrashFileSystem;
  readonly #fault: FaultAt;

  constructor(inner: CrashFileSystem, fault: FaultAt) {
    this.inner = inner;
    this.#fault = fault;
  }

  /** True once the process is gone. */
  get isDead(): boolean {
    return this.inner.isDead;
  }

  open(path: string, how: 'existing' | 'new' | 'exclusive'): OpenFile {
    this.#fault.meet(this.inner, how === 'existing' ? 'openExisting' : 'openNew', path);
    return new FailingFile(this.inner, this.inner.open(path, how), path, this.#fault);
  }

  sizeOf(path: string): number | undefined {
    this.#fault.meet(this.inner, 'sizeOf', path);
    return this.inner.sizeOf(path);
  }

  list(folder: string): readonly string[] {
    this.#fault.meet(this.inner, 'list', folder);
    return this.inner.list(folder);
  }

  makeFolder(folder: string): boolean {
    this.#fault.meet(this.inner, 'makeFolder', folder);
    return this.inner.makeFolder(folder);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#fault.meet(this.inner, 'rename', from);
    await this.inner.rename(from, to);
  }

  async unlink(path: string): Promise<void> {
    this.#fault.meet(this.inner, 'unlink', path);
    await this.inner.unlink(path);
  }

  async removeFolder(folder: string): Promise<void> {
    this.#fault.meet(this.inner, 'removeFolder', folder);
    await this.inner.removeFolder(folder);
  }

  async syncFolder(folder: string): Promise<void> {
    this.#fault.meet(this.inner, 'syncFolder', folder);
    await this.inner.syncFolder(folder);
  }
}

class FailingFile implements OpenFile {
  readonly #fileSystem: CrashFileSystem;
  readonly #inner: OpenFile;
  readonly #path: string;
  readonly #fault: FaultAt;

  constructor(fileSystem: CrashFileSystem, inner: OpenFile, path: string, fault: FaultAt) {
    this.#fileSystem = fileSystem;
    this.#inner = inner;
    this.#path = path;
    this.#fault = fault;
  }

  readSync(into: Buffer, position: number): number {
    this.#meet('readSync');
    return this.#inner.readSync(into, position);
  }

  async read(into: Buffer, position: number): Promise<number> {
    this.#meet('read');
    return await this.#inner.read(into, position);
  }

  writeSync(buffers: readonly Buffer[], position: number): number {
    const bytes = Buffer.concat(buffers);
    return this.#inner.writeSync([bytes.subarray(0, this.#meetWrite('writeSync', bytes, position))], position);
  }

  async write(bytes: Buffer, position: number): Promise<number> {
    return await this.#inner.write(bytes.subarray(0, this.#meetWrite('write', bytes, position)), position);
  }

  async datasync(): Promise<void> {
    this.#meet('datasync');
    await this.#inner.datasync();
  }

  truncate(size: number): void {
    this.#meet('truncate');
    this.#inner.truncate(size);
  }

  size(): number {
    this.#meet('size');
    return this.#inner.size();
  }

  /** A file is closed though the call fails, as the system does it. */
  close(): void {
    if (!this.#fileSystem.isDead) this.#meetClose();
  }

  #meetClose(): void {
    try {
      this.#meet('close');
    } finally {
      this.#inner.close();
    }
  }

  #meet(method: keyof OpenFile): void {
    this.#fault.meet(this.#fileSystem, method, this.#path);
  }

  #meetWrite(method: 'write' | 'writeSync', bytes: Buffer, position: number): number {
    const half = (count: number): void => void this.#inner.writeSync([bytes.subarray(0, count)], position);
    return this.#fault.meetWrite(this.#fileSystem, method, this.#path, bytes, half);
  }
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
