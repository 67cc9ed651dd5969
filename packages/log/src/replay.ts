// Repeats what the journal holds behind the checkpoint, through the same code that did it first.
import type { AcceptedDamage } from './accepted-damage.ts';
import { type Catalogue, Log, type Partition } from './catalogue.ts';
import type { Effects } from './effects.ts';
import { LogError } from './errors.ts';
import { type Entry, entryKind } from './journal-entry.ts';
import { type JournalRun, visitRuns } from './journal-scan.ts';
import type { LogClock } from './log-clock.ts';
import { decodeCreation } from './requests.ts';
import { type PlannedBatch, type SegmentWriter, showBatch } from './segment-writer.ts';
import type { Unsynced } from './unsynced.ts';

/** What a replay changes. */
export interface ReplayParts {
  readonly catalogue: Catalogue;
  readonly effects: Effects;
  readonly writer: SegmentWriter;
  readonly unsynced: Unsynced;
  readonly clock: LogClock;
  readonly damage: AcceptedDamage;
}

/** Syncs of this many bytes at a time run beside the replay of the next ones. */
const syncAheadBytes = 128 * 1024 * 1024;

/**
 * Applies the entries of `runs` in order, with their own stamps; nothing is journalled; not all is synced. Throws if
 * the disk does not take them or they do not fit what is there.
 */
export async function replay(parts: ReplayParts, runs: readonly JournalRun[], life: Buffer): Promise<void> {
  const { writer, unsynced, clock, damage } = parts;
  const planned: PlannedBatch[] = [];
  const syncs: Promise<void>[] = [];
  let unsyncedBytes = 0;
  const flush = (): void => {
    writer.flush();
    for (const one of planned) {
      showReplayed(one);
      unsyncedBytes += one.batch.length;
    }
    planned.length = 0;
    if (unsyncedBytes < syncAheadBytes) return;
    unsyncedBytes = 0;
    syncs.push(settledLater(unsynced.syncAhead()));
  };
  const plan = (partition: Partition, { payload, stampMs }: Entry): void => {
    try {
      planned.push(writer.planStamped(partition, payload, stampMs));
    } catch (error) {
      planned.forEach(checkStored); // what does not fit may follow what a full disk refused
      throw error;
    }
  };
  const logs = byId(parts.catalogue);
  const apply = (entry: Entry): void => {
    clock.raise(entry.stampMs);
    if (!damage.makeFit(entry, logs, flush)) return;
    if (entry.kind === entryKind.batch) {
      plan(partitionOf(logs, entry), entry);
    } else {
      flush();
      applyChange(parts, logs, entry);
    }
  };
  visitRuns(runs, life, apply, flush);
  damage.finish(logs);
  await Promise.all(syncs);
}

/** The same promise, whose failure nobody need look at before it is awaited. */
function settledLater(task: Promise<void>): Promise<void> {
  task.catch(() => {});
  return task;
}

function showReplayed(planned: PlannedBatch): void {
  checkStored(planned);
  showBatch(planned);
}

function checkStored({ refusal, partition, baseOffset }: PlannedBatch): void {
  if (refusal === undefined) return;
  throw new LogError('Failed', `Recovery could not store offset ${baseOffset} of ${partition}: ${refusal.message}`, { cause: refusal });
}

function applyChange({ catalogue, effects }: ReplayParts, logs: Map<number, Log>, entry: Entry): void {
  if (entry.kind === entryKind.createLog) {
    const { name, settings } = decodeCreation(entry.payload);
    const log = new Log(entry.logId, name, settings);
    logs.set(log.id, log);
    catalogue.accept(log);
    effects.showLog(log);
  } else if (entry.kind === entryKind.deleteLog) {
    const log = logOf(logs, entry);
    logs.delete(log.id);
    catalogue.accepted.delete(log.name);
    effects.dropLog(log);
  } else {
    effects.trim(partitionOf(logs, entry), entry.offset);
  }
}

function byId(catalogue: Catalogue): Map<number, Log> {
  return new Map(Array.from(catalogue.visible.values(), (log) => [log.id, log]));
}

function logOf(logs: ReadonlyMap<number, Log>, { logId, sequence }: Entry): Log {
  const log = logs.get(logId);
  if (log === undefined) throw new LogError('Damaged', `Journal entry ${sequence} is for log id ${logId}, which does not exist.`);
  return log;
}

function partitionOf(logs: ReadonlyMap<number, Log>, entry: Entry): Partition {
  const log = logOf(logs, entry);
  const partition = log.partitions[entry.partition];
  if (partition !== undefined) return partition;
  throw new LogError(
    'Damaged',
    `Journal entry ${entry.sequence} is for partition ${entry.partition} of ${log.name}, which has ${log.partitions.length}.`,
  );
}
