// What a gap in the journal took, as far as the entries behind it and the segments show. Changes nothing.
import { join } from 'node:path';
import { baseOffsetOf, batchHeader, batchLengthOf, endOffsetOf, isBatchIntact, recordCountOf } from 'millrace-records';
import type { Catalogue, Partition } from './catalogue.ts';
import type { CheckpointHead, Shown } from './checkpoint-format.ts';
import { JournalDamaged, type LogError } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { type Entry, entryKind } from './journal-entry.ts';
import { type JournalContents, visitRuns } from './journal-scan.ts';
import { type Layout, segmentName, suffix } from './layout.ts';

/** A checkpoint, and a journal behind it that has gaps. */
export interface GapScene {
  readonly head: CheckpointHead;
  readonly catalogue: Catalogue;
  readonly journal: JournalContents;
}

/** What is known of the entries that are missing. */
export interface Survey {
  /** What they were, one sentence's part each. */
  readonly losses: readonly string[];
  /**
   * Partitions of which no entry follows and whose segments go on: by batches that are missing, or by ones that were not
   * acknowledged yet.
   */
  readonly shown: readonly Shown[];
}

/** Looks through the journal's entries once more, and through the segment bytes that no checkpoint covers. */
export function surveyGaps(fileSystem: FileSystem, layout: Layout, { head, catalogue, journal }: GapScene): Survey {
  const after = new JournalWalk(catalogue, journal);
  visitRuns(journal.runs, Buffer.from(head.life, 'hex'), (entry) => after.take(entry));
  const listed = new Map<string, Partition>();
  for (const log of catalogue.visible.values()) for (const one of log.partitions) listed.set(keyOf(log.id, one.number), one);
  const known = new Map<string, Shown>((head.shown ?? []).map((one) => [keyOf(one[0], one[1]), one]));
  for (const [id, partition] of partitionFolders(fileSystem, layout)) {
    const key = keyOf(id, partition);
    const end = endInSegments(fileSystem, layout.partition(id, partition), listed.get(key));
    known.set(key, [id, partition, Math.max(end, known.get(key)?.[2] ?? 0)]);
  }
  const shown = [...known.values()].filter((one) => after.mayHaveLost(one));
  const losses = [...after.losses, ...shown.map(([id, partition, end]) => after.describe(id, partition, end))];
  return { losses, shown };
}

/** Why a directory with such a journal is not opened. */
export function gapError({ gaps }: JournalContents, { losses }: Survey): LogError {
  const numbers = gaps.map(({ first, last }) => `${first} to ${last}`).join(', ');
  const known = losses.length === 0 ? 'later entries and the segments do not show whose they were' : losses.join('; ');
  return new JournalDamaged(`Journal entries ${numbers} were on the disk and cannot be read any more: ${known}. Nothing was changed.`);
}

/** Follows the ends of all partitions through the journal and notes where an entry does not continue what is there. */
class JournalWalk {
  readonly losses = new Set<string>();
  readonly #ends = new Map<string, number>();
  readonly #logs = new Set<number>();
  readonly #firstLost: number;
  readonly #lastLost: number;
  /** Partitions with a batch behind the last gap: what is missing before it is known. */
  readonly #settled = new Set<string>();

  constructor(catalogue: Catalogue, { gaps }: JournalContents) {
    this.#firstLost = gaps[0]?.first ?? 0;
    this.#lastLost = gaps.at(-1)?.last ?? 0;
    for (const { id, partitions } of catalogue.visible.values()) {
      this.#logs.add(id);
      for (const { number, endOffset } of partitions) this.#ends.set(keyOf(id, number), endOffset);
    }
  }

  take({ kind, logId, partition, offset, payload, sequence }: Entry): void {
    if (kind === entryKind.createLog) this.#logs.add(logId);
    else if (!this.#logs.has(logId)) this.losses.add(`the creation of log id ${logId}`);
    if (kind === entryKind.deleteLog) this.#logs.delete(logId);
    if (kind !== entryKind.batch && kind !== entryKind.trim) return;
    const key = keyOf(logId, partition);
    const end = this.#ends.get(key) ?? 0;
    if (offset > end && sequence > this.#firstLost) this.losses.add(offsets(end, offset, logId, partition));
    this.#ends.set(key, Math.max(end, kind === entryKind.batch ? offset + recordCountOf(payload) : offset));
    if (kind === entryKind.batch && sequence > this.#lastLost) this.#settled.add(key);
  }

  mayHaveLost([logId, partition, end]: Shown): boolean {
    const key = keyOf(logId, partition);
    return this.#logs.has(logId) && !this.#settled.has(key) && end > (this.#ends.get(key) ?? 0);
  }

  describe(logId: number, partition: number, end: number): string {
    const from = this.#ends.get(keyOf(logId, partition)) ?? 0;
    return `perhaps ${offsets(from, end, logId, partition)}, which its segments show`;
  }
}

function keyOf(logId: number, partition: number): string {
  return `${logId}/${partition}`;
}

function offsets(from: number, to: number, logId: number, partition: number): string {
  return `offsets ${from} to ${to - 1} of partition ${partition} of log id ${logId}`;
}

function* partitionFolders(fileSystem: FileSystem, layout: Layout): Generator<[logId: number, partition: number]> {
  for (const log of fileSystem.list(layout.logs)) {
    for (const partition of fileSystem.list(join(layout.logs, log))) yield [Number(log), Number(partition)];
  }
}

/** How far the files of a partition go on behind what the checkpoint lists: by names, and by batches without a fault. */
function endInSegments(fileSystem: FileSystem, folder: string, listed: Partition | undefined): number {
  const newest = listed?.segments.at(-1);
  let end = listed?.endOffset ?? 0;
  if (newest !== undefined && newest.holeFrom === undefined) {
    end = endOfBatches(fileSystem, join(folder, segmentName(newest.baseOffset) + suffix.batches), newest.bytes, end);
  }
  for (const name of fileSystem.list(folder).toSorted()) {
    const baseOffset = Number(name.slice(0, -suffix.batches.length));
    if (!name.endsWith(suffix.batches) || !(baseOffset >= (listed?.endOffset ?? 0)) || baseOffset === newest?.baseOffset) continue;
    end = Math.max(end, endOfBatches(fileSystem, join(folder, name), 0, baseOffset));
  }
  return end;
}

/** The offset behind the intact batches that continue `expected` in a file, from `position` on. */
function endOfBatches(fileSystem: FileSystem, path: string, position: number, expected: number): number {
  const file = fileSystem.open(path, 'existing');
  try {
    const size = file.size();
    const header = Buffer.alloc(batchHeader.bytes);
    while (file.readSync(header, position) === header.length) {
      const length = batchLengthOf(header);
      if (baseOffsetOf(header) !== expected || length <= header.length || position + length > size) break;
      const batch = Buffer.allocUnsafeSlow(length);
      if (file.readSync(batch, position) < length || !isBatchIntact(batch) || endOffsetOf(batch) <= expected) break;
      expected = endOffsetOf(batch);
      position += length;
    }
    return expected;
  } finally {
    file.close();
  }
}
