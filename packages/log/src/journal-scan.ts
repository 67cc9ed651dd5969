// Finds the end of the journal, and tells an end from damage.
import { recordCountOf } from 'millrace-records';
import type { Catalogue } from './catalogue.ts';
import { LogError } from './errors.ts';
import { type Entry, entryKind } from './journal-entry.ts';
import { JournalReader } from './journal-reader.ts';
import type { JournalFile } from './journal.ts';

/** Entries with consecutive numbers, one behind the other in one file. */
export interface JournalRun {
  readonly file: JournalFile;
  /** Where the first one begins. */
  readonly position: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The runs that continue `sequence` without a gap, in order, the last one cut at the end of the journal. Throws `Damaged` if
 * an entry behind the end proves that the missing one had been on the disk for certain.
 */
export function scanJournal(files: readonly JournalFile[], life: Buffer, sequence: number, catalogue: Catalogue): JournalRun[] {
  const runs: JournalRun[] = [];
  let proved = 0;
  for (const file of files) {
    proved = Math.max(proved, collectRuns(file, life, sequence, runs));
  }
  runs.sort((a, b) => a.first - b.first);
  const { chain, rest, end } = chainFrom(runs, sequence);
  if (proved > end) throw damaged(chain, rest, end, proved, life, catalogue);
  return chain;
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

function chainFrom(runs: readonly JournalRun[], sequence: number): { chain: JournalRun[]; rest: JournalRun[]; end: number } {
  const chain: JournalRun[] = [];
  let end = sequence;
  for (const run of runs) {
    if (run.first !== end + 1) break;
    chain.push(run);
    end = run.last;
  }
  return { chain, rest: runs.slice(chain.length), end };
}

/** Says which entries are gone, and between which offsets of which partitions the entries behind them show a gap. */
function damaged(
  chain: readonly JournalRun[],
  rest: readonly JournalRun[],
  end: number,
  proved: number,
  life: Buffer,
  catalogue: Catalogue,
): LogError {
  const next = rest[0]?.first ?? proved + 1;
  const gaps = findGaps(chain, rest, life, catalogue);
  const known = gaps.length === 0 ? 'later entries do not show whose they were' : gaps.join('; ');
  return new LogError(
    'Damaged',
    `Journal entries ${end + 1} to ${next - 1} were on the disk (up to ${proved} were) and cannot be read any more: ${known}. Nothing was changed.`,
  );
}

function findGaps(chain: readonly JournalRun[], rest: readonly JournalRun[], life: Buffer, catalogue: Catalogue): string[] {
  const ends = new Map<string, number>();
  for (const { id, partitions } of catalogue.visible.values()) {
    for (const { number, endOffset } of partitions) ends.set(`${id}/${number}`, endOffset);
  }
  visitRuns(chain, life, (entry) => noteEnd(ends, entry));
  const gaps: string[] = [];
  visitRuns(rest, life, (entry) => {
    const key = `${entry.logId}/${entry.partition}`;
    const end = ends.get(key) ?? 0;
    if (entry.kind === entryKind.batch && entry.offset > end)
      gaps.push(`offsets ${end} to ${entry.offset - 1} of partition ${entry.partition} of log id ${entry.logId}`);
    noteEnd(ends, entry);
  });
  return gaps;
}

function noteEnd(ends: Map<string, number>, { kind, logId, partition, offset, payload }: Entry): void {
  if (kind === entryKind.batch) ends.set(`${logId}/${partition}`, offset + recordCountOf(payload));
}
