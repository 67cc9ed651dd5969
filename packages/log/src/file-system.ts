// The disk as the log sees it: every call that touches it, each of which may fail. Tests put a lying disk behind it.

/**
 * Folders and files by path. Nothing but `datasync` (contents) and `syncFolder` (names) makes anything survive a power cut.
 * Failures are `Error`s with the operating system's code (`ENOENT`, `ENOSPC`, …) in `code`.
 */
export interface FileSystem {
  /**
   * Opens a file for reading and writing. `existing` fails with `ENOENT`; `new` creates it or empties what is there;
   * `exclusive` creates it or fails with `EEXIST`.
   */
  open(path: string, how: 'existing' | 'new' | 'exclusive'): OpenFile;
  /** Size in bytes, undefined if there is no such file. */
  sizeOf(path: string): number | undefined;
  /** Names in a folder, in no order; none if there is no such folder. */
  list(folder: string): readonly string[];
  /** Creates one folder; false if it was there. Its parent must exist. */
  makeFolder(folder: string): boolean;
  /** Gives a file another name, replacing a file that has it. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; nothing happens if it is not there. */
  unlink(path: string): Promise<void>;
  /** Removes an empty folder; nothing happens if it is not there. */
  removeFolder(folder: string): Promise<void>;
  /** Makes the names in a folder, new and removed, survive a power cut. */
  syncFolder(folder: string): Promise<void>;
}

/** An open file. Positions and sizes in bytes. The synchronous calls are for what the page cache answers at once. */
export interface OpenFile {
  /** Reads up to the buffer's length; returns how much, less only at the end of the file. */
  readSync(into: Buffer, position: number): number;
  /** As `readSync`, without holding up anything else. The buffer belongs to the call until it settles. */
  read(into: Buffer, position: number): Promise<number>;
  /** Writes the buffers one after the other; returns how many bytes were written, which may be fewer. */
  writeSync(buffers: readonly Buffer[], position: number): number;
  /** Writes one buffer without holding up anything else; may write fewer bytes. */
  write(bytes: Buffer, position: number): Promise<number>;
  /** Makes everything written to the file before the call survive a power cut, and its size with it. */
  datasync(): Promise<void>;
  /** Cuts the file to `size`, or extends it with zeros. */
  truncate(size: number): void;
  size(): number;
  /** Closes the file; once more: nothing happens. */
  close(): void;
}

/** Writes all of `buffers` from `position` on, in as many calls as it takes; throws if the disk takes no more. */
export function writeFully(file: OpenFile, buffers: readonly Buffer[], position: number): void {
  const pieces = joinSmall(buffers);
  let total = 0;
  for (const piece of pieces) total += piece.length;
  let written = file.writeSync(pieces, position);
  while (written < total) {
    const more = file.writeSync(remainder(pieces, written), position + written);
    if (more <= 0) throw new Error(`The disk took ${written} of ${total} bytes at position ${position}.`);
    written += more;
  }
}

/** Closes a file of which nothing that counts is unsynced: if that fails, it says nothing about what is stored. */
export function letGo(file: OpenFile): void {
  try {
    file.close();
  } catch {
    // The number is given back all the same.
  }
}

/** Below this many bytes a buffer is cheaper to copy than to hand to the system by itself (measured: 2 µs each). */
const smallBytes = 8 * 1024;
/** Where small buffers are copied together; free again when a write returns, since writes are synchronous. */
const joined: Buffer = Buffer.allocUnsafeSlow(1024 * 1024);

/** The same bytes in fewer pieces: runs of small buffers become views of `joined` as long as there is room. */
function joinSmall(buffers: readonly Buffer[]): readonly Buffer[] {
  if (buffers.length < 2) return buffers;
  const pieces: Buffer[] = [];
  let start = 0;
  let end = 0;
  for (const buffer of buffers) {
    if (buffer.length < smallBytes && end + buffer.length <= joined.length) {
      joined.set(buffer, end);
      end += buffer.length;
      continue;
    }
    if (end > start) pieces.push(joined.subarray(start, end));
    start = end;
    pieces.push(buffer);
  }
  if (end > start) pieces.push(joined.subarray(start, end));
  return pieces;
}

function remainder(buffers: readonly Buffer[], skip: number): Buffer[] {
  const rest: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(buffer.subarray(skip));
    skip = Math.max(skip - buffer.length, 0);
  }
  return rest;
}

/** Reads a whole file; undefined if there is none. For small files. */
export function readWhole(fileSystem: FileSystem, path: string): Buffer | undefined {
  if (fileSystem.sizeOf(path) === undefined) return undefined;
  const file = fileSystem.open(path, 'existing');
  try {
    const bytes = Buffer.alloc(file.size());
    return bytes.subarray(0, file.readSync(bytes, 0));
  } finally {
    letGo(file);
  }
}

/** Writes a whole new file, in place of any that is there; nothing is synced. */
export function writeWhole(fileSystem: FileSystem, path: string, bytes: Buffer, how: 'new' | 'exclusive' = 'new'): void {
  const file = fileSystem.open(path, how);
  try {
    writeFully(file, [bytes], 0);
  } finally {
    letGo(file);
  }
}

/** The operating system's code of a failure (`ENOENT`, …), undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
