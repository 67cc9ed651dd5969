// Room that is kept for what makes room: on a full disk a deletion, a checkpoint and an opening need some themselves.
import { errorCode, type FileSystem, letGo, writeWhole } from './file-system.ts';

/** Failures that pass when space is made. */
const noRoom: readonly string[] = ['ENOSPC', 'EDQUOT'];
/** The reserve is this part of a journal file: 4 MiB unless told. */
const partsOfJournalFile = 16;

/** True if the disk, or a quota, had no room; also when that is what `error` was caused by. */
export function isNoRoom(error: unknown): boolean {
  return noRoom.includes(errorCode(error) ?? '') || (error instanceof Error && error.cause !== undefined && isNoRoom(error.cause));
}

/** What a reserve is made with. */
export interface ReserveParts {
  readonly fileSystem: FileSystem;
  /** Its file: zeros, never synced, worth nothing but its size. */
  readonly path: string;
  readonly journalFileBytes: number;
  /** How names of the logs begin that may use it. */
  readonly commandLogPrefix: string;
}

/**
 * A file that is emptied when a command, a checkpoint or an opening meets a full disk, and filled again as soon as there is
 * room. Between the two, ordinary appends are refused, so that they do not take what was given up.
 */
export class Reserve {
  /** True since a write met a full disk, until a checkpoint has given back what could be given. */
  isShort = false;
  readonly #parts: ReserveParts;
  readonly #bytes: number;
  #isSpent = false;

  constructor(parts: ReserveParts) {
    this.#parts = parts;
    this.#bytes = Math.floor(parts.journalFileBytes / partsOfJournalFile);
  }

  /** True while it is given up: only command logs are appended to then. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Runs `write`; if the disk is full, gives the reserve up and runs it once more. */
  spend<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.isShort = true;
      if (this.#isSpent || !this.giveUp()) throw error;
      return write();
    }
  }

  /** Runs `write` for an append to the log `name`, which may `spend` if it is a command log. */
  appendTo<T>(name: string, write: () => T): T {
    if (name.startsWith(this.#parts.commandLogPrefix)) return this.spend(write);
    try {
      return write();
    } catch (error) {
      if (isNoRoom(error)) this.isShort = true;
      throw error;
    }
  }

  /** Throws if the log `name` is not to be appended to now. */
  check(name: string): void {
    if (!this.#isSpent || name.startsWith(this.#parts.commandLogPrefix)) return;
    throw Object.assign(new Error('ENOSPC: the disk is full; what is left of it is kept for deleting and trimming.'), { code: 'ENOSPC' });
  }

  /** Empties the file; false if there was nothing to give. */
  giveUp(): boolean {
    const { fileSystem, path } = this.#parts;
    if ((fileSystem.sizeOf(path) ?? 0) === 0) return false;
    letGo(fileSystem.open(path, 'new'));
    this.#isSpent = true;
    return true;
  }

  /** Makes the file whole if it is not; without room it stays given up. Throws whatever else fails. */
  refill(): void {
    const { fileSystem, path } = this.#parts;
    try {
      if (fileSystem.sizeOf(path) !== this.#bytes) writeWhole(fileSystem, path, Buffer.alloc(this.#bytes));
      this.#isSpent = false;
      this.isShort = false;
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.giveUp();
      this.#isSpent = true;
    }
  }
}
