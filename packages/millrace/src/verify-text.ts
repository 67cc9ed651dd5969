// A verification in words: what was looked at, a line a partition, what is broken, what is worth knowing, and the verdict last.
import type { PartitionReport, Problem, Tally, Verification } from 'millrace-server/verify';

/** What a verification comes to. */
export type Verdict = 'proved' | 'damaged';

/** The verdict of a verification. */
export function verdictOf({ problemCount }: Verification): Verdict {
  return problemCount === 0 ? 'proved' : 'damaged';
}

/** All of a verification as lines, ending with a line break. */
export function verificationText(verification: Verification): string {
  const { partitions, problems, problemCount, notes, noteCount } = verification;
  const { losses, acceptance } = verification.journal;
  const lines = [
    ...headLines(verification),
    ...partitions.map(partitionLine),
    ...listLines('Broken', problems.map(problemLine), problemCount),
    ...listLines('Of missing journal entries later ones and the segments show', losses),
    ...listLines('Opening with --accept-damage would mean', losses.length + problemCount === 0 ? [] : acceptance),
    ...listLines(
      'Harmless',
      notes.map(({ path, message }) => `${path}: ${message}`),
      noteCount,
    ),
    '',
    ...verdictLines(verification),
  ];
  return `${lines.join('\n')}\n`;
}

function headLines({ directory, checkpoint, journal }: Verification): string[] {
  if (checkpoint === undefined) return [directory];
  const { sequence, state, clockMs } = checkpoint;
  const follow =
    journal.entries === 0 ? 'no entry follows it' : `${journal.entries} entries follow it, up to entry ${journal.lastSequence}`;
  return [
    directory,
    `Checkpoint: up to journal entry ${sequence}, store ${state}, at ${new Date(clockMs).toISOString()}`,
    `Journal: ${journal.files} files, ${journal.bytes} bytes; ${follow}`,
  ];
}

function partitionLine({ log, partition, startOffset, endOffset, segments, stored, repeated }: PartitionReport): string {
  const range = startOffset === endOffset ? `empty at offset ${endOffset}` : `offsets ${startOffset} to ${endOffset - 1}`;
  const parts = [];
  if (segments > 0) parts.push(`${segments} segments prove ${tallyText(stored)}`);
  if (repeated.batches > 0) parts.push(`the journal proves ${tallyText(repeated)}`);
  return [`${log}, partition ${partition}: ${range}`, ...parts].join('; ');
}

function tallyText({ bytes, batches, records }: Tally): string {
  return `${bytes} bytes, ${batches} batches, ${records} records`;
}

function problemLine({ path, position, offsets, expected, got }: Problem): string {
  const where = [path];
  if (position !== undefined) where.push(`position ${position}`);
  if (offsets !== undefined)
    where.push(`offsets ${offsets.firstOffset} to ${offsets.lastOffset} of partition ${offsets.partition} of ${offsets.log}`);
  return `${where.join(', ')}: expected ${expected}; got ${got}`;
}

function listLines(title: string, lines: readonly string[], count: number = lines.length): string[] {
  if (count === 0) return [];
  const more = count > lines.length ? [`  … and ${count - lines.length} more`] : [];
  return ['', `${title}:`, ...lines.map((line) => `  ${line}`), ...more];
}

function verdictLines({ directory, problems, problemCount, notes, partitions }: Verification): string[] {
  if (problemCount > 0) return [`DAMAGED: ${problemCount} found. ${openingText(problems, directory)}`];
  const records = partitions.reduce((sum, { stored, repeated }) => sum + stored.records + repeated.records, 0);
  const holes = notes.some(({ kind }) => kind === 'hole') ? ', but for what was lost and accepted before' : '';
  return [`PROVED: everything that was acknowledged is there (${records} records)${holes}.`];
}

function openingText(problems: readonly Problem[], directory: string): string {
  if (problems.some(({ opening }) => opening === 'refused')) return `The server will not open ${directory}: restore a copy.`;
  if (problems.some(({ opening }) => opening === 'acceptable')) {
    return 'The server opens it only with --accept-damage, without what is broken, once and for all: copy it first.';
  }
  return 'The server opens it; reading what is broken is answered with an error.';
}
