// Judges the journal behind a checkpoint as an opening does, and says what it holds.
import { recordCountOf, timestampOf } from 'millrace-records';
import { errorCode, type FileSystem } from './file-system.ts';
import type { JournalFile } from './journal.ts';
import { type Entry, entryKind } from './journal-entry.ts';
import { type GapScene, surveyGaps } from './journal-gap.ts';
import { type JournalContents, scanJournal, visitRuns } from './journal-scan.ts';
import type { Layout } from './layout.ts';
import { type loadCheckpoint, openJournalFiles } from './recovery.ts';
import { rehearse } from './verify-rehearsal.ts';
import { addTally, emptyTally, type Findings, type JournalReport, type Tally } from './verify-report.ts';
import { recordFault } from './verify-segment.ts';

/** What a journal was found to hold. */
export interface JournalFindings {
  readonly report: JournalReport;
  /** By log id and partition (`keyOf`), what the journal repeats. */
  readonly repeated: ReadonlyMap<string, Tally>;
}

/** Names one partition, also of logs that are gone. */
export function keyOf(logId: number, partition: number): string {
  return `${logId}/${partition}`;
}

/** Reads the journal behind `loaded` and moves its catalogue to where the next opening will find it. */
export async function verifyJournal(
  fileSystem: FileSystem,
  layout: Layout,
  { head, catalogue }: ReturnType<typeof loadCheckpoint>,
  findings: Findings,
): Promise<JournalFindings> {
  const files = openJournalFiles(fileSystem, layout);
  try {
    const bytes = files.reduce((sum, { file }) => sum + file.size(), 0);
    const journal = head.state === 'closed' ? nothing : scan(files, { life: head.life, sequence: head.sequence }, layout, findings);
    const scene = { head, catalogue, journal };
    const repeated = tallyEntries(scene, layout, findings);
    const { losses, acceptance } = await judge(fileSystem, layout, scene, findings);
    const entries = journal.runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const lastSequence = journal.runs.at(-1)?.last ?? head.sequence;
    return { report: { files: files.length, bytes, entries, lastSequence, gaps: journal.gaps, losses, acceptance }, repeated };
  } finally {
    for (const { file } of files) file.close();
  }
}

const nothing: JournalContents = { runs: [], gaps: [] };

function scan(
  files: readonly JournalFile[],
  { life, sequence }: { life: string; sequence: number },
  layout: Layout,
  findings: Findings,
): JournalContents {
  try {
    return scanJournal(files, Buffer.from(life, 'hex'), sequence);
  } catch (error) {
    if (errorCode(error) !== 'EIO') throw error;
    findings.problem({
      kind: 'journal',
      path: layout.journal,
      expected: 'bytes that can be read',
      got: 'EIO from the disk',
      opening: 'refused',
    });
    return nothing;
  }
}

/** Counts batches by partition, and looks at what entries say beside what their checksums cover. */
function tallyEntries({ head, journal }: GapScene, layout: Layout, findings: Findings): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  let stampMs = 0;
  visitRuns(journal.runs, Buffer.from(head.life, 'hex'), (entry) => {
    if (entry.stampMs < stampMs) misfit(layout, findings, entry, `a stamp of ${stampMs} or later`, String(entry.stampMs));
    stampMs = Math.max(stampMs, entry.stampMs);
    if (entry.kind !== entryKind.batch) return;
    const { payload, sequence } = entry;
    const fault = recordFault(payload);
    if (fault !== undefined) misfit(layout, findings, entry, fault.expected, fault.got);
    if (timestampOf(payload) !== entry.stampMs)
      misfit(layout, findings, { sequence }, `a batch stamped ${entry.stampMs}`, String(timestampOf(payload)));
    const key = keyOf(entry.logId, entry.partition);
    const tally = tallies.get(key) ?? emptyTally();
    addTally(tally, { bytes: payload.length, batches: 1, records: recordCountOf(payload) });
    tallies.set(key, tally);
  });
  return tallies;
}

function misfit(layout: Layout, findings: Findings, { sequence }: Pick<Entry, 'sequence'>, expected: string, got: string): void {
  findings.problem({
    kind: 'journal',
    path: layout.journal,
    expected: `${expected} in entry ${sequence}`,
    got,
    opening: 'possible',
  });
}

/** What gaps took, and whether the entries fit what the checkpoint lists. */
async function judge(
  fileSystem: FileSystem,
  layout: Layout,
  scene: GapScene,
  findings: Findings,
): Promise<Pick<JournalReport, 'losses' | 'acceptance'>> {
  const { gaps } = scene.journal;
  const { losses, shown } = gaps.length === 0 ? { losses: [], shown: [] } : surveyGaps(fileSystem, layout, scene);
  for (const { first, last } of gaps) {
    const expected = `entries ${first} to ${last}, which later ones prove to have been on the disk`;
    findings.problem({ kind: 'journal', path: layout.journal, expected, got: 'none of them', opening: 'acceptable' });
  }
  const { warnings, failure } = await rehearse(scene, layout, shown);
  if (failure !== undefined) {
    const expected = 'entries that fit the checkpoint';
    findings.problem({ kind: 'journal', path: layout.journal, expected, got: failure.message, opening: 'refused' });
  }
  return { losses, acceptance: warnings };
}
