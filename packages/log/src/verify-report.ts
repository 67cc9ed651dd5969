// What a verification finds: one row a partition, what is broken, and what is worth knowing and harmless.
import type { Segment } from './catalogue.ts';
import type { CheckpointHead } from './checkpoint-format.ts';
import type { JournalGap } from './journal-scan.ts';

/** Offsets of one partition, both ends included. */
export interface OffsetRange {
  readonly log: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** Something acknowledged that is not there, or not as it was written. */
export interface Problem {
  /**
   * - `checkpoint`: it is missing or bad; nothing else can be judged then.
   * - `journal`: entries are missing or do not fit.
   * - `file`: a listed segment is missing, short or unreadable.
   * - `batch`: bytes of a segment are not a batch that continues the one before.
   * - `list`: batches without a fault, but not those the checkpoint lists.
   */
  readonly kind: 'checkpoint' | 'journal' | 'file' | 'batch' | 'list';
  readonly path: string;
  /** Where in the file, bytes from its start. */
  readonly position?: number;
  /** What cannot be proved: all of these offsets at most. */
  readonly offsets?: OffsetRange;
  readonly expected: string;
  readonly got: string;
  /** Whether a store opens with it: not at all, only with `damage: 'accept'`, or yes (reading these offsets is `Damaged` then). */
  readonly opening: 'refused' | 'acceptable' | 'possible';
}

/** Something worth knowing that loses nothing that is not known to be lost. */
export interface Note {
  /**
   * - `hole`: offsets lost by damage that was accepted before.
   * - `index`: an index does not fit its segment; it is made again when it is needed.
   * - `tail`: bytes behind the end, which the next opening cuts off.
   * - `left-over`: a file nobody lists.
   */
  readonly kind: 'hole' | 'index' | 'tail' | 'left-over';
  readonly path: string;
  readonly message: string;
}

/** What was looked at and found right. */
export interface Tally {
  bytes: number;
  batches: number;
  records: number;
}

/** One partition as the next opening will find it. */
export interface PartitionReport {
  readonly log: string;
  readonly logId: number;
  readonly partition: number;
  readonly startOffset: number;
  /** One more than the last offset. */
  readonly endOffset: number;
  /** How many segments the checkpoint lists. */
  readonly segments: number;
  /** Proved in segments, up to where the checkpoint lists them. */
  readonly stored: Tally;
  /** Proved in the journal, which the next opening puts into segments. */
  readonly repeated: Tally;
}

/** What the journal holds behind the checkpoint. */
export interface JournalReport {
  readonly files: number;
  readonly bytes: number;
  /** How many entries continue the checkpoint, up to the end or over gaps. */
  readonly entries: number;
  /** The last of them; the checkpoint's own if there is none. */
  readonly lastSequence: number;
  /** Entries that were on the disk for certain and cannot be read. */
  readonly gaps: readonly JournalGap[];
  /** What the gaps took, as far as later entries and segments show. */
  readonly losses: readonly string[];
  /** What opening with `damage: 'accept'` would give up, a sentence each. */
  readonly acceptance: readonly string[];
}

/** All that was found. Without problems, everything that was acknowledged is proved. */
export interface Verification {
  readonly directory: string;
  /** Undefined if it is missing or bad. */
  readonly checkpoint: Pick<CheckpointHead, 'sequence' | 'state' | 'clockMs'> | undefined;
  readonly journal: JournalReport;
  readonly partitions: readonly PartitionReport[];
  /** The first ones; `problemCount` counts all. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  /** The first ones; `noteCount` counts all. */
  readonly notes: readonly Note[];
  readonly noteCount: number;
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  return { bytes: 0, batches: 0, records: 0 };
}

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  sum.bytes += more.bytes;
  sum.batches += more.batches;
  sum.records += more.records;
}

/** A range of a segment's partition; undefined if it holds no offset. */
export function rangeOf({ partition }: Segment, firstOffset: number, endOffset: number): OffsetRange | undefined {
  if (endOffset <= firstOffset) return undefined;
  return { log: partition.log.name, partition: partition.number, firstOffset, lastOffset: endOffset - 1 };
}

/** No list grows beyond this, whatever the disk holds. */
const maxListed = 1000;

/** Collects problems and notes. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly notes: Note[] = [];
  problemCount = 0;
  noteCount = 0;

  problem({ offsets, ...problem }: Omit<Problem, 'offsets'> & { readonly offsets?: OffsetRange | undefined }): void {
    this.problemCount += 1;
    if (this.problems.length < maxListed) this.problems.push(offsets === undefined ? problem : { ...problem, offsets });
  }

  note(kind: Note['kind'], path: string, message: string): void {
    this.noteCount += 1;
    if (this.notes.length < maxListed) this.notes.push({ kind, path, message });
  }
}
