// Opens a data directory: takes the lock, recovers, and puts the parts together.
import { basename, dirname, resolve } from 'node:path';
import { AcceptedDamage } from './accepted-damage.ts';
import { Checkpointer } from './checkpointer.ts';
import { Committer } from './committer.ts';
import { Effects } from './effects.ts';
import { LogError } from './errors.ts';
import { errorCode, type FileSystem, letGo } from './file-system.ts';
import { Journal, type JournalFile } from './journal.ts';
import { Layout } from './layout.ts';
import { Lifecycle } from './lifecycle.ts';
import { acquireLock, type Lock } from './lock.ts';
import { LogClock } from './log-clock.ts';
import { LogStore } from './log-store.ts';
import { OpenFiles } from './open-files.ts';
import { type LogStoreOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { type Found, inspect, keepShown, tidy } from './recovery.ts';
import { replay } from './replay.ts';
import { isNoRoom, Reserve } from './reserve.ts';
import { SegmentReader } from './segment-reader.ts';
import { SegmentWriter } from './segment-writer.ts';
import { Unsynced } from './unsynced.ts';

/** What syncing a folder of somebody else fails with. */
const notAllowed: readonly string[] = ['EACCES', 'EPERM', 'EROFS'];

/**
 * Opens the data directory, creating it if it is not there; when the promise resolves, recovery is done and everything that
 * can be read is durable. Throws `Locked` if another process has it open, `Damaged` if acknowledged data is missing or
 * unreadable (nothing was changed then; see the option `damage`), `Failed` if the disk does not take what recovery must
 * write, `RangeError` for a bad option.
 */
export async function openLogStore(options: LogStoreOptions): Promise<LogStore> {
  const resolved = resolveOptions({ ...options, directory: resolve(options.directory) });
  const layout = new Layout(resolved.directory);
  const { fileSystem, journalFileBytes, commandLogPrefix } = resolved;
  const reserve = new Reserve({ fileSystem, path: layout.reserve, journalFileBytes, commandLogPrefix });
  // One for both attempts: a lock that the first one could not remove is no other process's.
  const token = resolved.random(16).toString('hex');
  try {
    return await lockAndRecover(resolved, layout, reserve, token).catch((error: unknown) => {
      if (isNoRoom(error) && reserve.giveUp()) return lockAndRecover(resolved, layout, reserve, token);
      throw error;
    });
  } catch (error) {
    throw error instanceof LogError ? error : openingFailure(error, resolved.directory);
  }
}

async function lockAndRecover(options: ResolvedOptions, layout: Layout, reserve: Reserve, token: string): Promise<LogStore> {
  const { fileSystem, host } = options;
  await makeDirectory(fileSystem, layout);
  const lock = await acquireLock(fileSystem, layout.lock, host, token);
  try {
    return await recover(options, layout, lock, reserve);
  } catch (error) {
    await lock.release().catch((cause: unknown) => options.onWarning(`${layout.lock} could not be removed.`, cause));
    throw error;
  }
}

/**
 * Creates the data directory and the folders above it. As long as there is no checkpoint their names are synced each time: a
 * crash may have come between creating one and syncing its name.
 */
async function makeDirectory(fileSystem: FileSystem, { directory, checkpoint }: Layout): Promise<void> {
  if (fileSystem.sizeOf(checkpoint) !== undefined) return;
  for (const folder of [...ancestors(directory)].toReversed()) {
    if (fileSystem.sizeOf(folder) === undefined) fileSystem.makeFolder(folder);
  }
  for (const folder of ancestors(directory)) await syncIfAllowed(fileSystem, dirname(folder));
}

/** The folder and those above it, but for the topmost. */
function* ancestors(folder: string): Generator<string> {
  for (let at = folder; dirname(at) !== at; at = dirname(at)) yield at;
}

/** Folders far above may belong to others; those were there before. */
async function syncIfAllowed(fileSystem: FileSystem, folder: string): Promise<void> {
  try {
    await fileSystem.syncFolder(folder);
  } catch (error) {
    if (!notAllowed.includes(errorCode(error) ?? '')) throw error;
  }
}

async function recover(options: ResolvedOptions, layout: Layout, lock: Lock, reserve: Reserve): Promise<LogStore> {
  const { fileSystem } = options;
  const found = await inspect(fileSystem, layout, options.damage);
  const files = new OpenFiles(fileSystem, layout, options.maxOpenFiles);
  try {
    return await build({ options, layout, lock, reserve, files, found });
  } catch (error) {
    files.closeAll();
    for (const { file } of found.journalFiles) letGo(file);
    throw error;
  }
}

interface Materials {
  readonly options: ResolvedOptions;
  readonly layout: Layout;
  readonly lock: Lock;
  readonly reserve: Reserve;
  readonly files: OpenFiles;
  readonly found: Found;
}

async function build({ options, layout, lock, reserve, files, found }: Materials): Promise<LogStore> {
  const { fileSystem, segmentBytes, onWarning, clock: timers } = options;
  const { catalogue, head, journal: contents, shown } = found;
  for (const folder of [layout.journal, layout.logs]) fileSystem.makeFolder(folder);
  // A power cut in the middle of a rename can leave the checkpoint under both names: writing the next one would destroy it.
  await fileSystem.unlink(layout.nextCheckpoint);
  if (shown.length > 0) await keepShown(fileSystem, layout, lock, found);
  await tidy(fileSystem, layout, files, found);
  const clock = new LogClock(timers, head.clockMs);
  const unsynced = new Unsynced(files);
  const effects = new Effects(catalogue, unsynced);
  const writer = new SegmentWriter({ fileSystem, layout, files, unsynced, segmentBytes, reserve });
  const damage = new AcceptedDamage({ catalogue, effects, gaps: contents.gaps, shown, onWarning });
  await replay({ catalogue, effects, writer, unsynced, clock, damage }, contents.runs, Buffer.from(head.life, 'hex'));
  for (const folder of [layout.journal, layout.directory]) unsynced.addFolder(folder);

  const lifecycle = new Lifecycle();
  lifecycle.onFailure(options.onFailure);
  const reader = new SegmentReader(fileSystem, files);
  const journal = openJournal(options, layout, reserve, found);
  lifecycle.onFailure((failure) => journal.abort(failure));
  const checkpointer = new Checkpointer({
    fileSystem,
    layout,
    timers,
    clock,
    catalogue,
    journal,
    files,
    reader,
    unsynced,
    lifecycle,
    lock,
    reserve,
    onWarning,
  });
  journal.onFull = () => checkpointer.request();
  if (!(await checkpointer.write('open'))) throw new LogError('Failed', `There is no room for a checkpoint in ${layout.directory}.`);
  await removeSpareJournal(options, found.journalFiles);
  if (reserve.isSpent) checkpointer.request();
  const { durability, asyncSyncIntervalMs, maxOpenFiles: maxWrittenSegments } = options;
  const committer = new Committer({
    durability,
    asyncSyncIntervalMs,
    maxWrittenSegments,
    timers,
    clock,
    catalogue,
    effects,
    reserve,
    journal,
    writer,
    unsynced,
    checkpointer,
    lifecycle,
  });
  return new LogStore({ options, lifecycle, lock, clock, catalogue, journal, files, reader, unsynced, checkpointer, committer });
}

/** A journal of a new life, in the files that are there: the checkpoint that ends recovery covers all they hold. */
function openJournal(options: ResolvedOptions, layout: Layout, reserve: Reserve, { head, journal, journalFiles }: Found): Journal {
  const { fileSystem, journalFileBytes: fileBytes, journalFileCount: fileCount, onWarning, random } = options;
  const numbers = journalFiles.map(({ path }) => Number(basename(path))).filter(Number.isSafeInteger);
  const sequence = journal.runs.at(-1)?.last ?? head.sequence;
  const kept = journalFiles.filter((file, index) => isKept(options, file, index));
  return new Journal(
    { fileSystem, layout, reserve, fileBytes, fileCount, onWarning },
    random(8),
    sequence,
    kept,
    Math.max(0, ...numbers) + 1,
  );
}

function isKept({ journalFileBytes, journalFileCount }: ResolvedOptions, { file }: JournalFile, index: number): boolean {
  return file.size() === journalFileBytes && index < journalFileCount;
}

/** Removes files of another size (a crash while preparing, or another option) and those beyond the cap. */
async function removeSpareJournal(options: ResolvedOptions, journalFiles: readonly JournalFile[]): Promise<void> {
  for (const [index, journalFile] of journalFiles.entries()) {
    if (isKept(options, journalFile, index)) continue;
    letGo(journalFile.file);
    await options.fileSystem.unlink(journalFile.path);
  }
}

function openingFailure(error: unknown, directory: string): LogError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LogError('Failed', `Opening ${directory} failed: ${reason}`, { cause: error });
}
