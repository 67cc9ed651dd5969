// The commit journal: a few files of one size, written one after the other and used again once a checkpoint covers them.
import { type FileSystem, letGo, type OpenFile, writeFully } from './file-system.ts';
import { type EntryContent, entryAlignment, entryBytes, entryHeaderBytes, writeEntryHeader } from './journal-entry.ts';
import type { Layout } from './layout.ts';
import { isNoRoom, type Reserve } from './reserve.ts';

const zeros: Buffer = Buffer.alloc(256 * 1024);
/** This part of a file gets its place together with a round: 256 KiB unless told. */
const partsAllocatedAhead = 256;
/** The other files are prepared once this much (or half a file) was written: a store that is hardly used needs one file. */
const preparesAfterBytes = 1024 * 1024;

/** One file of the journal. */
export interface JournalFile {
  readonly path: string;
  readonly file: OpenFile;
  /** The last entry written to it in this life. */
  lastSequence: number;
  /** From its beginning, how far it is known to have its place on the disk. */
  allocatedBytes: number;
}

/** What a journal is opened with. Sizes in bytes. */
export interface JournalParts {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly reserve: Reserve;
  readonly fileBytes: number;
  /** How many files there may be. */
  readonly fileCount: number;
  /** Told when preparing a file ahead failed; the journal goes on without. */
  readonly onWarning: (message: string, cause: unknown) => void;
}

/** Appends entries; knows which are on the disk for certain. Any failure of `write` or `sync` is final for its owner. */
export class Journal {
  /** The opening its entries belong to, 8 bytes. */
  readonly life: Buffer;
  /** The last entry written. */
  sequence: number;
  /** The last entry whose effect is visible; set by the owner. */
  appliedSequence: number;
  /** Called when only a checkpoint that begins from now on can give a file back. */
  onFull: () => void = () => {};

  readonly #parts: JournalParts;
  #syncedSequence: number;
  #current: JournalFile | undefined;
  #position = 0;
  #free: JournalFile[];
  #finished: JournalFile[] = [];
  #waiting: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #preparation: Promise<void> | undefined;
  /** Files being prepared: none or one. */
  #preparing = 0;
  #isClosed = false;
  #abortedBy: unknown;
  #nextNumber: number;

  /** Goes on behind `sequence`, in files that hold nothing needed (`free`, all of the one size); see `JournalParts`. */
  constructor(parts: JournalParts, life: Buffer, sequence: number, free: readonly JournalFile[], nextNumber: number) {
    this.#parts = parts;
    this.life = life;
    this.sequence = sequence;
    this.appliedSequence = sequence;
    this.#syncedSequence = sequence;
    this.#free = [...free];
    this.#nextNumber = nextNumber;
  }

  /** How many bytes of entries (`entryBytes` each) the current file still takes. */
  get room(): number {
    return this.#current === undefined ? 0 : this.#parts.fileBytes - this.#position;
  }

  /** True if the next `roll` would leave half of the files or more waiting for a checkpoint. */
  get isHalfUsed(): boolean {
    return (this.#finished.length + 1) * 2 >= this.#parts.fileCount;
  }

  /** True if there are entries that are not on the disk for certain. */
  get hasUnsynced(): boolean {
    return this.#syncedSequence < this.sequence;
  }

  /**
   * Goes on in another file, after syncing this one. At the cap it calls `onFull` and waits for
   * `release`.
   */
  async roll(): Promise<void> {
    if (this.hasUnsynced) await this.sync();
    if (this.#current !== undefined) this.#finished.push(this.#current);
    this.#current = undefined;
    while (this.#free.length === 0) await this.#addFree();
    this.#current = this.#free.shift();
    this.#position = 0;
  }

  /**
   * Makes sure that the next `bytes` have their place in the current file, so that writing entries there does not meet a full
   * disk. Throws what the disk says, with nothing changed that counts.
   */
  allocate(bytes: number): void {
    const current = this.#current;
    const end = this.#position + bytes;
    if (current === undefined || end <= current.allocatedBytes) return;
    allocateUpTo(current, end);
    if (this.#parts.reserve.isSpent) return;
    try {
      allocateUpTo(current, Math.min(end + this.#parts.fileBytes / partsAllocatedAhead, this.#parts.fileBytes));
    } catch (error) {
      if (!isNoRoom(error)) throw error; // this round has its place
    }
  }

  /** Writes the entries of a round with one call; they must fit (`room`). Not synced. */
  write(entries: readonly EntryContent[], stampMs: number): void {
    if (this.#current === undefined || entries.length === 0) return;
    const { buffers, bytes } = this.#encode(entries, stampMs);
    writeFully(this.#current.file, buffers, this.#position);
    this.#position += bytes;
    this.sequence += entries.length;
    this.#current.lastSequence = this.sequence;
    if (this.#position >= Math.min(preparesAfterBytes, this.#parts.fileBytes / 2)) this.#preparation ??= this.#prepare();
  }

  /** Resolves when everything written before the call is on the disk for certain. */
  async sync(): Promise<void> {
    const began = this.sequence;
    await this.#current?.file.datasync();
    this.#syncedSequence = Math.max(this.#syncedSequence, began);
  }

  /** A durable checkpoint covers everything up to `sequence`: files wholly at or below it may be overwritten. */
  release(sequence: number): void {
    const [released, kept] = partition(this.#finished, ({ lastSequence }) => lastSequence <= sequence);
    this.#finished = kept;
    this.#offer(...released);
  }

  /** Ends a waiting `roll` with `error`. */
  abort(error: unknown): void {
    this.#isClosed = true;
    this.#abortedBy = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Stops preparing and closes the files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#preparation;
    const current = this.#current === undefined ? [] : [this.#current];
    for (const { file } of [...this.#finished, ...this.#free, ...current]) letGo(file);
  }

  #encode(entries: readonly EntryContent[], stampMs: number): { buffers: Buffer[]; bytes: number } {
    const headers = Buffer.alloc(entries.length * (entryHeaderBytes + entryAlignment));
    const buffers: Buffer[] = [];
    let taken = 0;
    let end = 0;
    let bytes = 0;
    for (const [index, entry] of entries.entries()) {
      const place = { life: this.life, sequence: this.sequence + 1 + index, synced: this.#syncedSequence, stampMs };
      writeEntryHeader(headers, end, place, entry);
      end += entryHeaderBytes;
      if (entry.payload.length > 0) {
        buffers.push(headers.subarray(taken, end), entry.payload);
        taken = end;
      }
      const size = entryBytes(entry.payload.length);
      end += size - entryHeaderBytes - entry.payload.length;
      bytes += size;
    }
    if (end > taken) buffers.push(headers.subarray(taken, end));
    return { buffers, bytes };
  }

  /** Creates a file if there may be another, else waits for one to be released or prepared. */
  async #addFree(): Promise<void> {
    if (this.#count() < this.#parts.fileCount) {
      this.#free.push(await this.#create());
      return;
    }
    if (this.#isClosed) throw this.#abortedBy;
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.onFull();
    });
  }

  #count(): number {
    return this.#finished.length + this.#free.length + (this.#current === undefined ? 0 : 1) + this.#preparing;
  }

  #offer(...files: JournalFile[]): void {
    this.#free.push(...files);
    if (this.#free.length === 0) return;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** A new file of full size without blocks of its own: it gets them as it is written. */
  async #create(): Promise<JournalFile> {
    const created = this.#parts.reserve.spend(() => this.#openNew());
    created.file.truncate(this.#parts.fileBytes);
    await created.file.datasync();
    await this.#parts.fileSystem.syncFolder(this.#parts.layout.journal);
    return created;
  }

  #openNew(): JournalFile {
    const path = this.#parts.layout.journalFile(this.#nextNumber);
    this.#nextNumber += 1;
    return { path, file: this.#parts.fileSystem.open(path, 'new'), lastSequence: 0, allocatedBytes: 0 };
  }

  /** Writes the files that are still missing full of zeros, so that syncs later meet blocks that are already allocated. */
  async #prepare(): Promise<void> {
    while (!this.#isClosed && this.#count() < this.#parts.fileCount) {
      this.#preparing = 1;
      const isReady = await this.#prepareOne();
      this.#preparing = 0;
      if (!isReady) return;
    }
  }

  async #prepareOne(): Promise<boolean> {
    let created: JournalFile | undefined;
    try {
      created = this.#openNew();
      if (await this.#fillWithZeros(created)) {
        await this.#parts.fileSystem.syncFolder(this.#parts.layout.journal);
        this.#preparing = 0;
        this.#offer(created);
        return true;
      }
    } catch (error) {
      this.#parts.onWarning('A journal file could not be prepared ahead.', error);
    }
    await this.#discard(created);
    return false;
  }

  async #fillWithZeros(created: JournalFile): Promise<boolean> {
    const { file } = created;
    while (created.allocatedBytes < this.#parts.fileBytes) {
      if (this.#isClosed) return false;
      const piece = zeros.subarray(0, this.#parts.fileBytes - created.allocatedBytes);
      created.allocatedBytes += await file.write(piece, created.allocatedBytes);
      await file.datasync();
    }
    return true;
  }

  async #discard(created: JournalFile | undefined): Promise<void> {
    if (created === undefined) return;
    letGo(created.file);
    await this.#parts.fileSystem
      .unlink(created.path)
      .catch((error: unknown) => this.#parts.onWarning(`${created.path} could not be removed.`, error));
    this.#preparing = 0;
    this.#wakeToCreate();
  }

  /** A place below the cap became free: a waiting `roll` may create a file itself. */
  #wakeToCreate(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** Writes zeros behind what has its place already. */
function allocateUpTo(file: JournalFile, end: number): void {
  while (file.allocatedBytes < end) {
    const piece = zeros.subarray(0, end - file.allocatedBytes);
    writeFully(file.file, [piece], file.allocatedBytes);
    file.allocatedBytes += piece.length;
  }
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
