// Checkpoints: puts on the disk what the journal would otherwise have to repeat, says so, and then gives back what it held.
import { join } from 'node:path';
import type { Catalogue, Log, Segment } from './catalogue.ts';
import { type CheckpointHead, copyLogs, encodeCheckpoint } from './checkpoint-format.ts';
import type { Clock } from './clock.ts';
import { LogError } from './errors.ts';
import { type FileSystem, letGo, type OpenFile, writeFully } from './file-system.ts';
import type { Journal } from './journal.ts';
import { type Layout, suffix } from './layout.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Lock } from './lock.ts';
import type { LogClock } from './log-clock.ts';
import type { OpenFiles } from './open-files.ts';
import { isNoRoom, type Reserve } from './reserve.ts';
import type { SegmentReader } from './segment-reader.ts';
import type { Changes, Unsynced } from './unsynced.ts';

/** How long a checkpoint that found the disk full, or could not fill the reserve, waits before it tries again, milliseconds. */
const retryMs = 1_000;

/** What a closing store tells those who wait for room in the journal, when the disk has none for the checkpoint that would make it. */
const givenUp = new LogError('AppendRefused', 'Not stored: the store is closing, and the disk is too full for a checkpoint to go on.');

/** What a checkpoint has to do with. */
export interface CheckpointerParts {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly timers: Clock;
  readonly clock: LogClock;
  readonly catalogue: Catalogue;
  readonly journal: Journal;
  readonly files: OpenFiles;
  readonly reader: SegmentReader;
  readonly unsynced: Unsynced;
  readonly lifecycle: Lifecycle;
  readonly lock: Lock;
  readonly reserve: Reserve;
  readonly onWarning: (message: string, cause: unknown) => void;
}

/** Runs one checkpoint at a time. */
export class Checkpointer {
  readonly #parts: CheckpointerParts;
  #isWanted = false;
  #running: Promise<void> | undefined;
  #cancelRetry = (): void => {};

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
  }

  /** Asks for a checkpoint that begins now or after the one that runs. A failure ends the store. */
  request(): void {
    this.#isWanted = true;
    this.#running ??= this.#run();
  }

  /** As `request`; resolves when no checkpoint runs any more. */
  async complete(): Promise<void> {
    this.request();
    await this.#running;
  }

  /** Ends what runs and what was asked for; no checkpoint begins by itself afterwards. */
  async close(): Promise<void> {
    this.#isWanted = false;
    this.#cancelRetry();
    await this.#running;
    this.#cancelRetry();
  }

  /**
   * One checkpoint, durable when it resolves. `closed` promises that no journal entry follows. Throws what failed, which is
   * final, except that a checkpoint that could not be written for want of room gives false: the one before it still counts.
   */
  async write(state: CheckpointHead['state']): Promise<boolean> {
    const { journal, unsynced } = this.#parts;
    const sequence = journal.appliedSequence;
    const bytes = this.#copy(sequence, state);
    const changes = unsynced.take();
    await this.#syncChanges(changes);
    if (!(await this.#writeBeside(bytes))) {
      unsynced.restoreDropped(changes);
      return false;
    }
    await this.#replace();
    journal.release(sequence);
    await this.#unlinkDropped(changes);
    this.#parts.reserve.refill();
    return true;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // asked for in the middle of a round's effects, the copy must see all of them
    try {
      const { lifecycle, journal, reserve } = this.#parts;
      while (this.#isWanted && !lifecycle.hasFailed) {
        this.#isWanted = false;
        const isWritten = await this.write('open');
        if (!isWritten && lifecycle.isClosing) journal.abort(givenUp);
        if (!isWritten || reserve.isSpent) this.#retryLater();
      }
    } catch (error) {
      this.#parts.lifecycle.fail('writing a checkpoint', error);
    } finally {
      this.#running = undefined;
    }
  }

  #retryLater(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#parts.timers.after(retryMs, () => this.request());
  }

  #copy(sequence: number, state: CheckpointHead['state']): Buffer {
    const { journal, clock, catalogue } = this.#parts;
    const head = { sequence, life: journal.life.toString('hex'), state, clockMs: clock.now(), nextLogId: catalogue.nextLogId };
    return encodeCheckpoint(head, copyLogs(catalogue));
  }

  /** One segment at a time: more at once make the journal's own syncs wait far longer. */
  async #syncChanges({ segments, folders }: Changes): Promise<void> {
    for (const [segment, file] of segments) {
      await file.datasync();
      this.#parts.files.release(segment);
      this.#putIndexAway(segment);
    }
    for (const folder of folders) await this.#parts.fileSystem.syncFolder(folder);
  }

  /** A segment that is no longer appended to keeps its index in files. */
  #putIndexAway(segment: Segment): void {
    if (segment.index === undefined || segment.partition.segments.at(-1) === segment) return;
    this.#parts.reader.saveIndex(segment);
    this.#parts.reader.dropIndex(segment);
  }

  async #writeBeside(bytes: Buffer): Promise<boolean> {
    let file: OpenFile;
    try {
      file = this.#parts.reserve.spend(() => this.#beside(bytes));
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.#parts.onWarning(`A checkpoint of ${bytes.length} bytes could not be written and is put off.`, error);
      return false;
    }
    try {
      await file.datasync();
    } finally {
      letGo(file);
    }
    return true;
  }

  #beside(bytes: Buffer): OpenFile {
    const file = this.#parts.fileSystem.open(this.#parts.layout.nextCheckpoint, 'new');
    try {
      writeFully(file, [bytes], 0);
      return file;
    } catch (error) {
      letGo(file);
      throw error;
    }
  }

  async #replace(): Promise<void> {
    const { fileSystem, layout, lock } = this.#parts;
    lock.check();
    await fileSystem.rename(layout.nextCheckpoint, layout.checkpoint);
    await fileSystem.syncFolder(layout.directory);
  }

  async #unlinkDropped({ droppedSegments, droppedLogs }: Changes): Promise<void> {
    try {
      for (const segment of droppedSegments) await this.#unlinkSegment(segment);
      for (const log of droppedLogs) await this.#removeLog(log);
    } catch (error) {
      this.#parts.onWarning('Files that are no longer needed could not all be removed.', error);
    }
  }

  async #unlinkSegment(segment: Segment): Promise<void> {
    for (const ending of Object.values(suffix)) await this.#parts.fileSystem.unlink(this.#parts.files.path(segment, ending));
  }

  async #removeLog({ id, partitions }: Log): Promise<void> {
    const { fileSystem, layout } = this.#parts;
    for (const { number } of partitions) {
      const folder = layout.partition(id, number);
      for (const name of fileSystem.list(folder)) await fileSystem.unlink(join(folder, name));
      await fileSystem.removeFolder(folder);
    }
    await fileSystem.removeFolder(layout.log(id));
  }
}
