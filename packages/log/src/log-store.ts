// The store as its callers see it: logs of partitions that take and give record batches.
import { checkBatch, endOffsetOf, InvalidBatch } from 'millrace-records';
import { type Catalogue, findPartition, type LogInfo, type LogSettings, type Partition } from './catalogue.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { Clock } from './clock.ts';
import type { Committer } from './committer.ts';
import { LogError, OffsetOutOfRange } from './errors.ts';
import { errorCode } from './file-system.ts';
import { InFlight } from './in-flight.ts';
import type { Journal } from './journal.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Lock } from './lock.ts';
import type { LogClock } from './log-clock.ts';
import type { OpenFiles } from './open-files.ts';
import type { ResolvedOptions } from './options.ts';
import { type Appended, type Request, requestBytes } from './requests.ts';
import { Retention } from './retention.ts';
import type { SegmentReader } from './segment-reader.ts';
import type { Unsynced } from './unsynced.ts';

/** How much a read returns, and how long it may wait. */
export interface ReadLimits {
  /** Upper bound on the batches' bytes; the first batch is returned whatever its size. */
  readonly maxBytes: number;
  /** The batch with which this many records at or after the offset asked for are reached is the last one; 1 or more. */
  readonly maxRecords: number;
  /** How long a read at the end waits for a first record, milliseconds; 0 answers at once. */
  readonly waitMs: number;
  /**
   * Memory of so many bytes for what is read from files, which the batches are then views of: all of it the caller's again when the read
   * has settled and the batches are no longer needed. Asked for once or several times; fresh memory if not given.
   */
  readonly allocate?: (bytes: number) => Buffer;
}

export interface ReadResult {
  /** Whole record batches in offset order; views the caller must not write to. */
  readonly batches: readonly Buffer[];
  /** The offset behind the last batch returned; the offset asked for if there is none. */
  readonly nextOffset: number;
  /** The partition's end when the read was answered. */
  readonly endOffset: number;
}

export interface Bounds {
  /** The first offset that retention and trims left. */
  readonly startOffset: number;
  /** One more than the last readable offset. */
  readonly endOffset: number;
}

/** One partition of one log; a handle that may name a log that is not there (yet): each call on it checks (`UnknownLog`). */
export interface PartitionHandle {
  /**
   * Stores one record batch and answers when it is durable. The bytes belong to the store from the call on, which writes
   * offset, leader epoch, stamps and CRC into them; once it has answered they are the caller's again. Throws `AppendRefused`
   * (not one well-formed batch, larger than a journal file, or not taken by the disk), `Overloaded` and `UnknownLog`, all for
   * certain, or `OutcomeUnknown`.
   */
  append(batch: Buffer): Promise<Appended>;
  /**
   * Reads from the batch that holds `fromOffset`. At the end it waits up to `waitMs`, less if `signal` aborts, and answers no
   * batches if none came. Throws `OffsetOutOfRange`, and `Damaged` if the first batch is not what was appended.
   */
  read(fromOffset: number, limits: ReadLimits, signal?: AbortSignal): Promise<ReadResult>;
  bounds(): Promise<Bounds>;
  /** The first offset stamped at or after `timestampMs` (Unix milliseconds); the end offset when there is none. */
  offsetAtTime(timestampMs: number): Promise<number>;
  /** Forgets what lies before `beforeOffset` (at most the end), for ever; durable when answered. */
  trim(beforeOffset: number): Promise<void>;
}

/** What an open store is made of; see `openLogStore`. */
export interface LogStoreParts {
  readonly options: ResolvedOptions;
  readonly lifecycle: Lifecycle;
  readonly lock: Lock;
  readonly clock: LogClock;
  readonly catalogue: Catalogue;
  readonly journal: Journal;
  readonly files: OpenFiles;
  readonly reader: SegmentReader;
  readonly unsynced: Unsynced;
  readonly checkpointer: Checkpointer;
  readonly committer: Committer;
}

/** An open data directory. Every call throws `Closed` once closing has begun, and `Failed` once storage has failed. */
export class LogStore implements AsyncDisposable {
  /** What an answered append has survived. */
  readonly durability: 'sync' | 'async';
  /** The directory's own time, which stamps appends. */
  readonly clock: LogClock;
  readonly #parts: LogStoreParts;
  readonly #timers: Clock;
  readonly #inFlight: InFlight;
  readonly #retention: Retention;
  #closing: Promise<void> | undefined;

  /** Use `openLogStore`. */
  constructor(parts: LogStoreParts) {
    this.#parts = parts;
    this.durability = parts.options.durability;
    this.clock = parts.clock;
    this.#timers = parts.options.clock;
    this.#inFlight = new InFlight(parts.options);
    this.#retention = new Retention({
      timers: this.#timers,
      clock: parts.clock,
      catalogue: parts.catalogue,
      trim: ({ log, number }, beforeOffset) => this.#trim(log.name, number, beforeOffset),
      afterTrim: () => {
        if (parts.unsynced.hasDropped) parts.checkpointer.request();
      },
    });
    parts.lifecycle.onFailure(() => this.#wakeAll());
  }

  /** Creates a log; the same name and settings again: nothing happens. Durable when answered. Throws `LogExists`. */
  async createLog(name: string, { partitionCount, retentionMs }: LogSettings): Promise<void> {
    if (!Number.isSafeInteger(partitionCount) || partitionCount < 1)
      throw new RangeError(`A log has 1 or more partitions; got ${partitionCount}.`);
    if (retentionMs !== 'forever' && !(retentionMs > 0))
      throw new RangeError(`Retention is more than 0 ms, or forever; got ${retentionMs}.`);
    await this.#submit(name, (waiting) => ({ kind: 'create', name, settings: { partitionCount, retentionMs }, ...waiting }));
  }

  /** Deletes a log and all it holds; one that is not there: nothing happens. Durable when answered. */
  async deleteLog(name: string): Promise<void> {
    await this.#submit(name, (waiting) => ({ kind: 'delete', name, ...waiting }));
  }

  /** All logs, by name. */
  async listLogs(): Promise<readonly LogInfo[]> {
    this.#parts.lifecycle.check();
    return this.#parts.catalogue.list();
  }

  /** A handle without I/O of its own. */
  partition(name: string, index: number): PartitionHandle {
    return {
      append: (batch) => this.#append(name, index, batch),
      read: (fromOffset, limits, signal) => this.#read(name, index, fromOffset, limits, signal),
      bounds: async () => boundsOf(this.#find(name, index)),
      offsetAtTime: (timestampMs) => this.#offsetAtTime(name, index, timestampMs),
      trim: (beforeOffset) => this.#trim(name, index, beforeOffset),
    };
  }

  /** Settles what was accepted, ends waits, writes a last checkpoint and gives the directory up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #append(name: string, partition: number, batch: Buffer): Promise<Appended> {
    try {
      checkBatch(batch);
    } catch (error) {
      throw error instanceof InvalidBatch ? new LogError('AppendRefused', error.message) : error;
    }
    return await this.#submit<Appended>(name, (waiting) => ({ kind: 'append', name, partition, batch, ...waiting }));
  }

  async #read(name: string, index: number, fromOffset: number, limits: ReadLimits, signal?: AbortSignal): Promise<ReadResult> {
    const waiting = this.#find(name, index);
    if (limits.waitMs > 0 && fromOffset === waiting.endOffset) await waiting.waiters.wait(this.#timers, limits.waitMs, signal);
    for (;;) {
      const partition = this.#find(name, index);
      const { startOffset, endOffset } = partition;
      if (!(fromOffset >= startOffset && fromOffset <= endOffset)) throw new OffsetOutOfRange(fromOffset, startOffset, endOffset);
      if (fromOffset === endOffset) return { batches: [], nextOffset: fromOffset, endOffset };
      const batches = await this.#readSegment(partition, fromOffset, limits);
      if (batches === undefined) continue;
      const last = batches.at(-1);
      return { batches, nextOffset: last === undefined ? fromOffset : endOffsetOf(last), endOffset: partition.endOffset };
    }
  }

  /** Undefined if the segment was dropped while it was being read: look at the start offset again. */
  async #readSegment(partition: Partition, fromOffset: number, limits: ReadLimits): Promise<Buffer[] | undefined> {
    const segment = partition.segmentOf(fromOffset);
    if (segment === undefined) throw lost(partition, fromOffset);
    try {
      return await this.#parts.reader.read(segment, fromOffset, limits);
    } catch (error) {
      if (!this.#isCurrent(partition) || partition.segmentOf(fromOffset) !== segment || fromOffset < partition.startOffset)
        return undefined;
      throw readFailure(error, partition, fromOffset);
    }
  }

  async #offsetAtTime(name: string, index: number, timestampMs: number): Promise<number> {
    for (;;) {
      const partition = this.#find(name, index);
      const { segments, startOffset, endOffset } = partition;
      const segment = segments.find(({ bytes, largestStampMs }) => bytes > 0 && largestStampMs >= timestampMs);
      if (segment === undefined) return endOffset;
      try {
        const found = await this.#parts.reader.offsetAtTime(segment, timestampMs);
        if (found !== undefined) return Math.max(found, startOffset);
        throw new LogError(
          'Damaged',
          `Which offset of ${partition} is the first stamped at or after ${timestampMs} cannot be told: the segment from offset ${segment.baseOffset} is damaged.`,
        );
      } catch (error) {
        if (this.#isCurrent(partition) && partition.segments.includes(segment)) throw readFailure(error, partition, segment.baseOffset);
      }
    }
  }

  async #trim(name: string, partition: number, beforeOffset: number): Promise<void> {
    await this.#submit(name, (waiting) => ({ kind: 'trim', name, partition, beforeOffset, ...waiting }));
  }

  /** Queues a request unless too many bytes wait already. */
  #submit<Answer = void>(
    name: string,
    make: (waiting: { resolve: (answer: Answer) => void; reject: (error: unknown) => void }) => Request,
  ): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#parts.lifecycle.check();
      const request = make({
        resolve: (answer) => {
          leave();
          resolve(answer);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      });
      const bytes = requestBytes(request);
      const { journalFileBytes } = this.#parts.options;
      if (bytes > journalFileBytes)
        throw new LogError('AppendRefused', `A journal file takes ${journalFileBytes} bytes; this needs ${bytes}.`);
      const leave = this.#inFlight.enter(name, bytes);
      this.#parts.committer.submit(request);
    });
  }

  #find(name: string, index: number): Partition {
    this.#parts.lifecycle.check();
    return findPartition(this.#parts.catalogue.visible, name, index);
  }

  #isCurrent({ log }: Partition): boolean {
    return this.#parts.catalogue.visible.get(log.name) === log;
  }

  #wakeAll(): void {
    for (const { partitions } of this.#parts.catalogue.visible.values()) for (const { waiters } of partitions) waiters.wakeAll();
  }

  async #close(): Promise<void> {
    const { options, lifecycle, committer, checkpointer, journal, reader, files, lock } = this.#parts;
    lifecycle.close();
    this.#wakeAll();
    await this.#retention.close();
    await committer.close();
    await checkpointer.close();
    await this.#lastCheckpoint();
    await journal.close();
    await reader.settle();
    files.closeAll();
    await lock.release().catch((error: unknown) => options.onWarning('The lock file could not be removed.', error));
  }

  async #lastCheckpoint(): Promise<void> {
    const { lifecycle, checkpointer, catalogue, reader, journal } = this.#parts;
    if (lifecycle.hasFailed) return;
    try {
      const isWritten = await checkpointer.write('closed');
      if (!isWritten && journal.hasUnsynced) await journal.sync(); // put off by a full disk: the journal is all there is
    } catch (error) {
      lifecycle.fail('writing the last checkpoint', error);
      return;
    }
    for (const { partitions } of catalogue.visible.values()) {
      for (const { segments } of partitions) for (const segment of segments.slice(-1)) reader.saveIndex(segment);
    }
  }
}

function boundsOf({ startOffset, endOffset }: Partition): Bounds {
  return { startOffset, endOffset };
}

function lost(partition: Partition, offset: number): LogError {
  const { from, to } = partition.holeAround(offset);
  return new LogError('Damaged', `Offsets ${from} to ${to - 1} of ${partition} are lost: the journal that held them was damaged.`);
}

function readFailure(error: unknown, partition: Partition, offset: number): LogError {
  if (error instanceof LogError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const isCrowded = errorCode(error) === 'EMFILE' || errorCode(error) === 'ENFILE';
  const code = isCrowded ? 'Overloaded' : 'Damaged';
  return new LogError(code, `Offset ${offset} of ${partition} cannot be read: ${reason}`, { cause: error });
}
