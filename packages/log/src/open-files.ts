// The open segment files, few of them whatever the number of partitions.
import { join } from 'node:path';
import type { Segment } from './catalogue.ts';
import { type FileSystem, letGo, type OpenFile } from './file-system.ts';
import { type Layout, segmentName, suffix } from './layout.ts';

interface Handle {
  readonly file: OpenFile;
  /** The later, the larger. */
  lastUse: number;
  /** Uses that must end before the file may be closed. */
  holds: number;
  forgotten: boolean;
}

/**
 * Opens segments when they are needed and closes the one not used for longest when there are more than `limit`. A file is
 * closed only when nobody holds it: its number could be given to another file under an asynchronous read, and an error of a
 * write that was not yet synced could be lost.
 */
export class OpenFiles {
  readonly #fileSystem: FileSystem;
  readonly #layout: Layout;
  readonly #limit: number;
  readonly #handles = new Map<Segment, Handle>();
  #uses = 0;

  constructor(fileSystem: FileSystem, layout: Layout, limit: number) {
    this.#fileSystem = fileSystem;
    this.#layout = layout;
    this.#limit = limit;
  }

  /** Where a segment's file with this suffix lies. */
  path({ partition, baseOffset }: Segment, ending: string = suffix.batches): string {
    return join(this.#layout.partition(partition.log.id, partition.number), segmentName(baseOffset) + ending);
  }

  /** Creates the file of a new segment, empty. Its folder must be there. */
  create(segment: Segment): void {
    this.#keep(segment, this.#fileSystem.open(this.path(segment), 'new'));
  }

  /** The segment's file for a synchronous call. Throws what opening throws. */
  get(segment: Segment): OpenFile {
    return this.#handle(segment).file;
  }

  /** The segment's file, kept open until `release`, which must follow. */
  hold(segment: Segment): OpenFile {
    const handle = this.#handle(segment);
    handle.holds += 1;
    return handle.file;
  }

  /** Ends one `hold`. */
  release(segment: Segment): void {
    const handle = this.#handles.get(segment);
    if (handle === undefined) return;
    handle.holds -= 1;
    if (handle.holds === 0 && handle.forgotten) this.#close(segment, handle);
  }

  /** The segment is no more: closes its file as soon as nobody holds it. */
  forget(segment: Segment): void {
    const handle = this.#handles.get(segment);
    if (handle === undefined) return;
    handle.forgotten = true;
    if (handle.holds === 0) this.#close(segment, handle);
  }

  /** Closes all files, held or not. */
  closeAll(): void {
    for (const [segment, handle] of this.#handles) this.#close(segment, handle);
  }

  #handle(segment: Segment): Handle {
    const handle = this.#handles.get(segment);
    if (handle === undefined) return this.#keep(segment, this.#fileSystem.open(this.path(segment), 'existing'));
    handle.lastUse = this.#uses++;
    return handle;
  }

  #keep(segment: Segment, file: OpenFile): Handle {
    const handle = { file, lastUse: this.#uses++, holds: 0, forgotten: false };
    this.#handles.set(segment, handle);
    if (this.#handles.size > this.#limit) this.#closeOldest(segment);
    return handle;
  }

  #closeOldest(except: Segment): void {
    let oldest: [Segment, Handle] | undefined;
    for (const [segment, handle] of this.#handles) {
      if (handle.holds > 0 || segment === except) continue;
      if (oldest === undefined || handle.lastUse < oldest[1].lastUse) oldest = [segment, handle];
    }
    if (oldest !== undefined) this.#close(...oldest);
  }

  #close(segment: Segment, handle: Handle): void {
    this.#handles.delete(segment);
    letGo(handle.file);
  }
}
