// From what a crash left to a state from which to go on. Nothing on the disk is changed before everything was judged.
import { join } from 'node:path';
import { type Catalogue, Catalogue as EmptyCatalogue, type Segment } from './catalogue.ts';
import { type CheckpointHead, copyLogs, encodeCheckpoint, parseCheckpoint, type Shown } from './checkpoint-format.ts';
import { LogError } from './errors.ts';
import { type FileSystem, letGo, readWhole, writeFully } from './file-system.ts';
import type { JournalFile } from './journal.ts';
import { type GapScene, gapError, surveyGaps } from './journal-gap.ts';
import { type JournalContents, scanJournal } from './journal-scan.ts';
import { type Layout, segmentName, suffix } from './layout.ts';
import type { Lock } from './lock.ts';
import type { OpenFiles } from './open-files.ts';

/** What is there before anything is replayed. */
export interface Found {
  readonly head: CheckpointHead;
  readonly catalogue: Catalogue;
  readonly journalFiles: readonly JournalFile[];
  /** What continues the checkpoint. */
  readonly journal: JournalContents;
  /** Ends that segments show beyond what the journal does, if it has gaps. */
  readonly shown: readonly Shown[];
}

const nothing: JournalContents = { runs: [], gaps: [] };
const firstHead: CheckpointHead = { sequence: 0, life: '', state: 'closed', clockMs: 0, nextLogId: 1 };

/**
 * Reads checkpoint and journal and checks the listed files; changes nothing. Throws `Damaged` if the checkpoint is bad or
 * missing, a listed file is missing or short, or, unless that is accepted, journal entries are missing that were on the disk.
 */
export async function inspect(fileSystem: FileSystem, layout: Layout, damage: 'refuse' | 'accept'): Promise<Found> {
  await fileSystem.syncFolder(layout.directory); // else a power cut could bring an older checkpoint back
  const { head, catalogue } = loadCheckpoint(fileSystem, layout);
  const journalFiles = openJournalFiles(fileSystem, layout);
  try {
    const journal = head.state === 'closed' ? nothing : scanJournal(journalFiles, Buffer.from(head.life, 'hex'), head.sequence);
    for (const segment of listedSegments(catalogue)) checkListed(fileSystem, layout, segment);
    const shown = journal.gaps.length === 0 ? [] : judgeGaps(fileSystem, layout, { head, catalogue, journal }, damage);
    return { head, catalogue, journalFiles, journal, shown };
  } catch (error) {
    for (const { file } of journalFiles) letGo(file);
    throw error;
  }
}

function judgeGaps(fileSystem: FileSystem, layout: Layout, scene: GapScene, damage: 'refuse' | 'accept'): readonly Shown[] {
  const survey = surveyGaps(fileSystem, layout, scene);
  if (damage === 'refuse') throw gapError(scene.journal, survey);
  return survey.shown;
}

/**
 * Writes the checkpoint again, with the ends the segments show: if this opening is cut short, the next one cannot read them any
 * more from files that were cut and written over.
 */
export async function keepShown(fileSystem: FileSystem, layout: Layout, lock: Lock, { head, catalogue, shown }: Found): Promise<void> {
  const file = fileSystem.open(layout.nextCheckpoint, 'new');
  try {
    writeFully(file, [encodeCheckpoint({ ...head, shown }, copyLogs(catalogue))], 0);
    await file.datasync();
  } finally {
    letGo(file);
  }
  lock.check();
  await fileSystem.rename(layout.nextCheckpoint, layout.checkpoint);
  await fileSystem.syncFolder(layout.directory);
}

/** Removes what the checkpoint does not list and cuts each segment to its listed length. */
export async function tidy(fileSystem: FileSystem, layout: Layout, files: OpenFiles, { head, catalogue }: Found): Promise<void> {
  for (const segment of listedSegments(catalogue)) cutToListed(fileSystem, files, segment);
  if (head.state === 'open') await removeUnlisted(fileSystem, layout, catalogue);
}

/** What the checkpoint says, or, in a directory that was never opened, nothing. Throws `Damaged` if it is bad or missing. */
export function loadCheckpoint(fileSystem: FileSystem, layout: Layout): { head: CheckpointHead; catalogue: Catalogue } {
  const bytes = readWhole(fileSystem, layout.checkpoint);
  if (bytes !== undefined) return parseCheckpoint(bytes, layout.checkpoint);
  refuseIfAny(fileSystem, layout, layout.logs, 'log(s)');
  refuseIfAny(fileSystem, layout, layout.journal, 'journal file(s)'); // the first is made after the first checkpoint
  return { head: firstHead, catalogue: new EmptyCatalogue() };
}

function refuseIfAny(fileSystem: FileSystem, { checkpoint }: Layout, folder: string, what: string): void {
  const names = fileSystem.list(folder);
  if (names.length === 0) return;
  throw new LogError('Damaged', `There is no checkpoint ${checkpoint}, but ${folder} holds ${names.length} ${what}, such as ${names[0]}.`);
}

/** All files of the journal, in the order of their names. Whoever opens them closes them. */
export function openJournalFiles(fileSystem: FileSystem, layout: Layout): JournalFile[] {
  return fileSystem
    .list(layout.journal)
    .toSorted()
    .map((name) => join(layout.journal, name))
    .map((path) => ({ path, file: fileSystem.open(path, 'existing'), lastSequence: 0, allocatedBytes: 0 }));
}

/** Every segment the checkpoint lists, by log and partition. */
function* listedSegments(catalogue: Catalogue): Generator<Segment> {
  for (const { partitions } of catalogue.visible.values()) for (const { segments } of partitions) yield* segments;
}

/** Where a segment's batches lie. */
export function pathOf(layout: Layout, { partition, baseOffset }: Segment): string {
  return join(layout.partition(partition.log.id, partition.number), segmentName(baseOffset) + suffix.batches);
}

function checkListed(fileSystem: FileSystem, layout: Layout, segment: Segment): void {
  const path = pathOf(layout, segment);
  const size = fileSystem.sizeOf(path);
  if (size !== undefined && size >= segment.bytes) return;
  throw new LogError(
    'Damaged',
    `${path} (${segment.partition}, from offset ${segment.baseOffset}) has ${size ?? 'no'} bytes; the checkpoint lists ${segment.bytes}.`,
  );
}

function cutToListed(fileSystem: FileSystem, files: OpenFiles, segment: Segment): void {
  if (fileSystem.sizeOf(files.path(segment)) !== segment.bytes) files.get(segment).truncate(segment.bytes);
}

async function removeUnlisted(fileSystem: FileSystem, layout: Layout, catalogue: Catalogue): Promise<void> {
  const listed = new Set<string>();
  for (const segment of listedSegments(catalogue)) {
    const path = pathOf(layout, segment).slice(0, -suffix.batches.length);
    listed.add(path + suffix.batches);
    if (segment.partition.segments.at(-1) !== segment) listed.add(path + suffix.offsets).add(path + suffix.times);
  }
  for (const log of fileSystem.list(layout.logs)) {
    const folder = join(layout.logs, log);
    const isLogListed = [...catalogue.visible.values()].some(({ id }) => String(id) === log);
    for (const partition of fileSystem.list(folder)) await removeUnlistedIn(fileSystem, join(folder, partition), listed, isLogListed);
    if (!isLogListed) await fileSystem.removeFolder(folder);
  }
}

async function removeUnlistedIn(fileSystem: FileSystem, folder: string, listed: ReadonlySet<string>, isLogListed: boolean): Promise<void> {
  for (const name of fileSystem.list(folder)) {
    if (!listed.has(join(folder, name))) await fileSystem.unlink(join(folder, name));
  }
  if (!isLogListed) await fileSystem.removeFolder(folder);
}
