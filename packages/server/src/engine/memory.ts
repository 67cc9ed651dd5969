// The engine that forgets: record batches in arrays, for tests, CI and trying things out. Durability `none`.
import { type Clock, LogClock, LogError, OffsetOutOfRange, Waiters } from 'millrace-log';
import { baseOffsetOf, checkBatch, endOffsetOf, InvalidBatch, recordCountOf, stampBatch, timestampOf } from 'millrace-records';
import type { Appended, Bounds, Engine, LogInfo, LogSettings, PartitionLog, ReadLimits, ReadResult } from './engine.ts';

/** What one partition holds: whole batches in offset order. */
interface StoredPartition {
  batches: Buffer[];
  startOffset: number;
  endOffset: number;
  readonly waiters: Waiters;
}

interface StoredLog {
  readonly settings: LogSettings;
  readonly partitions: readonly StoredPartition[];
}

/** How often retention is looked after. */
const retentionCheckMs = 60_000;

/** Opens an empty engine. */
export function openMemoryEngine({ clock }: { clock: Clock }): Engine {
  return new MemoryEngine(clock);
}

class MemoryEngine implements Engine {
  readonly durability = 'none';
  readonly #clock: Clock;
  readonly #stamps: LogClock;
  readonly #logs = new Map<string, StoredLog>();
  #closed = false;
  #cancelRetention: () => void;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stamps = new LogClock(clock);
    this.#cancelRetention = clock.after(retentionCheckMs, () => this.#retain());
  }

  async createLog(name: string, settings: LogSettings): Promise<void> {
    this.#checkOpen();
    const existing = this.#logs.get(name);
    if (existing === undefined) {
      const partitions = Array.from({ length: settings.partitionCount }, newPartition);
      this.#logs.set(name, { settings, partitions });
    } else if (!sameSettings(existing.settings, settings)) {
      throw new LogError('LogExists', `The log ${name} exists with ${describe(existing.settings)}; asked for ${describe(settings)}.`);
    }
  }

  async deleteLog(name: string): Promise<void> {
    this.#checkOpen();
    const log = this.#logs.get(name);
    this.#logs.delete(name);
    for (const partition of log?.partitions ?? []) partition.waiters.wakeAll();
  }

  async listLogs(): Promise<readonly LogInfo[]> {
    this.#checkOpen();
    return [...this.#logs].map(([name, { settings }]) => ({ name, ...settings })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  partition(name: string, index: number): PartitionLog {
    const find = (): StoredPartition => this.#find(name, index);
    return {
      append: async (batch) => this.#append(find(), batch),
      read: async (fromOffset, limits, signal) => this.#read(find, fromOffset, limits, signal),
      bounds: async () => boundsOf(find()),
      offsetAtTime: async (timestampMs) => offsetAtTime(find(), timestampMs),
      trim: async (beforeOffset) => trim(find(), beforeOffset),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#cancelRetention();
    for (const log of this.#logs.values()) for (const partition of log.partitions) partition.waiters.wakeAll();
  }

  #append(partition: StoredPartition, batch: Buffer): Appended {
    try {
      checkBatch(batch);
    } catch (error) {
      throw error instanceof InvalidBatch ? new LogError('AppendRefused', error.message) : error;
    }
    const timestampMs = this.#stamps.now();
    const firstOffset = partition.endOffset;
    stampBatch(batch, firstOffset, timestampMs);
    partition.batches.push(Buffer.from(batch));
    partition.endOffset = firstOffset + recordCountOf(batch);
    partition.waiters.wakeAll();
    return { firstOffset, timestampMs };
  }

  async #read(find: () => StoredPartition, fromOffset: number, limits: ReadLimits, signal?: AbortSignal): Promise<ReadResult> {
    let partition = find();
    if (limits.waitMs > 0 && fromOffset === partition.endOffset) {
      await partition.waiters.wait(this.#clock, limits.waitMs, signal);
      this.#checkOpen();
      partition = find();
    }
    const { startOffset, endOffset } = partition;
    if (fromOffset < startOffset || fromOffset > endOffset) throw new OffsetOutOfRange(fromOffset, startOffset, endOffset);
    const batches = selectBatches(partition.batches, fromOffset, limits);
    const last = batches.at(-1);
    return { batches, nextOffset: last === undefined ? fromOffset : endOffsetOf(last), endOffset };
  }

  #retain(): void {
    for (const { settings, partitions } of this.#logs.values()) {
      if (settings.retentionMs === 'forever') continue;
      for (const partition of partitions) forget(partition, this.#stamps.now() - settings.retentionMs);
    }
    this.#cancelRetention = this.#clock.after(retentionCheckMs, () => this.#retain());
  }

  #find(name: string, index: number): StoredPartition {
    this.#checkOpen();
    const log = this.#logs.get(name);
    const partition = log?.partitions[index];
    if (log === undefined) throw new LogError('UnknownLog', `There is no log ${name}.`);
    if (partition === undefined) {
      throw new LogError('UnknownLog', `The log ${name} has partitions 0 to ${log.partitions.length - 1}; got ${index}.`);
    }
    return partition;
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError('Closed', 'The engine is closed.');
  }
}

function newPartition(): StoredPartition {
  return { batches: [], startOffset: 0, endOffset: 0, waiters: new Waiters() };
}

function boundsOf({ startOffset, endOffset }: StoredPartition): Bounds {
  return { startOffset, endOffset };
}

function sameSettings(a: LogSettings, b: LogSettings): boolean {
  return a.partitionCount === b.partitionCount && a.retentionMs === b.retentionMs;
}

function describe({ partitionCount, retentionMs }: LogSettings): string {
  return `${partitionCount} partition(s) and retention ${retentionMs}${retentionMs === 'forever' ? '' : ' ms'}`;
}

/** The first batch with an offset at or after `fromOffset`, found by halving, and those behind it within the limits. */
function selectBatches(batches: readonly Buffer[], fromOffset: number, { maxBytes, maxRecords }: ReadLimits): Buffer[] {
  const selected: Buffer[] = [];
  let bytes = 0;
  let records = 0;
  for (let index = firstIndex(batches, (batch) => endOffsetOf(batch) > fromOffset); index < batches.length; index += 1) {
    const batch = batches[index] as Buffer;
    const wanted = endOffsetOf(batch) - Math.max(baseOffsetOf(batch), fromOffset);
    if (selected.length > 0 && (bytes + batch.length > maxBytes || records >= maxRecords)) break;
    selected.push(batch);
    bytes += batch.length;
    records += wanted;
  }
  return selected;
}

function offsetAtTime(partition: StoredPartition, timestampMs: number): number {
  const batch = partition.batches[firstIndex(partition.batches, (candidate) => timestampOf(candidate) >= timestampMs)];
  return batch === undefined ? partition.endOffset : Math.max(baseOffsetOf(batch), partition.startOffset);
}

function trim(partition: StoredPartition, beforeOffset: number): void {
  partition.startOffset = Math.min(Math.max(beforeOffset, partition.startOffset), partition.endOffset);
  partition.batches = partition.batches.slice(firstIndex(partition.batches, (batch) => endOffsetOf(batch) > partition.startOffset));
}

/** Retention: drops the batches stamped before `oldestMs`. */
function forget(partition: StoredPartition, oldestMs: number): void {
  const kept = firstIndex(partition.batches, (batch) => timestampOf(batch) >= oldestMs);
  if (kept === 0) return;
  const first = partition.batches[kept];
  trim(partition, first === undefined ? partition.endOffset : baseOffsetOf(first));
}

/** The first index for which `isAtOrBehind` holds, given that it holds for all behind it; the length if for none. */
function firstIndex(batches: readonly Buffer[], isAtOrBehind: (batch: Buffer) => boolean): number {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAtOrBehind(batches[middle] as Buffer)) high = middle;
    else low = middle + 1;
  }
  return low;
}
