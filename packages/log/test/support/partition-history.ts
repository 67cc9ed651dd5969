// What callers were told of one partition, and what must hold of everything they are told later.
import { baseOffsetOf, endOffsetOf, RecordReader, timestampOf } from 'millrace-records';
import type { Bounds, ReadResult } from '../../src/log-store.ts';

/** One append as its caller saw it; its records carry its id. */
export interface AppendRecord {
  readonly id: number;
  readonly partition: PartitionHistory;
  readonly recordCount: number;
  /** Each record's value; see `valueOf`. */
  readonly valueBytes: number;
  /** When it was asked for and answered, in the order of all that happens; see `History.moment`. */
  readonly askedAt: number;
  answeredAt: number;
  outcome: 'waiting' | 'stored' | 'refused' | 'unknown';
  firstOffset: number;
  timestampMs: number;
  /** True once nothing may take it any more; in `async` that is later than its answer. */
  isCertain: boolean;
}

/** One record as a reader saw it. */
export interface Seen {
  readonly id: number;
  readonly offset: number;
  readonly timestampMs: number;
}

/** What a partition holds, from its start on. */
export interface Contents {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly records: readonly Seen[];
}

/** What was known when a call began. */
export interface Known {
  readonly startOffset: number;
  readonly endOffset: number;
}

/** The value of every record of an append: its own, so that other bytes are told from it. */
export function valueOf({ id, valueBytes }: Pick<AppendRecord, 'id' | 'valueBytes'>): Buffer {
  const value = Buffer.alloc(valueBytes, `${id} `);
  value.writeUInt32BE(id, 0);
  return value;
}

/** The records of a batch; throws unless each is what was appended. */
export function recordsOf(batch: Buffer, appends: ReadonlyMap<number, AppendRecord>): Seen[] {
  const reader = new RecordReader(batch);
  const records: Seen[] = [];
  while (reader.next()) {
    const value = reader.value();
    const append = appends.get(value.length < 4 ? -1 : value.readUInt32BE(0));
    if (append === undefined || !valueOf(append).equals(value)) throw new Error(`Offset ${reader.offset} holds what nobody appended.`);
    records.push({ id: append.id, offset: reader.offset, timestampMs: reader.timestampMs });
  }
  return records;
}

/** Remembers records by offset, the start, and the end. */
export class PartitionHistory {
  readonly name: string;
  readonly retentionMs: number | 'forever';
  /** Records that were read, or whose append was answered, by offset. */
  readonly seen: Map<number, Seen> = new Map();
  /** The largest offset a trim was asked for, and answered. */
  trimAsked = 0;
  trimAnswered = 0;
  /** The largest start anybody was told. */
  startOffset = 0;
  /** One more than the largest offset that was answered or read. */
  endOffset = 0;
  /** How many records anybody asked to append: as many offsets may have been given. */
  recordsAsked = 0;

  constructor(name: string, retentionMs: number | 'forever') {
    this.name = name;
    this.retentionMs = retentionMs;
  }

  toString(): string {
    return this.name;
  }

  /** Somebody was told that this record stands there. */
  learn(record: Seen): void {
    const { id, offset, timestampMs } = record;
    const before = this.seen.get(offset);
    if (before !== undefined && (before.id !== id || before.timestampMs !== timestampMs))
      throw new Error(
        `${this}@${offset} was append ${before.id}, stamped ${before.timestampMs}, and is append ${id}, stamped ${timestampMs}.`,
      );
    const [earlier, later] = [this.seen.get(offset - 1), this.seen.get(offset + 1)];
    if ((earlier?.timestampMs ?? 0) > timestampMs || (later?.timestampMs ?? Number.POSITIVE_INFINITY) < timestampMs)
      throw new Error(`The stamp of ${this} falls at ${offset}.`);
    this.seen.set(offset, record);
    this.endOffset = Math.max(this.endOffset, offset + 1);
  }

  /** Throws if no history of what was asked has these bounds; else to go from one to the other is bounded work. */
  judgeBounds({ startOffset, endOffset }: Bounds): void {
    if (startOffset >= 0 && startOffset <= endOffset && endOffset <= this.recordsAsked) return;
    throw new Error(`${this} is said to go from ${startOffset} to ${endOffset}; ${this.recordsAsked} records were appended at most.`);
  }

  /** Somebody was told the bounds: what was forgotten stays so, and only trims and time forget. */
  learnBounds({ startOffset, endOffset }: Bounds, known: Known, nowMs: number): void {
    this.judgeBounds({ startOffset, endOffset });
    if (startOffset < known.startOffset) throw new Error(`${this} begins at ${startOffset}; it began at ${known.startOffset} before.`);
    if (endOffset < known.endOffset) throw new Error(`${this} ends at ${endOffset}; ${known.endOffset - 1} was there before.`);
    for (let offset = this.trimAsked; offset < startOffset; offset += 1) {
      if (!this.#hasExpired(this.seen.get(offset), nowMs)) throw new Error(`${this} begins at ${startOffset}; ${offset} is gone too soon.`);
    }
    this.startOffset = Math.max(this.startOffset, startOffset);
  }

  #hasExpired(record: Seen | undefined, nowMs: number): boolean {
    if (this.retentionMs === 'forever') return false;
    return record === undefined || record.timestampMs < nowMs - this.retentionMs;
  }

  /** A read from `from` was answered. */
  learnRead(
    from: number,
    { batches, nextOffset, endOffset }: ReadResult,
    known: Known,
    appends: ReadonlyMap<number, AppendRecord>,
  ): Seen[] {
    const told = `A read of ${this} from ${from}`;
    if (endOffset < known.endOffset) throw new Error(`${told} says that it ends at ${endOffset}; ${known.endOffset - 1} was there before.`);
    const [first] = batches;
    if (first === undefined && from < known.endOffset) throw new Error(`${told} gave nothing; ${known.endOffset - 1} was there before.`);
    if (first !== undefined && (baseOffsetOf(first) > from || endOffsetOf(first) <= from))
      throw new Error(`${told} begins at ${baseOffsetOf(first)}.`);
    let next = first === undefined ? from : baseOffsetOf(first);
    const records: Seen[] = [];
    for (const batch of batches) {
      if (baseOffsetOf(batch) !== next) throw new Error(`${told} has a gap before ${baseOffsetOf(batch)}.`);
      next = endOffsetOf(batch);
      for (const record of recordsOf(batch, appends)) {
        if (appends.get(record.id)?.partition !== this) throw new Error(`${told} gave append ${record.id} of another partition.`);
        if (record.timestampMs !== timestampOf(batch)) throw new Error(`${told} gave two stamps in one batch.`);
        records.push(record);
      }
    }
    if (nextOffset !== next) throw new Error(`${told} goes on at ${nextOffset}, not ${next}.`);
    if (next > endOffset) throw new Error(`${told} gave ${next - 1}, which lies behind the end, ${endOffset}.`);
    for (const record of records) this.learn(record);
    return records;
  }

  /** The first offset stamped at or after `timestampMs` was said to be `offset`, when the partition began at `startOffset`. */
  judgeTime(timestampMs: number, offset: number, known: Known, startOffset: number): void {
    for (const record of this.seen.values()) {
      if (record.offset < startOffset) continue;
      const isBefore = record.timestampMs < timestampMs;
      if (record.offset >= offset ? isBefore : !isBefore && record.offset < known.endOffset)
        throw new Error(`${this} is said to reach ${timestampMs} at ${offset}; ${record.offset} is stamped ${record.timestampMs}.`);
    }
  }

  /** A power cut took these records, as it may in `async`. */
  lose(isLost: (record: Seen) => boolean, endOffset: number): void {
    for (const [offset, record] of this.seen) if (isLost(record)) this.seen.delete(offset);
    this.endOffset = endOffset;
  }

  /** All that is there after an opening. Everything known and not forgotten must be. */
  judgeContents({ startOffset, endOffset, records }: Contents, appends: Iterable<AppendRecord>, nowMs: number): void {
    this.learnBounds({ startOffset, endOffset }, this, nowMs);
    if (startOffset < this.trimAnswered) throw new Error(`${this} begins at ${startOffset}, before its trim.`);
    const byOffset = new Map(records.map((record) => [record.offset, record]));
    for (const [offset, { id }] of this.seen) {
      if (offset >= startOffset && byOffset.get(offset)?.id !== id)
        throw new Error(`${this}@${offset}, append ${id}, was read and is gone.`);
    }
    const byAppend = Map.groupBy(records, ({ id }) => id);
    for (const append of appends) if (append.partition === this) checkAppend(append, byAppend.get(append.id) ?? [], startOffset);
    for (const record of records) this.learn(record);
  }
}

function checkAppend(append: AppendRecord, own: readonly Seen[], startOffset: number): void {
  const { id, partition, recordCount, outcome, firstOffset, timestampMs } = append;
  if (outcome === 'refused' && own.length > 0) throw new Error(`Append ${id} was refused and is in ${partition}.`);
  if (own.length > recordCount) throw new Error(`Append ${id} is there twice.`);
  const [first] = own;
  if (first !== undefined && own.some(({ offset }, index) => offset !== first.offset + index))
    throw new Error(`Append ${id} is torn apart.`);
  if (first !== undefined && first.offset > startOffset && own.length < recordCount)
    throw new Error(`Append ${id} is there in part, at ${partition}@${first.offset}.`);
  if (outcome !== 'stored') return;
  const expected = Math.max(Math.min(recordCount, firstOffset + recordCount - startOffset), 0);
  if (own.length !== expected) throw new Error(`Append ${id} was answered and is not (all) in ${partition}@${firstOffset}.`);
  const from = Math.max(firstOffset, startOffset);
  if (first !== undefined && (first.offset !== from || first.timestampMs !== timestampMs))
    throw new Error(`Append ${id} moved from ${partition}@${firstOffset}.`);
}
