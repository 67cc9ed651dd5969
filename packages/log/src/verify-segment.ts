// Walks one segment from its first byte to its listed end and judges every batch. Behind damage it goes on where it can find
// a batch again, so that what is lost is told from what is not.
import {
  baseOffsetOf,
  batchHeader,
  batchLengthOf,
  endOffsetOf,
  InvalidBatch,
  isBatchIntact,
  RecordReader,
  recordCountOf,
  timestampOf,
} from 'millrace-records';
import type { Segment } from './catalogue.ts';
import { errorCode, type OpenFile } from './file-system.ts';
import type { IndexCheck } from './verify-index.ts';
import { emptyTally, type Findings, type Problem, rangeOf, type Tally } from './verify-report.ts';
import { FileWindow } from './verify-window.ts';

const magicAt = 16;
const leaderEpochAt = 12;

/** A segment to walk. */
export interface SegmentScene {
  readonly segment: Segment;
  readonly path: string;
  readonly file: OpenFile;
  /** One more than its last offset, as the checkpoint lists it. */
  readonly endOffset: number;
  /** The stamp of the batch before it; 0 if there is none. */
  readonly earlierStampMs: number;
  readonly index: IndexCheck | undefined;
  readonly findings: Findings;
}

type Fault = Pick<Problem, 'kind' | 'expected' | 'got' | 'opening'>;

/** Damage whose end was not found yet. */
interface OpenDamage {
  readonly fault: Fault;
  readonly position: number;
  readonly firstOffset: number;
}

/** What a walk gives back. */
export interface SegmentFindings {
  readonly tally: Tally;
  /** The last stamp it saw. */
  readonly stampMs: number;
}

/** Reads a segment in pieces; memory is bounded by a piece or by the largest batch, whichever is more. */
export async function walkSegment(scene: SegmentScene): Promise<SegmentFindings> {
  return await new SegmentWalk(scene).run();
}

class SegmentWalk {
  readonly #scene: SegmentScene;
  readonly #window: FileWindow;
  readonly #tally: Tally = emptyTally();
  #position = 0;
  #expected: number;
  #stampMs: number;
  #damage: OpenDamage | undefined;
  #wasDamaged = false;

  constructor(scene: SegmentScene) {
    this.#scene = scene;
    this.#window = new FileWindow(scene.file, scene.segment.bytes);
    this.#expected = scene.segment.baseOffset;
    this.#stampMs = scene.earlierStampMs;
  }

  async run(): Promise<SegmentFindings> {
    try {
      while (this.#position < this.#scene.segment.bytes) await this.#step();
    } catch (error) {
      if (errorCode(error) !== 'EIO') throw error;
      this.#begin({ kind: 'file', expected: 'bytes that can be read', got: 'EIO from the disk', opening: 'possible' });
    }
    if (this.#scene.file.size() < this.#scene.segment.bytes) this.#begin(this.#short(this.#position));
    this.#finish();
    return { tally: this.#tally, stampMs: this.#stampMs };
  }

  /** Judges the batch at the position, or what stands in its place. */
  async #step(): Promise<void> {
    const fault = await this.#faultAt(this.#position, this.#expected);
    if (fault !== undefined) {
      this.#begin(fault);
      this.#position = await this.#resume();
      return;
    }
    const length = batchLengthOf(this.#window.view(this.#position, batchHeader.bytes));
    const batch = this.#window.view(this.#position, length);
    if (isBatchIntact(batch)) this.#accept(batch);
    else this.#begin({ kind: 'batch', expected: 'a batch with the CRC of its bytes', got: 'another CRC', opening: 'possible' });
    this.#expected = endOffsetOf(batch);
    this.#position += length;
  }

  #accept(batch: Buffer): void {
    this.#end(baseOffsetOf(batch));
    const stampMs = timestampOf(batch);
    this.#scene.index?.see(this.#position, endOffsetOf(batch) - 1 - this.#scene.segment.baseOffset, stampMs);
    const fault = this.#faultOfContents(batch, stampMs) ?? recordFault(batch);
    this.#stampMs = Math.max(this.#stampMs, stampMs);
    if (fault !== undefined) {
      this.#report(fault, this.#position, baseOffsetOf(batch), endOffsetOf(batch));
      return;
    }
    this.#tally.bytes += batch.length;
    this.#tally.batches += 1;
    this.#tally.records += recordCountOf(batch);
  }

  #faultOfContents(batch: Buffer, stampMs: number): Fault | undefined {
    const { firstStampMs, largestStampMs, bytes } = this.#scene.segment;
    if (stampMs < this.#stampMs) return damaged(`a stamp of ${this.#stampMs} or later`, String(stampMs));
    const isLast = this.#position + batch.length === bytes;
    if (this.#position === 0 && stampMs !== firstStampMs) return listed(`the first stamp ${firstStampMs}`, String(stampMs));
    if (isLast && stampMs !== largestStampMs) return listed(`the last stamp ${largestStampMs}`, String(stampMs));
    return undefined;
  }

  /**
   * What keeps the bytes at `position` from being a whole batch from `expected` on, its CRC aside; behind damage any later batch
   * will do. Without a fault all of it is in the window.
   */
  async #faultAt(position: number, expected: number): Promise<Fault | undefined> {
    if (!(await this.#window.load(position, batchHeader.bytes))) return this.#short(position);
    const fault = this.#faultOfHeader(this.#window.view(position, batchHeader.bytes), position, expected);
    if (fault !== undefined) return fault;
    const length = batchLengthOf(this.#window.view(position, batchHeader.bytes));
    return (await this.#window.load(position, length)) ? undefined : this.#short(position);
  }

  #faultOfHeader(header: Buffer, position: number, expected: number): Fault | undefined {
    const magic = header.readInt8(magicAt);
    if (magic !== 2) return damaged('magic 2', String(magic));
    const leaderEpoch = header.readInt32BE(leaderEpochAt);
    if (leaderEpoch !== 0) return damaged('leader epoch 0', String(leaderEpoch));
    const most = this.#scene.segment.bytes - position;
    const length = batchLengthOf(header);
    if (length <= batchHeader.bytes || length > most) return damaged(`a batch of at most ${most} bytes`, String(length));
    const base = baseOffsetOf(header);
    const continues = this.#damage === undefined ? base === expected : base > this.#damage.firstOffset;
    if (!continues) return damaged(`offset ${expected}`, String(base));
    const count = recordCountOf(header);
    const end = endOffsetOf(header);
    if (count < 1 || end !== base + count) return damaged(`${end - base} records, as the last offset says`, String(count));
    const { endOffset } = this.#scene;
    return end <= endOffset ? undefined : damaged(`an end of at most offset ${endOffset}`, String(end));
  }

  #short(position: number): Fault {
    const { segment, file } = this.#scene;
    const size = file.size();
    if (size < segment.bytes) return { kind: 'file', expected: `${segment.bytes} bytes`, got: String(size), opening: 'refused' };
    return damaged('a batch', `${segment.bytes - position} bytes more`);
  }

  /**
   * Where to go on behind damage: behind the batch if its length may be right, else at the next batch an index entry leads to,
   * which is also where readers find one again; the end if there is none.
   */
  async #resume(): Promise<number> {
    const { segment, index } = this.#scene;
    const header = (await this.#window.load(this.#position, batchHeader.bytes)) && this.#window.view(this.#position, batchHeader.bytes);
    const length = header === false ? 0 : batchLengthOf(header);
    const behind = this.#position + length;
    if (length > batchHeader.bytes && (behind === segment.bytes || (await this.#isBatchAt(behind)))) return behind;
    for (const position of index?.positionsBehind(this.#position) ?? []) if (await this.#isBatchAt(position)) return position;
    return segment.bytes;
  }

  async #isBatchAt(position: number): Promise<boolean> {
    if (position >= this.#scene.segment.bytes || (await this.#faultAt(position, 0)) !== undefined) return false;
    const length = batchLengthOf(this.#window.view(position, batchHeader.bytes));
    return isBatchIntact(this.#window.view(position, length));
  }

  /** Damage begins at the position, unless it began before; what refuses the opening is said rather than what does not. */
  #begin(fault: Fault): void {
    this.#wasDamaged = true;
    const { position, firstOffset } = this.#damage ?? { position: this.#position, firstOffset: this.#expected };
    if (this.#damage === undefined || fault.opening === 'refused') this.#damage = { fault, position, firstOffset };
  }

  /** Damage, if there is some, ends before `offset`. */
  #end(offset: number): void {
    if (this.#damage === undefined) return;
    const { fault, position, firstOffset } = this.#damage;
    this.#report(fault, position, firstOffset, offset);
    this.#damage = undefined;
  }

  #report(fault: Fault, position: number, firstOffset: number, endOffset: number): void {
    const { path, segment, findings } = this.#scene;
    findings.problem({ ...fault, path, position, offsets: rangeOf(segment, firstOffset, endOffset) });
  }

  #finish(): void {
    const { endOffset, index, path, findings } = this.#scene;
    this.#end(endOffset);
    if (this.#wasDamaged) return;
    if (this.#expected !== endOffset) {
      this.#report(listed(`an end at offset ${endOffset}`, String(this.#expected)), this.#position, this.#expected, endOffset);
    }
    if (index?.isSound() === false) findings.note('index', path, 'Its index does not fit it and will be made again.');
  }
}

function damaged(expected: string, got: string): Fault {
  return { kind: 'batch', expected, got, opening: 'possible' };
}

function listed(expected: string, got: string): Fault {
  return { kind: 'list', expected, got, opening: 'possible' };
}

/** What is wrong with the records of a batch whose CRC is right: it was written like that. */
export function recordFault(batch: Buffer): Fault | undefined {
  const records = new RecordReader(batch);
  let next = baseOffsetOf(batch);
  try {
    while (records.next()) {
      if (records.offset !== next) return damaged(`a record of offset ${next}`, String(records.offset));
      next += 1;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidBatch)) throw error;
    return damaged('records that fill their batch', error.message);
  }
}
