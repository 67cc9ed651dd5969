// What the next checkpoint has to put on the disk for certain before it may say so.
import type { Log, Segment } from './catalogue.ts';
import type { OpenFile } from './file-system.ts';
import type { OpenFiles } from './open-files.ts';

/** What was written, created and dropped between two checkpoints. */
export interface Changes {
  /** Written segments with the file they were written through, which stays open until it is synced. */
  readonly segments: ReadonlyMap<Segment, OpenFile>;
  /** Folders with new names. */
  readonly folders: ReadonlySet<string>;
  /** Segments no longer listed, to be unlinked. */
  readonly droppedSegments: readonly Segment[];
  /** Logs no longer listed, whose folders are to be removed. */
  readonly droppedLogs: readonly Log[];
}

/** Collects changes; a checkpoint takes them over and leaves nothing behind. */
export class Unsynced {
  readonly #files: OpenFiles;
  #segments = new Map<Segment, OpenFile>();
  #folders = new Set<string>();
  #droppedSegments: Segment[] = [];
  #droppedLogs: Log[] = [];

  constructor(files: OpenFiles) {
    this.#files = files;
  }

  /** How many segments were written. */
  get segmentCount(): number {
    return this.#segments.size;
  }

  /** True if something waits to be unlinked. */
  get hasDropped(): boolean {
    return this.#droppedSegments.length + this.#droppedLogs.length > 0;
  }

  /** The segment's file, to be written to: it stays open until a checkpoint has synced it. */
  fileForWriting(segment: Segment): OpenFile {
    const known = this.#segments.get(segment);
    if (known !== undefined) return known;
    const file = this.#files.hold(segment);
    this.#segments.set(segment, file);
    return file;
  }

  /** A name was created in `folder`. */
  addFolder(folder: string): void {
    this.#folders.add(folder);
  }

  /** Begins to sync what was written so far, for a checkpoint that will have less to do; its failure is final too. */
  async syncAhead(): Promise<void> {
    const syncs = Array.from(this.#segments, async ([segment, file]) => {
      this.#files.hold(segment);
      try {
        await file.datasync();
      } finally {
        this.#files.release(segment);
      }
    });
    await Promise.all(syncs);
  }

  /** The segments are no longer part of their partition. */
  drop(segments: readonly Segment[]): void {
    for (const segment of segments) {
      this.#forget(segment);
      this.#droppedSegments.push(segment);
    }
  }

  /** The log is no more. */
  dropLog(log: Log): void {
    for (const { segments } of log.partitions) for (const segment of segments) this.#forget(segment);
    this.#droppedLogs.push(log);
  }

  /** Hands everything over. */
  take(): Changes {
    const changes = {
      segments: this.#segments,
      folders: this.#folders,
      droppedSegments: this.#droppedSegments,
      droppedLogs: this.#droppedLogs,
    };
    this.#segments = new Map();
    this.#folders = new Set();
    this.#droppedSegments = [];
    this.#droppedLogs = [];
    return changes;
  }

  /** Takes back what is to be unlinked, because no checkpoint that leaves it out could be written. */
  restoreDropped({ droppedSegments, droppedLogs }: Changes): void {
    this.#droppedSegments.unshift(...droppedSegments);
    this.#droppedLogs.unshift(...droppedLogs);
  }

  #forget(segment: Segment): void {
    if (this.#segments.delete(segment)) this.#files.release(segment);
    segment.index = undefined;
    this.#files.forget(segment);
  }
}
