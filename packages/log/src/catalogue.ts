// What exists: logs, their partitions and segments, with for each end two values. *Accepted* is what the requests judged so
// far will have made of it, *visible* what is durable (as far as the mode promises) and may be read, listed, checkpointed.

import { LogError } from './errors.ts';
import { SegmentIndex } from './segment-index.ts';
import { Waiters } from './waiters.ts';

/** How a log is set up; fixed at creation. */
export interface LogSettings {
  /** 1 or more. */
  readonly partitionCount: number;
  /** How long records are kept at least, in milliseconds; `forever`: only `trim` forgets. */
  readonly retentionMs: number | 'forever';
}

/** A log by name, with its settings. */
export interface LogInfo extends LogSettings {
  readonly name: string;
}

/** A run of batches in one file, `<baseOffset>.log`. */
export class Segment {
  readonly partition: Partition;
  /** Offset of its first record. */
  readonly baseOffset: number;
  /** Bytes up to the visible end; behind them may lie more, in flight or left by a refused write. */
  bytes = 0;
  /** Bytes up to the accepted end, where the next batch goes. */
  acceptedBytes = 0;
  /** Stamps of the first and the last visible batch, Unix milliseconds. */
  firstStampMs = 0;
  largestStampMs = 0;
  /** If the offsets behind its last record are a hole: the first of them. No batch is added to the segment then. */
  holeFrom: number | undefined;
  /** Undefined until it is needed, and for segments that are no longer read. */
  index: SegmentIndex | undefined;

  constructor(partition: Partition, baseOffset: number) {
    this.partition = partition;
    this.baseOffset = baseOffset;
  }
}

/**
 * One partition of a log. Offsets that were given out and lost are a *hole*: it ends where the next segment begins (or, if there
 * is none, at the accepted end), and begins at the `holeFrom` of the segment before it, or at the start.
 */
export class Partition {
  readonly log: Log;
  readonly number: number;
  /** The first offset not yet forgotten. */
  startOffset = 0;
  /** One more than the last visible offset. */
  endOffset = 0;
  /** One more than the last accepted offset. */
  nextOffset = 0;
  /** In order of their offsets; the last one is appended to, the last ones may hold nothing visible yet. */
  segments: Segment[] = [];
  readonly waiters: Waiters = new Waiters();

  constructor(log: Log, number: number) {
    this.log = log;
    this.number = number;
  }

  /** For messages: the log's name and the partition's number. */
  toString(): string {
    return `partition ${this.number} of ${this.log.name}`;
  }

  /** The segment that holds `offset`, which lies from start to end; undefined if a hole does. */
  segmentOf(offset: number): Segment | undefined {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle] as Segment).baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    const segment = this.segments[low - 1];
    return offset < (segment?.holeFrom ?? Number.POSITIVE_INFINITY) ? segment : undefined;
  }

  /** The first offset of the hole that `offset` lies in, and the one behind its last. */
  holeAround(offset: number): { from: number; to: number } {
    let from = this.startOffset;
    for (const { baseOffset, holeFrom } of this.segments) {
      if (baseOffset > offset) return { from, to: baseOffset };
      from = Math.max(holeFrom ?? baseOffset, this.startOffset);
    }
    return { from, to: this.endOffset };
  }

  /** Goes on at `offset`, with a hole up to it. Nothing may be in flight. */
  leaveHole(offset: number): void {
    const last = this.segments.at(-1);
    if (last !== undefined) last.holeFrom ??= this.endOffset;
    this.endOffset = offset;
    this.nextOffset = offset;
  }

  /** One more than the last visible offset of the segment at `index`. */
  endOfSegment(index: number): number {
    const next = this.segments[index]?.holeFrom ?? this.segments[index + 1]?.baseOffset;
    return Math.min(next ?? this.endOffset, this.endOffset);
  }

  /**
   * Moves the start and takes out the segments that lie wholly before it, which are returned. The last one stays while
   * bytes of it are in flight.
   */
  forgetBefore(offset: number): Segment[] {
    this.startOffset = Math.max(this.startOffset, Math.min(offset, this.endOffset));
    let count = 0;
    for (const [index, { bytes, acceptedBytes }] of this.segments.entries()) {
      if (this.endOfSegment(index) > this.startOffset || bytes !== acceptedBytes || bytes === 0) break;
      count += 1;
    }
    return this.segments.splice(0, count);
  }
}

/** One log: a name, settings and partitions. */
export class Log {
  readonly id: number;
  readonly name: string;
  readonly settings: LogSettings;
  readonly partitions: readonly Partition[];

  constructor(id: number, name: string, settings: LogSettings) {
    this.id = id;
    this.name = name;
    this.settings = settings;
    this.partitions = Array.from({ length: settings.partitionCount }, (_, number) => new Partition(this, number));
  }
}

/** All logs, by name. */
export class Catalogue {
  /** What requests are judged against. */
  readonly accepted: Map<string, Log> = new Map();
  /** What readers see. */
  readonly visible: Map<string, Log> = new Map();
  /** The id of the next log; ids are never used again. */
  nextLogId = 1;

  /** Accepts a log; `show` makes it visible. */
  accept(log: Log): void {
    this.accepted.set(log.name, log);
    this.nextLogId = Math.max(this.nextLogId, log.id + 1);
  }

  show(log: Log): void {
    this.visible.set(log.name, log);
  }

  /** All visible logs by name. */
  list(): readonly LogInfo[] {
    return [...this.visible.values()].map(({ name, settings }) => ({ name, ...settings })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** The partition of that name and number among `logs`; throws `UnknownLog`. */
export function findPartition(logs: ReadonlyMap<string, Log>, name: string, number: number): Partition {
  const log = logs.get(name);
  if (log === undefined) throw new LogError('UnknownLog', `There is no log ${name}.`);
  const partition = log.partitions[number];
  if (partition !== undefined) return partition;
  throw new LogError('UnknownLog', `The log ${name} has partitions 0 to ${log.partitions.length - 1}; got ${number}.`);
}

/** True if two settings say the same. */
export function isSameSettings(a: LogSettings, b: LogSettings): boolean {
  return a.partitionCount === b.partitionCount && a.retentionMs === b.retentionMs;
}
