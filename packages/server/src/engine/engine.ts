// The waist: what an embedded log and a Kafka topic can both do, and nothing else. Operations and state machines stand on
// it; memory, embedded and (later) Kafka engines stand below it.
//
// The laws, each proved for every engine by the contract suite (`test/engine/contract.ts`):
//  1. Durable before answered (as far as the engine's `durability` promises).
//  2. All or nothing: one append is stored whole, adjacent, in order, or not at all.
//  3. First come, first stored, per partition.
//  4. Offsets rise; the records of one append stand at `firstOffset` + index. A read may begin before `fromOffset` (whole
//     batches): the caller drops those; its next position is the first record it did not deliver, else `nextOffset`.
//  5. The log's clock: the engine stamps an append; the stamp never falls within a partition; `offsetAtTime(t)` is the
//     first offset stamped at or after `t`.
//  6. Progress: a read returns at least one batch if there is one, whatever `maxBytes` and `maxRecords` say.
//  7. Waiting: a read at the end waits up to `waitMs`; an abort ends the wait as if its time were over, and leaves no waiter.
//  8. Out of range is an error carrying both bounds.
//  9. Refused or unknown: a failed append says whether anything may have been stored.
// 10. After closing begins, new calls are refused, waits end, accepted appends settle.
// 11. Bounded: bytes in flight have a limit (command logs a share of their own); beyond it an append is refused.
// 12. Retention forgets only what is older than `retentionMs`; later is allowed, sooner is not. Callers never use the name
//     of a deleted log again.
// All failures are `LogError`s with a code.
// The plain shapes of questions and answers are those of the embedded log, which other engines share.
import type { Appended, Bounds, LogInfo, LogSettings, ReadLimits, ReadResult } from 'millrace-log';

/**
 * What an acknowledged append has survived: `none` (memory), `async` (handed to the operating system, synced soon after),
 * `sync` (synced to the disk).
 */
export type Durability = 'none' | 'async' | 'sync';

export type { Appended, Bounds, LogInfo, LogSettings, ReadLimits, ReadResult };

/** One partition of one log; a handle without I/O of its own, so it may name a log that is not there yet. */
export interface PartitionLog {
  /**
   * Stores one record batch and answers when it is durable. The bytes belong to the engine from the call on: it writes the
   * header's offset, leader epoch, stamps and CRC in place. Once it has answered they are the caller's again; after a
   * failure they never are.
   */
  append(batch: Buffer): Promise<Appended>;
  /** Reads from the batch that holds `fromOffset`; at the end it answers no batches, after `waitMs`. */
  read(fromOffset: number, limits: ReadLimits, signal?: AbortSignal): Promise<ReadResult>;
  bounds(): Promise<Bounds>;
  /** The first offset stamped at or after `timestampMs` (Unix milliseconds); the end offset when there is none. */
  offsetAtTime(timestampMs: number): Promise<number>;
  /** Forgets what lies before `beforeOffset`, for ever; batches that straddle it may stay. */
  trim(beforeOffset: number): Promise<void>;
}

export interface Engine extends AsyncDisposable {
  readonly durability: Durability;
  /** The same name and settings again: nothing happens. Other settings: `LogExists`. Durable when answered. */
  createLog(name: string, settings: LogSettings): Promise<void>;
  /** Durable when answered; a log that is not there: nothing happens. */
  deleteLog(name: string): Promise<void>;
  /** All logs, by name. */
  listLogs(): Promise<readonly LogInfo[]>;
  /** A handle; that the log and the partition exist is checked by each call on it (`UnknownLog`). */
  partition(name: string, index: number): PartitionLog;
}
