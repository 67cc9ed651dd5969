// Looks at everything a stopped store left on the disk and says what is proved and what is not. Changes nothing.
import { resolve } from 'node:path';
import type { Catalogue, Partition, Segment } from './catalogue.ts';
import type { CheckpointHead } from './checkpoint-format.ts';
import { LogError } from './errors.ts';
import { errorCode, type FileSystem, readWhole } from './file-system.ts';
import { type Host, systemHost } from './host.ts';
import { Layout } from './layout.ts';
import { checkNotHeld } from './lock.ts';
import { readOnlyFileSystem } from './node-file-system.ts';
import { loadCheckpoint, pathOf } from './recovery.ts';
import { lookThroughFolders } from './verify-folders.ts';
import { loadIndex } from './verify-index.ts';
import { keyOf, verifyJournal } from './verify-journal.ts';
import {
  addTally,
  emptyTally,
  Findings,
  type JournalReport,
  type PartitionReport,
  rangeOf,
  type Tally,
  type Verification,
} from './verify-report.ts';
import { type SegmentFindings, walkSegment } from './verify-segment.ts';

/** What to verify. */
export interface VerifyOptions {
  readonly directory: string;
  /** Only read from. Default: the machine's, which then refuses anything else. */
  readonly fileSystem?: FileSystem;
  readonly host?: Host;
}

/**
 * Reads checkpoint, journal and all segments of a data directory that no process has open, with memory for the checkpoint and a
 * piece of one file. Throws `Locked` if a process has it open or opened it meanwhile, and `Failed` if there is no store or it
 * cannot be read; whatever else is wrong is in the answer.
 */
export async function verifyLogStore({
  directory,
  fileSystem = readOnlyFileSystem,
  host = systemHost,
}: VerifyOptions): Promise<Verification> {
  const layout = new Layout(resolve(directory));
  try {
    refuseIfNothing(fileSystem, layout);
    checkNotHeld(fileSystem, layout.lock, host);
    const before = fingerprint(fileSystem, layout);
    try {
      return await verify(fileSystem, layout);
    } finally {
      refuseIfMoved(layout, before, fingerprint(fileSystem, layout));
    }
  } catch (error) {
    throw error instanceof LogError ? error : unreadable(error, layout.directory);
  }
}

function refuseIfNothing(fileSystem: FileSystem, { directory, checkpoint, journal, logs }: Layout): void {
  if ([checkpoint, journal, logs].some((path) => fileSystem.sizeOf(path) !== undefined)) return;
  const what = fileSystem.sizeOf(directory) === undefined ? 'There is no directory' : 'No store was ever opened in';
  throw new LogError('Failed', `${what} ${directory}.`);
}

/** Every opening leaves another lock or another checkpoint. */
function fingerprint(fileSystem: FileSystem, { lock, checkpoint }: Layout): string {
  return [lock, checkpoint].map((path) => readWhole(fileSystem, path)?.toString('latin1')).join('\n');
}

function refuseIfMoved({ directory }: Layout, before: string, after: string): void {
  if (before === after) return;
  throw new LogError('Locked', `${directory} was opened by a process while it was verified. Stop that process and verify again.`);
}

function unreadable(error: unknown, directory: string): LogError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LogError('Failed', `${directory} could not be verified: ${reason}`, { cause: error });
}

async function verify(fileSystem: FileSystem, layout: Layout): Promise<Verification> {
  const findings = new Findings();
  const loaded = load(fileSystem, layout, findings);
  if (loaded === undefined) return report(layout, undefined, unjudged, [], findings);
  const { head, catalogue: listed } = loaded;
  const { catalogue: opened } = loadCheckpoint(fileSystem, layout); // once more, to be moved on
  const { report: journal, repeated } = await verifyJournal(fileSystem, layout, { head, catalogue: opened }, findings);
  const stored = await verifySegments({ fileSystem, layout, findings }, listed, opened);
  const { state } = head;
  lookThroughFolders({ fileSystem, layout, listed, state, hasGaps: journal.gaps.length > 0, repeated, findings });
  return report(layout, head, journal, rowsOf(opened, stored, repeated), findings);
}

function load(fileSystem: FileSystem, layout: Layout, findings: Findings): ReturnType<typeof loadCheckpoint> | undefined {
  try {
    return loadCheckpoint(fileSystem, layout);
  } catch (error) {
    if (!(error instanceof LogError) && errorCode(error) !== 'EIO') throw error;
    const got = error instanceof Error ? error.message : '';
    findings.problem({ kind: 'checkpoint', path: layout.checkpoint, expected: 'a checkpoint', got, opening: 'refused' });
    return undefined;
  }
}

const unjudged: JournalReport = { files: 0, bytes: 0, entries: 0, lastSequence: 0, gaps: [], losses: [], acceptance: [] };

function report(
  { directory }: Layout,
  head: CheckpointHead | undefined,
  journal: JournalReport,
  partitions: readonly PartitionReport[],
  { problems, problemCount, notes, noteCount }: Findings,
): Verification {
  const checkpoint = head === undefined ? undefined : { sequence: head.sequence, state: head.state, clockMs: head.clockMs };
  return { directory, checkpoint, journal, partitions, problems, problemCount, notes, noteCount };
}

/** The partitions of all logs there will be, by name and number. */
function rowsOf(opened: Catalogue, stored: ReadonlyMap<string, StoredRow>, repeated: ReadonlyMap<string, Tally>): PartitionReport[] {
  const logs = [...opened.visible.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return logs.flatMap(({ id, name, partitions }) =>
    partitions.map(({ number, startOffset, endOffset }) => {
      const key = keyOf(id, number);
      const { segments = 0, tally = emptyTally() } = stored.get(key) ?? {};
      const counts = { segments, stored: tally, repeated: repeated.get(key) ?? emptyTally() };
      return { log: name, logId: id, partition: number, startOffset, endOffset, ...counts };
    }),
  );
}

interface StoredRow {
  readonly segments: number;
  readonly tally: Tally;
}

interface Scene {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly findings: Findings;
}

/** Checks every segment the checkpoint lists; `opened` says which of them the journal makes needless. */
async function verifySegments(scene: Scene, listed: Catalogue, opened: Catalogue): Promise<Map<string, StoredRow>> {
  const stored = new Map<string, StoredRow>();
  for (const { id, name, partitions } of listed.visible.values()) {
    const namesake = opened.visible.get(name);
    for (const partition of partitions) {
      const after = namesake?.id === id ? namesake.partitions[partition.number] : undefined;
      const startOffset = after?.startOffset ?? Number.POSITIVE_INFINITY;
      const tally = await verifyPartition(scene, partition, startOffset);
      noteHoles(scene, partition, startOffset);
      stored.set(keyOf(id, partition.number), { segments: partition.segments.length, tally });
    }
  }
  return stored;
}

/** Walks the segments with anything from `startOffset` on; of others, which an opening wants too, only the size counts. */
async function verifyPartition(scene: Scene, partition: Partition, startOffset: number): Promise<Tally> {
  const sum = emptyTally();
  let stampMs = 0;
  for (const [index, segment] of partition.segments.entries()) {
    const endOffset = partition.endOfSegment(index);
    if (!hasAllBytes(scene, segment, endOffset, endOffset > startOffset)) continue;
    const found = await walk(scene, segment, endOffset, stampMs);
    addTally(sum, found.tally);
    stampMs = found.stampMs;
  }
  return sum;
}

/** Whether there is something to walk. A file that is there and short is told by the walk, which knows more. */
function hasAllBytes({ fileSystem, layout, findings }: Scene, segment: Segment, endOffset: number, isNeeded: boolean): boolean {
  const path = pathOf(layout, segment);
  const size = fileSystem.sizeOf(path);
  if (size !== undefined && isNeeded) return true;
  if (size === undefined || size < segment.bytes) {
    const offsets = isNeeded ? rangeOf(segment, segment.baseOffset, endOffset) : undefined;
    const got = size === undefined ? 'no file' : String(size);
    findings.problem({ kind: 'file', path, offsets, expected: `${segment.bytes} bytes`, got, opening: 'refused' });
  }
  return false;
}

async function walk(scene: Scene, segment: Segment, endOffset: number, earlierStampMs: number): Promise<SegmentFindings> {
  const { fileSystem, layout, findings } = scene;
  const path = pathOf(layout, segment);
  const index = loadIndex(fileSystem, path, segment);
  const file = fileSystem.open(path, 'existing');
  try {
    return await walkSegment({ segment, path, file, endOffset, earlierStampMs, index, findings });
  } finally {
    file.close();
  }
}

function noteHoles({ layout, findings }: Scene, partition: Partition, startOffset: number): void {
  const { segments, log, number } = partition;
  const folder = layout.partition(log.id, number);
  let from = partition.startOffset;
  for (const to of [...segments.map(({ baseOffset }) => baseOffset), partition.endOffset]) {
    if (from < to && to > startOffset)
      findings.note('hole', folder, `Offsets ${from} to ${to - 1} of ${partition} are lost: accepted before.`);
    from = segments.find(({ baseOffset }) => baseOffset === to)?.holeFrom ?? Number.POSITIVE_INFINITY;
  }
}
