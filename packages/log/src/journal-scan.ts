// Finds the end of the journal, and tells an end from damage.
import { LogError } from './errors.ts';
import type { JournalFile } from './journal.ts';
import type { Entry } from './journal-entry.ts';
import { JournalReader } from './journal-reader.ts';

/** Entries with consecutive numbers, one behind the other in one file. */
export interface JournalRun {
  readonly file: JournalFile;
  /** Where the first one begins. */
  readonly position: number;
  readonly first: number;
  readonly last: number;
}

/** Entries that were on the disk for certain and cannot be read any more: their first number and their last. */
export interface JournalGap {
  readonly first: number;
  readonly last: number;
}

/** What the journal holds above a checkpoint. */
export interface JournalContents {
  /** In order. Between two of them lies a gap, or nothing. */
  readonly runs: readonly JournalRun[];
  /** In order; any of them is damage. */
  readonly gaps: readonly JournalGap[];
}

/**
 * The runs that continue `sequence`, up to the end of the journal: the first missing entry that no mark proves to have been on
 * the disk. Those that are proved are gaps.
 */
export function scanJournal(files: readonly JournalFile[], life: Buffer, sequence: number): JournalContents {
  const found: JournalRun[] = [];
  let proved = 0;
  for (const file of files) {
    proved = Math.max(proved, collectRuns(file, life, sequence, found));
  }
  found.sort((a, b) => a.first - b.first);
  const runs: JournalRun[] = [];
  const gaps: JournalGap[] = [];
  let end = sequence;
  for (const run of found) {
    const missing = { first: end + 1, last: run.first - 1 };
    if (missing.first <= missing.last) {
      if (missing.last > proved) break;
      gaps.push(missing);
    }
    runs.push(run);
    end = run.last;
  }
  if (end < proved) gaps.push({ first: end + 1, last: proved });
  return { runs, gaps };
}

/** Calls `visit` with every entry of the runs, which `scanJournal` found, in order. What it is given stays valid until `beforeMove` is called. */
export function visitRuns(
  runs: readonly JournalRun[],
  life: Buffer,
  visit: (entry: Entry) => void,
  beforeMove: () => void = () => {},
): void {
  for (const { file, position, first, last } of runs) {
    const reader = new JournalReader(file.file, life, position, 'again', beforeMove);
    for (let sequence = first; sequence <= last; sequence += 1) {
      const entry = reader.next();
      if (entry?.sequence !== sequence) throw new LogError('Damaged', `${file.path} gave entry ${sequence} once and not again.`);
      visit(entry);
    }
    beforeMove();
  }
}

/** Adds the runs of one file above `sequence`; returns the largest mark of any entry. */
function collectRuns(file: JournalFile, life: Buffer, sequence: number, runs: JournalRun[]): number {
  const reader = new JournalReader(file.file, life);
  let proved = 0;
  let run: { file: JournalFile; position: number; first: number; last: number } | undefined;
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
    proved = Math.max(proved, entry.synced);
    if (entry.sequence <= sequence) continue;
    if (run !== undefined && entry.sequence === run.last + 1) {
      run.last = entry.sequence;
      continue;
    }
    run = { file, position: reader.position, first: entry.sequence, last: entry.sequence };
    runs.push(run);
  }
  return proved;
}
