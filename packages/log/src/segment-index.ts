// The sparse index of one segment: where some of its batches lie and when they were stamped. A hint: it can always be made
// again from the batches, and what it says is checked where it leads.

/** About this many bytes of batches lie between two entries. */
export const indexIntervalBytes: number = 32 * 1024;
const offsetEntryBytes = 8;
const timeEntryBytes = 12;
/** So many of the batches written last have an entry too, in memory only: where readers at the end begin. */
const writtenEntries = 8;

/** A batch an index points at: where it begins, and the offset of its last record, relative to the segment's base. */
export interface IndexEntry {
  readonly position: number;
  readonly lastOffset: number;
  /** The offset of its first record, relative too, if that is known for certain. */
  readonly firstOffset?: number;
}

/** One that was written in this life. */
type WrittenBatch = Required<IndexEntry>;

/** Entries ascend in position, offset and stamp. Offsets are relative to the segment's base offset. */
export class SegmentIndex {
  #lastOffsets: number[] = [];
  #positions: number[] = [];
  #stamps: number[] = [];
  #stampedOffsets: number[] = [];
  /** The last ones; not in the files. */
  #written: WrittenBatch[] = [];

  get size(): number {
    return this.#positions.length;
  }

  /** The last entry, undefined if there is none. */
  last(): IndexEntry | undefined {
    return this.#entry(this.size - 1);
  }

  /** Notes a batch if the last one noted lies far enough before it; batches come in order of their positions. */
  add(position: number, lastOffset: number, stampMs: number): void {
    if (position - (this.#positions.at(-1) ?? 0) < indexIntervalBytes) return;
    this.#positions.push(position);
    this.#lastOffsets.push(lastOffset);
    if (stampMs <= (this.#stamps.at(-1) ?? -1)) return;
    this.#stamps.push(stampMs);
    this.#stampedOffsets.push(lastOffset);
  }

  /** As `add`, for a batch that was just written. */
  addWritten(position: number, firstOffset: number, lastOffset: number, stampMs: number): void {
    this.add(position, lastOffset, stampMs);
    if (this.#written.push({ position, firstOffset, lastOffset }) > writtenEntries) this.#written.shift();
  }

  clear(): void {
    for (const column of [this.#lastOffsets, this.#positions, this.#stamps, this.#stampedOffsets]) column.length = 0;
    this.#written = [];
  }

  /** Where to begin for `offset`: at its batch, if that is one of those written last, else as `before`. */
  nearest(offset: number): IndexEntry | undefined {
    return this.#written.findLast(({ firstOffset }) => firstOffset <= offset) ?? this.before(offset);
  }

  /** The last entry whose batch ends at or before `offset`; undefined: begin at the start of the segment. */
  before(offset: number): IndexEntry | undefined {
    return this.#entry(countBelow(this.#lastOffsets, offset + 1) - 1);
  }

  /** The last entry stamped before `timestampMs`; undefined: begin at the start of the segment. */
  beforeTime(timestampMs: number): IndexEntry | undefined {
    const count = countBelow(this.#stamps, timestampMs);
    return count === 0 ? undefined : this.before(this.#stampedOffsets[count - 1] ?? 0);
  }

  /** The `.index` file: for each entry the offset and the position, u32 each, as Kafka's. */
  encodeOffsets(): Buffer {
    const bytes = Buffer.alloc(this.size * offsetEntryBytes);
    this.#positions.forEach((position, entry) => {
      bytes.writeUInt32BE(this.#lastOffsets[entry] ?? 0, entry * offsetEntryBytes);
      bytes.writeUInt32BE(position, entry * offsetEntryBytes + 4);
    });
    return bytes;
  }

  /** The `.timeindex` file: for each rise of the stamp the stamp, u64, and the offset, u32, as Kafka's. */
  encodeTimes(): Buffer {
    const bytes = Buffer.alloc(this.#stamps.length * timeEntryBytes);
    this.#stamps.forEach((stampMs, entry) => {
      bytes.writeBigUInt64BE(BigInt(stampMs), entry * timeEntryBytes);
      bytes.writeUInt32BE(this.#stampedOffsets[entry] ?? 0, entry * timeEntryBytes + 8);
    });
    return bytes;
  }

  /** Takes over what two index files say of the first `segmentBytes` bytes, as far as it ascends. */
  decode(offsets: Buffer, times: Buffer, segmentBytes: number): void {
    this.clear();
    for (let at = 0; at + offsetEntryBytes <= offsets.length; at += offsetEntryBytes) {
      const lastOffset = offsets.readUInt32BE(at);
      const position = offsets.readUInt32BE(at + 4);
      const previous = this.last();
      if (position >= segmentBytes || position <= (previous?.position ?? 0) || lastOffset <= (previous?.lastOffset ?? -1)) break;
      this.#positions.push(position);
      this.#lastOffsets.push(lastOffset);
    }
    this.#decodeTimes(times);
  }

  #decodeTimes(times: Buffer): void {
    for (let at = 0; at + timeEntryBytes <= times.length; at += timeEntryBytes) {
      const stampMs = Number(times.readBigUInt64BE(at));
      const lastOffset = times.readUInt32BE(at + 8);
      if (stampMs <= (this.#stamps.at(-1) ?? -1) || !Number.isSafeInteger(stampMs) || lastOffset > (this.last()?.lastOffset ?? -1)) break;
      this.#stamps.push(stampMs);
      this.#stampedOffsets.push(lastOffset);
    }
  }

  #entry(index: number): IndexEntry | undefined {
    const position = this.#positions[index];
    const lastOffset = this.#lastOffsets[index];
    return position === undefined || lastOffset === undefined ? undefined : { position, lastOffset };
  }
}

/** How many numbers of an ascending list are below `bound`. */
function countBelow(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Number.POSITIVE_INFINITY) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
