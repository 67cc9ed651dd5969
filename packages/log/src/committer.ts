// Group commit: takes the requests that wait, in order, judges and writes them as one round, syncs once, answers.
import { type Catalogue, findPartition, isSameSettings, Log, type LogSettings } from './catalogue.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { Clock } from './clock.ts';
import type { Effects } from './effects.ts';
import { LogError } from './errors.ts';
import type { Journal } from './journal.ts';
import { type EntryContent, entryKind } from './journal-entry.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LogClock } from './log-clock.ts';
import {
  type AppendRequest,
  type CreateRequest,
  type DeleteRequest,
  encodeCreation,
  type Request,
  requestBytes,
  type TrimRequest,
} from './requests.ts';
import type { Reserve } from './reserve.ts';
import { type SegmentWriter, showBatch } from './segment-writer.ts';
import type { Unsynced } from './unsynced.ts';

/** Freeing this much at once asks for a checkpoint, so that the space comes back soon. */
const soonFreedBytes = 64 * 1024 * 1024;
const noPayload: Buffer = Buffer.alloc(0);

/** What the committer works with. */
export interface CommitterParts {
  readonly durability: 'sync' | 'async';
  /** How long, in `async`, an answered append may wait for its sync. */
  readonly asyncSyncIntervalMs: number;
  /** How many segments may be written between two checkpoints; each keeps a file open. */
  readonly maxWrittenSegments: number;
  readonly timers: Clock;
  readonly clock: LogClock;
  readonly catalogue: Catalogue;
  readonly effects: Effects;
  readonly reserve: Reserve;
  readonly journal: Journal;
  readonly writer: SegmentWriter;
  readonly unsynced: Unsynced;
  readonly checkpointer: Checkpointer;
  readonly lifecycle: Lifecycle;
}

/** A request judged against all before it. Nothing of it is visible yet. */
interface Judged {
  readonly request: Request;
  /** Its journal entry; undefined if it changes nothing. Only to be asked once the segments are written. */
  entry(): EntryContent | undefined;
  /** Why it was not stored after all. */
  refusal(): Error | undefined;
  /** Makes it visible and answers; to be called when it is durable. */
  settle(): void;
}

/** Runs rounds as long as there are requests. */
export class Committer {
  readonly #parts: CommitterParts;
  #queue: Request[] = [];
  #inFlight: readonly Judged[] = [];
  #running: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #cancelSync: (() => void) | undefined;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
    parts.lifecycle.onFailure((failure) => this.#refuseAll(failure));
  }

  /** Puts a request at the end of the queue; it is settled in the end, whatever happens. */
  submit(request: Request): void {
    this.#queue.push(request);
    this.#running ??= this.#run();
  }

  /** Resolves when everything submitted is settled and no sync is under way. */
  async close(): Promise<void> {
    await this.#running;
    this.#cancelSync?.();
    await this.#syncing;
    this.#cancelSync?.();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what is asked for in the same turn shares the first round
    try {
      while (this.#queue.length > 0) await this.#round();
    } catch (error) {
      if (error instanceof LogError && error.code === 'AppendRefused') this.#refuseWaiting(error);
      else this.#parts.lifecycle.fail('writing the journal', error);
    } finally {
      this.#running = undefined;
    }
  }

  async #round(): Promise<void> {
    const { clock, journal, writer, reserve, unsynced, checkpointer } = this.#parts;
    const wasSpent = reserve.isSpent;
    await this.#makeRoom();
    const stampMs = clock.stamp();
    const judged = this.#judgeWaiting(stampMs);
    this.#inFlight = judged;
    writer.flush();
    const stored = judged.filter(answerRefused);
    const entries = stored.map((one) => one.entry()).filter((entry) => entry !== undefined);
    journal.write(entries, stampMs);
    if (this.#mustSync(entries)) await journal.sync();
    journal.appliedSequence = journal.sequence;
    for (const one of stored) one.settle();
    this.#inFlight = [];
    // A checkpoint makes room, and fills the reserve again.
    if ((reserve.isSpent && !wasSpent) || (reserve.isShort && unsynced.hasDropped)) checkpointer.request();
  }

  /** Moves on to another journal file if the first request does not fit, and waits for a checkpoint where that is needed. */
  async #makeRoom(): Promise<void> {
    const { unsynced, maxWrittenSegments, checkpointer, journal } = this.#parts;
    if (unsynced.segmentCount >= maxWrittenSegments) await checkpointer.complete();
    else if (unsynced.segmentCount * 2 >= maxWrittenSegments) checkpointer.request();
    const [first] = this.#queue;
    if (first === undefined || requestBytes(first) <= journal.room) return;
    if (journal.isHalfUsed) checkpointer.request();
    await journal.roll();
  }

  /** Judges requests from the head of the queue, as many as fit into the journal file. */
  #judgeWaiting(stampMs: number): Judged[] {
    const { unsynced, maxWrittenSegments, journal } = this.#parts;
    const judged: Judged[] = [];
    const { room } = journal;
    let bytes = 0;
    let count = 0;
    for (const request of this.#queue) {
      bytes += requestBytes(request);
      if (bytes > room || unsynced.segmentCount >= maxWrittenSegments) break;
      count += 1;
      const one = this.#judgeOrRefuse(request, stampMs, bytes);
      if (one !== undefined) judged.push(one);
    }
    this.#queue.splice(0, count);
    return judged;
  }

  /** `journalBytes`: what the entries of the round take, up to and with this request's. */
  #judgeOrRefuse(request: Request, stampMs: number, journalBytes: number): Judged | undefined {
    try {
      this.#allocate(request, journalBytes);
      return this.#judge(request, stampMs);
    } catch (error) {
      request.reject(error instanceof LogError ? error : refused(error));
      return undefined;
    }
  }

  /** A full disk is met before anything is written. What makes room, and what it stands on, may use the reserve. */
  #allocate(request: Request, journalBytes: number): void {
    const { journal, reserve } = this.#parts;
    const allocate = (): void => journal.allocate(journalBytes);
    if (request.kind !== 'append') {
      reserve.spend(allocate);
    } else {
      reserve.check(request.name);
      reserve.appendTo(request.name, allocate);
    }
  }

  #judge(request: Request, stampMs: number): Judged {
    switch (request.kind) {
      case 'append':
        return this.#judgeAppend(request, stampMs);
      case 'create':
        return this.#judgeCreate(request);
      case 'delete':
        return this.#judgeDelete(request);
      case 'trim':
        return this.#judgeTrim(request);
    }
  }

  #judgeAppend(request: AppendRequest, stampMs: number): Judged {
    const partition = findPartition(this.#parts.catalogue.accepted, request.name, request.partition);
    const planned = this.#parts.writer.plan(partition, request.batch, stampMs);
    return {
      request,
      entry: () => ({
        kind: entryKind.batch,
        logId: partition.log.id,
        partition: partition.number,
        offset: planned.baseOffset,
        payload: planned.batch,
      }),
      refusal: () => planned.refusal,
      settle: () => {
        showBatch(planned);
        partition.waiters.wakeAll();
        request.resolve({ firstOffset: planned.baseOffset, timestampMs: stampMs });
      },
    };
  }

  #judgeCreate(request: CreateRequest): Judged {
    const { catalogue, effects } = this.#parts;
    const { name, settings } = request;
    const existing = catalogue.accepted.get(name);
    if (existing !== undefined) return sameLog(existing, request);
    const log = new Log(catalogue.nextLogId, name, settings);
    catalogue.accept(log);
    const entry = { kind: entryKind.createLog, logId: log.id, partition: 0, offset: 0, payload: encodeCreation(name, settings) };
    return change(request, entry, () => effects.showLog(log));
  }

  #judgeDelete(request: DeleteRequest): Judged {
    const { catalogue, effects } = this.#parts;
    const log = catalogue.accepted.get(request.name);
    if (log === undefined) return change(request, undefined, () => {});
    catalogue.accepted.delete(request.name);
    const entry = { kind: entryKind.deleteLog, logId: log.id, partition: 0, offset: 0, payload: noPayload };
    return change(request, entry, () => {
      effects.dropLog(log);
      this.#askForSpace(log.partitions.reduce((sum, { segments }) => sum + segments.reduce((total, { bytes }) => total + bytes, 0), 0));
    });
  }

  #judgeTrim(request: TrimRequest): Judged {
    const partition = findPartition(this.#parts.catalogue.accepted, request.name, request.partition);
    const offset = Math.min(request.beforeOffset, partition.endOffset);
    if (!(offset > partition.startOffset)) return change(request, undefined, () => {});
    const entry = { kind: entryKind.trim, logId: partition.log.id, partition: partition.number, offset, payload: noPayload };
    return change(request, entry, () => this.#askForSpace(this.#parts.effects.trim(partition, offset)));
  }

  #askForSpace(freedBytes: number): void {
    if (freedBytes >= soonFreedBytes) this.#parts.checkpointer.request();
  }

  /** In `async`, appends are answered first and synced soon; what creates, deletes or forgets is always synced first. */
  #mustSync(entries: readonly EntryContent[]): boolean {
    if (entries.length === 0) return false;
    if (this.#parts.durability === 'sync' || entries.some(({ kind }) => kind !== entryKind.batch)) return true;
    this.#syncSoon();
    return false;
  }

  #syncSoon(): void {
    this.#cancelSync ??= this.#parts.timers.after(this.#parts.asyncSyncIntervalMs, () => {
      this.#syncing = this.#syncInBackground();
    });
  }

  async #syncInBackground(): Promise<void> {
    try {
      await this.#parts.journal.sync();
      this.#cancelSync = undefined;
      if (this.#parts.journal.hasUnsynced) this.#syncSoon();
    } catch (error) {
      this.#parts.lifecycle.fail('syncing the journal', error);
    }
  }

  /** After a failure: what was being written may be stored, what still waits is not. */
  #refuseAll(failure: LogError): void {
    this.#cancelSync?.();
    for (const { request } of this.#inFlight) {
      request.reject(new LogError('OutcomeUnknown', `Whether this was stored is not known: ${failure.message}`, { cause: failure }));
    }
    this.#inFlight = [];
    this.#refuseWaiting(failure);
  }

  #refuseWaiting(refusal: LogError): void {
    for (const request of this.#queue) request.reject(refusal);
    this.#queue = [];
  }
}

/** Answers a request the disk did not take; true for the others. */
function answerRefused(judged: Judged): boolean {
  const refusal = judged.refusal();
  if (refusal !== undefined) judged.request.reject(refused(refusal));
  return refusal === undefined;
}

function refused(cause: unknown): LogError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LogError('AppendRefused', `The append was not stored: ${reason}`, { cause });
}

function change(request: Exclude<Request, AppendRequest>, entry: EntryContent | undefined, show: () => void): Judged {
  return {
    request,
    entry: () => entry,
    refusal: () => undefined,
    settle: () => {
      show();
      request.resolve();
    },
  };
}

function sameLog({ settings }: Log, request: CreateRequest): Judged {
  if (isSameSettings(settings, request.settings)) return change(request, undefined, () => {});
  throw new LogError('LogExists', `The log ${request.name} exists with ${describe(settings)}; asked for ${describe(request.settings)}.`);
}

function describe({ partitionCount, retentionMs }: LogSettings): string {
  return `${partitionCount} partition(s) and retention ${retentionMs}${retentionMs === 'forever' ? '' : ' ms'}`;
}
