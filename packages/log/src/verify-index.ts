// Whether the index files of a segment lead to its batches. They are hints: what does not fit is made again.
import type { Segment } from './catalogue.ts';
import { errorCode, type FileSystem, readWhole } from './file-system.ts';
import { suffix } from './layout.ts';
import { indexIntervalBytes } from './segment-index.ts';

const offsetEntryBytes = 8;
const timeEntryBytes = 12;

/** Is shown every batch of a segment in order, and compares. */
export class IndexCheck {
  readonly #offsets: Buffer;
  readonly #times: Buffer;
  #offsetAt = 0;
  #timeAt = 0;
  #isWrong = false;

  constructor(offsets: Buffer, times: Buffer) {
    this.#offsets = offsets;
    this.#times = times;
  }

  /** A batch: where it begins, its last offset relative to the segment's base, its stamp. */
  see(position: number, lastOffset: number, stampMs: number): void {
    if (this.#offsetAt + offsetEntryBytes > this.#offsets.length) return;
    const entryPosition = this.#offsets.readUInt32BE(this.#offsetAt + 4);
    if (entryPosition > position) return;
    if (entryPosition < position || position === 0 || this.#offsets.readUInt32BE(this.#offsetAt) !== lastOffset) this.#isWrong = true;
    this.#offsetAt += offsetEntryBytes;
    this.#seeTime(lastOffset, stampMs);
  }

  /** True if every entry led to the end of a batch, once all were shown. */
  isSound(): boolean {
    return !this.#isWrong && this.#offsetAt === this.#offsets.length && this.#timeAt === this.#times.length;
  }

  /** Where entries say that batches begin, behind `position`. */
  *positionsBehind(position: number): Generator<number> {
    for (let at = 0; at + offsetEntryBytes <= this.#offsets.length; at += offsetEntryBytes) {
      const entryPosition = this.#offsets.readUInt32BE(at + 4);
      if (entryPosition > position) yield entryPosition;
    }
  }

  #seeTime(lastOffset: number, stampMs: number): void {
    if (this.#timeAt + timeEntryBytes > this.#times.length || this.#times.readUInt32BE(this.#timeAt + 8) !== lastOffset) return;
    if (Number(this.#times.readBigUInt64BE(this.#timeAt)) !== stampMs) this.#isWrong = true;
    this.#timeAt += timeEntryBytes;
  }
}

/** The index files beside `path`, a segment's batches; undefined if there are none; one that is never sound if they cannot be read. */
export function loadIndex(fileSystem: FileSystem, path: string, { bytes }: Segment): IndexCheck | undefined {
  const base = path.slice(0, -suffix.batches.length);
  const most = Math.floor(bytes / indexIntervalBytes);
  try {
    const offsets = readAtMost(fileSystem, base + suffix.offsets, most * offsetEntryBytes);
    const times = readAtMost(fileSystem, base + suffix.times, most * timeEntryBytes);
    return offsets === undefined || times === undefined ? undefined : new IndexCheck(offsets, times);
  } catch (error) {
    if (errorCode(error) !== 'EIO') throw error;
    return new IndexCheck(neverSound, neverSound);
  }
}

/** Not a whole entry. */
const neverSound: Buffer = Buffer.alloc(1);

/** A file of at most so many bytes; in place of a larger one something that is no index. */
function readAtMost(fileSystem: FileSystem, path: string, bytes: number): Buffer | undefined {
  return (fileSystem.sizeOf(path) ?? 0) > bytes ? neverSound : readWhole(fileSystem, path);
}
