// Reads batches out of segments and judges them: nothing leaves here that is not what was appended.
import { baseOffsetOf, batchHeader, batchLengthOf, endOffsetOf, isBatchIntact, timestampOf } from 'millrace-records';
import type { Segment } from './catalogue.ts';
import { LogError } from './errors.ts';
import { type FileSystem, readWhole, writeWhole } from './file-system.ts';
import { suffix } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import { type IndexEntry, indexIntervalBytes, SegmentIndex } from './segment-index.ts';

const scanBytes = 256 * 1024;
/** Indexes of segments that are no longer appended to, kept because they were read lately. */
const maxLoadedIndexes = 64;
/** No single read fills more memory than this, unless one batch is larger. */
const maxReadBytes = 16 * 1024 * 1024;
const magicAt = 16;
const leaderEpochAt = 12;

/** How much one read may return; see `ReadLimits` of the store. */
export interface BatchLimits {
  readonly maxBytes: number;
  readonly maxRecords: number;
  readonly allocate?: (bytes: number) => Buffer;
}

/** Reads the visible part of segments. */
export class SegmentReader {
  readonly #fileSystem: FileSystem;
  readonly #files: OpenFiles;
  /** Loaded indexes in the order of their last use. */
  readonly #loaded = new Set<Segment>();
  /** Reads that have not ended. */
  #reads = 0;
  #onLastRead: (() => void) | undefined;

  constructor(fileSystem: FileSystem, files: OpenFiles) {
    this.#fileSystem = fileSystem;
    this.#files = files;
  }

  /**
   * Whole batches from the one that holds `fromOffset` on, at least one, within the limits otherwise; from this segment
   * only. `fromOffset` must be visible and in it. Throws `Damaged`, and what opening the file throws.
   */
  read(segment: Segment, fromOffset: number, limits: BatchLimits): Promise<Buffer[]> {
    return this.#track(this.#read(segment, fromOffset, limits));
  }

  /** The base offset of the first batch stamped at or after `timestampMs`; undefined if the segment has none. */
  offsetAtTime(segment: Segment, timestampMs: number): Promise<number | undefined> {
    return this.#track(this.#offsetAtTime(segment, timestampMs));
  }

  async #read(segment: Segment, fromOffset: number, limits: BatchLimits): Promise<Buffer[]> {
    const index = await this.#index(segment);
    try {
      return await this.#readFrom(segment, index.nearest(fromOffset - segment.baseOffset), fromOffset, limits);
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'Damaged') throw error;
      const rebuilt = await this.#rebuild(segment);
      return await this.#readFrom(segment, rebuilt.nearest(fromOffset - segment.baseOffset), fromOffset, limits);
    }
  }

  async #offsetAtTime(segment: Segment, timestampMs: number): Promise<number | undefined> {
    const index = await this.#index(segment);
    const found = await this.#firstAtTime(segment, index.beforeTime(timestampMs), timestampMs);
    if (found !== undefined) return found;
    const rebuilt = await this.#rebuild(segment);
    return await this.#firstAtTime(segment, rebuilt.beforeTime(timestampMs), timestampMs);
  }

  /**
   * Looks from `entry` on. Undefined also if what lies on the way cannot be trusted: no batch ends where the entry says, offsets
   * do not follow one another, or the last batch that seems earlier, and vouches for those before it, is damaged.
   */
  async #firstAtTime(segment: Segment, entry: IndexEntry | undefined, timestampMs: number): Promise<number | undefined> {
    let expected = entry === undefined ? segment.baseOffset : undefined;
    let earlier: { readonly position: number; readonly length: number } | undefined;
    let found: number | undefined;
    await this.#scan(segment, entry?.position ?? 0, (bytes, at, position) => {
      const base = baseOffsetOf(bytes, at);
      const end = endOffsetOf(bytes, at);
      if (end <= base || base !== (expected ?? base)) return false;
      if (timestampOf(bytes, at) >= timestampMs) {
        if (expected !== undefined) found = base;
        return false;
      }
      if (expected === undefined && end - 1 - segment.baseOffset !== entry?.lastOffset) return false;
      expected = end;
      earlier = { position, length: batchLengthOf(bytes, at) };
      return true;
    });
    return found !== undefined && (await this.#isIntact(segment, earlier)) ? found : undefined;
  }

  async #isIntact(segment: Segment, batch: { readonly position: number; readonly length: number } | undefined): Promise<boolean> {
    if (batch === undefined) return true;
    const bytes = Buffer.allocUnsafeSlow(batch.length);
    return (await this.#readHeld(segment, bytes, batch.position)) === batch.length && isBatchIntact(bytes);
  }

  /** Writes the index files of a segment, which are hints: nothing is synced, and trouble is nobody's. */
  saveIndex(segment: Segment): void {
    const { index } = segment;
    if (index === undefined || index.size === 0) return;
    try {
      writeWhole(this.#fileSystem, this.#files.path(segment, suffix.offsets), index.encodeOffsets());
      writeWhole(this.#fileSystem, this.#files.path(segment, suffix.times), index.encodeTimes());
    } catch {
      // The index is made again from the batches when it is needed.
    }
  }

  /** Frees the memory of an index that a later read may load again. */
  dropIndex(segment: Segment): void {
    segment.index = undefined;
    this.#loaded.delete(segment);
  }

  /** Resolves when no read uses a file any more, given that none begins. */
  async settle(): Promise<void> {
    if (this.#reads > 0) await new Promise<void>((resolve) => (this.#onLastRead = resolve));
  }

  async #track<T>(read: Promise<T>): Promise<T> {
    this.#reads += 1;
    try {
      return await read;
    } finally {
      this.#reads -= 1;
      if (this.#reads === 0) this.#onLastRead?.();
    }
  }

  /** The segment's index: kept, or loaded from its files and brought up to the visible end. */
  async #index(segment: Segment): Promise<SegmentIndex> {
    const known = segment.index;
    if (known === undefined) return await this.#load(segment);
    if (this.#loaded.delete(segment)) this.#loaded.add(segment);
    return known;
  }

  async #load(segment: Segment): Promise<SegmentIndex> {
    const index = new SegmentIndex();
    const offsets = this.#hint(this.#files.path(segment, suffix.offsets));
    const times = this.#hint(this.#files.path(segment, suffix.times));
    if (offsets !== undefined && times !== undefined) index.decode(offsets, times, segment.bytes);
    if (!(await this.#extend(segment, index))) return await this.#rebuild(segment);
    return this.#keep(segment, index);
  }

  /** The bytes of an index file; undefined if there is none, or it cannot be read. */
  #hint(path: string): Buffer | undefined {
    try {
      return readWhole(this.#fileSystem, path);
    } catch {
      return undefined;
    }
  }

  async #rebuild(segment: Segment): Promise<SegmentIndex> {
    const index = new SegmentIndex();
    await this.#extend(segment, index);
    return this.#keep(segment, index);
  }

  /** Adds what lies behind the index's last entry; false if that entry does not point at its batch. */
  async #extend(segment: Segment, index: SegmentIndex): Promise<boolean> {
    const last = index.last();
    let isSound = last === undefined;
    await this.#scan(segment, last?.position ?? 0, (bytes, at, position) => {
      const lastOffset = endOffsetOf(bytes, at) - 1 - segment.baseOffset;
      if (position === last?.position) isSound = lastOffset === last.lastOffset;
      else index.add(position, lastOffset, timestampOf(bytes, at));
      return isSound;
    });
    return isSound;
  }

  /** The index of a partition's newest segment stays until a checkpoint finds it rolled; of older ones only a few. */
  #keep(segment: Segment, index: SegmentIndex): SegmentIndex {
    segment.index = index;
    if (segment.partition.segments.at(-1) === segment) return index;
    this.#loaded.add(segment);
    const [oldest] = this.#loaded;
    if (this.#loaded.size > maxLoadedIndexes && oldest !== undefined) this.dropIndex(oldest);
    return index;
  }

  async #readFrom(segment: Segment, entry: IndexEntry | undefined, fromOffset: number, limits: BatchLimits): Promise<Buffer[]> {
    const walk = new BatchWalk(segment, this.#files, entry);
    const { allocate = (bytes) => Buffer.allocUnsafeSlow(bytes) } = limits;
    let room = estimateBytes(segment, limits);
    while (walk.position < segment.bytes) {
      const { position } = walk;
      const wanted = Math.min(room, segment.bytes - position);
      const bytes = await this.#bytesAt(segment, position, allocate(wanted));
      const batches = walk.take(bytes, fromOffset, limits);
      if (batches.length > 0) return batches;
      if (bytes.length < wanted && walk.position === position) throw walk.damaged(`the file holds only ${bytes.length} more bytes`);
      room = Math.max(room, walk.pendingBytes);
    }
    throw walk.damaged(`no batch holds offset ${fromOffset}`);
  }

  /**
   * The newest segment of a partition is nearly always in the page cache, where a synchronous read takes a tenth of the time
   * of a trip to another thread; older ones may come from the disk, and must not hold up everybody else.
   */
  async #bytesAt(segment: Segment, position: number, bytes: Buffer): Promise<Buffer> {
    const isNewest = segment.partition.segments.at(-1) === segment;
    const count = isNewest ? this.#files.get(segment).readSync(bytes, position) : await this.#readHeld(segment, bytes, position);
    return count === bytes.length ? bytes : bytes.subarray(0, count);
  }

  async #readHeld(segment: Segment, into: Buffer, position: number): Promise<number> {
    const file = this.#files.hold(segment);
    try {
      return await file.read(into, position);
    } finally {
      this.#files.release(segment);
    }
  }

  /** Visits the headers of the batches from position `from` on, until `visit` says no or something is not a batch. */
  async #scan(segment: Segment, from: number, visit: (bytes: Buffer, at: number, position: number) => boolean): Promise<void> {
    const bytes = Buffer.allocUnsafeSlow(Math.min(scanBytes, Math.max(segment.bytes - from, 0)));
    let position = from;
    while (position < segment.bytes) {
      const filled = await this.#readHeld(segment, bytes.subarray(0, Math.min(bytes.length, segment.bytes - position)), position);
      if (filled < batchHeader.bytes) return;
      const start = position;
      while (position - start + batchHeader.bytes <= filled && position < segment.bytes) {
        const at = position - start;
        const length = batchLengthOf(bytes, at);
        if (bytes[at + magicAt] !== 2 || length <= batchHeader.bytes) return;
        if (!visit(bytes, at, position)) return;
        position += length;
      }
    }
  }
}

/** Goes from batch to batch of one segment and judges each by what its CRC covers and what it leaves out. */
class BatchWalk {
  /** Where the next batch begins. */
  position: number;
  /** Size of the batch at `position`, when it was wanted and not all there. */
  pendingBytes = 0;
  readonly #segment: Segment;
  readonly #files: OpenFiles;
  /** What the first batch must end at, when an index entry led here. */
  #firstEnd: number | undefined;
  #expected: number | undefined;

  constructor(segment: Segment, files: OpenFiles, entry: IndexEntry | undefined) {
    this.#segment = segment;
    this.#files = files;
    this.position = entry?.position ?? 0;
    const firstOffset = entry === undefined ? 0 : entry.firstOffset;
    this.#expected = firstOffset === undefined ? undefined : segment.baseOffset + firstOffset;
    this.#firstEnd = entry === undefined ? undefined : segment.baseOffset + entry.lastOffset + 1;
  }

  /** The wanted batches that are whole in `bytes`, which begin at `position`. Damage behind the first one is left for later. */
  take(bytes: Buffer, fromOffset: number, limits: BatchLimits): Buffer[] {
    const batches: Buffer[] = [];
    let taken = 0;
    let records = 0;
    let at = 0;
    while (at + batchHeader.bytes <= bytes.length) {
      const problem = this.#judgeHeader(bytes, at);
      if (problem !== undefined) return this.#stop(batches, problem);
      const length = batchLengthOf(bytes, at);
      const end = endOffsetOf(bytes, at);
      if (end > fromOffset) {
        const wanted = end - Math.max(baseOffsetOf(bytes, at), fromOffset);
        if (batches.length > 0 && (taken + length > limits.maxBytes || records >= limits.maxRecords)) return batches;
        this.pendingBytes = length;
        if (at + length > bytes.length) return batches;
        const batch = bytes.subarray(at, at + length);
        if (!isBatchIntact(batch)) return this.#stop(batches, 'its CRC is not that of its bytes');
        batches.push(batch);
        taken += length;
        records += wanted;
      }
      this.#step(length, end);
      at += length;
    }
    if (bytes.length < batchHeader.bytes) return this.#stop(batches, `the file holds only ${bytes.length} more bytes`);
    return batches;
  }

  damaged(problem: string): LogError {
    const { partition, baseOffset } = this.#segment;
    const last = partition.endOfSegment(partition.segments.indexOf(this.#segment)) - 1;
    const at = this.#expected ?? baseOffset;
    return new LogError(
      'Damaged',
      `Offsets ${at} to at most ${last} of ${partition} cannot be read: at position ${this.position} of ${this.#files.path(this.#segment)} ${problem}.`,
    );
  }

  #stop(batches: Buffer[], problem: string): Buffer[] {
    if (batches.length > 0) return batches;
    throw this.damaged(problem);
  }

  #step(length: number, end: number): void {
    this.position += length;
    this.#expected = end;
    this.#firstEnd = undefined;
  }

  #judgeHeader(bytes: Buffer, at: number): string | undefined {
    const magic = bytes.readInt8(at + magicAt);
    if (magic !== 2) return `magic 2 was expected, got ${magic}`;
    const leaderEpoch = bytes.readInt32BE(at + leaderEpochAt);
    if (leaderEpoch !== 0) return `leader epoch 0 was expected, got ${leaderEpoch}`;
    const length = batchLengthOf(bytes, at);
    const most = this.#segment.bytes - this.position;
    if (length <= batchHeader.bytes || length > most) return `a batch of at most ${most} bytes was expected, got ${length}`;
    const base = baseOffsetOf(bytes, at);
    if (this.#expected !== undefined && base !== this.#expected) return `offset ${this.#expected} was expected, got ${base}`;
    const end = endOffsetOf(bytes, at);
    if (this.#firstEnd !== undefined && end !== this.#firstEnd)
      return `a batch up to offset ${this.#firstEnd - 1} was expected, got ${end - 1}`;
    return end > base ? undefined : `a batch from offset ${base} ends at ${end}`;
  }
}

/** How much to read at once: what the limits allow, with the segment's own mean size of a record, and a way to the first. */
function estimateBytes(segment: Segment, { maxBytes, maxRecords }: BatchLimits): number {
  const { partition } = segment;
  const records = partition.endOfSegment(partition.segments.indexOf(segment)) - segment.baseOffset;
  const wanted = Math.min(maxBytes, Math.ceil((maxRecords * segment.bytes * 5) / (Math.max(records, 1) * 4)));
  return Math.min(Math.max(wanted, 0) + indexIntervalBytes, maxReadBytes);
}
