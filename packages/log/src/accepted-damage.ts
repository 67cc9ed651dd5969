// Goes on over a gap in the journal, if the caller accepted the damage: makes the state such that the entries behind it fit.
import { type Catalogue, type Log, type Partition } from './catalogue.ts';
import type { Shown } from './checkpoint-format.ts';
import type { Effects } from './effects.ts';
import { type Entry, entryKind } from './journal-entry.ts';
import type { JournalGap } from './journal-scan.ts';
import { decodeCreation } from './requests.ts';

/** What was lost, and what it concerns. */
export interface AcceptedDamageParts {
  readonly catalogue: Catalogue;
  readonly effects: Effects;
  readonly gaps: readonly JournalGap[];
  readonly shown: readonly Shown[];
  readonly onWarning: (message: string, cause: unknown) => void;
}

/** Without gaps it does nothing, and what does not fit is damage. */
export class AcceptedDamage {
  readonly #parts: AcceptedDamageParts;
  readonly #firstLost: number;
  /** Log ids whose creation is lost, with the number of entries skipped. */
  readonly #skipped = new Map<number, number>();

  constructor(parts: AcceptedDamageParts) {
    this.#parts = parts;
    this.#firstLost = parts.gaps[0]?.first ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Prepares for an entry; `logs` is what exists by then, `flush` makes the entries before it visible. False if the entry cannot
   * be applied.
   */
  makeFit(entry: Entry, logs: Map<number, Log>, flush: () => void): boolean {
    if (entry.sequence < this.#firstLost) return true;
    if (entry.kind === entryKind.createLog) {
      flush();
      this.#dropNamesake(decodeCreation(entry.payload).name, logs);
      return true;
    }
    const log = logs.get(entry.logId);
    if (log === undefined) {
      this.#skipped.set(entry.logId, (this.#skipped.get(entry.logId) ?? 0) + 1);
      return false;
    }
    const partition = log.partitions[entry.partition];
    if (partition !== undefined && entry.offset > partition.nextOffset) {
      flush();
      this.#leaveHole(partition, entry.offset);
    }
    return true;
  }

  /** To be called when all entries are applied and visible. */
  finish(logs: ReadonlyMap<number, Log>): void {
    const { catalogue, gaps, shown, onWarning } = this.#parts;
    for (const [logId, number, end] of shown) {
      const partition = logs.get(logId)?.partitions[number];
      if (partition !== undefined && end > partition.endOffset) this.#leaveHole(partition, end);
    }
    for (const [logId, count] of this.#skipped) {
      onWarning(`${count} journal entries of log id ${logId} were skipped: its creation is lost.`, undefined);
    }
    for (const { first, last } of gaps) {
      onWarning(`Journal entries ${first} to ${last} are lost; if they created, deleted or trimmed a log, that did not happen.`, undefined);
      catalogue.nextLogId += last - first + 1; // each may have created a log, whose id is never used again
    }
  }

  /** The log that still has the name of a new one must have been deleted. */
  #dropNamesake(name: string, logs: Map<number, Log>): void {
    const { catalogue, effects, onWarning } = this.#parts;
    const namesake = catalogue.visible.get(name);
    if (namesake === undefined) return;
    logs.delete(namesake.id);
    catalogue.accepted.delete(name);
    effects.dropLog(namesake);
    onWarning(
      `The deletion of log ${name} (id ${namesake.id}) is lost; it was deleted now, since another of that name follows.`,
      undefined,
    );
  }

  #leaveHole(partition: Partition, offset: number): void {
    this.#parts.onWarning(`Offsets ${partition.endOffset} to ${offset - 1} of ${partition} are lost.`, undefined);
    partition.leaveHole(offset);
  }
}
