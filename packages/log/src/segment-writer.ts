// Appends batches to segments: plans where each goes, then writes what was planned with one call a segment.
import { baseOffsetOf, recordCountOf, stampBatch } from 'millrace-records';
import { type Log, type Partition, Segment } from './catalogue.ts';
import { LogError } from './errors.ts';
import { type FileSystem, writeFully } from './file-system.ts';
import type { Layout } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import type { Reserve } from './reserve.ts';
import { SegmentIndex } from './segment-index.ts';
import type { Unsynced } from './unsynced.ts';

/** A segment covers less than this many offsets, so that its index can name them in 32 bits. */
const maxSegmentOffsets = 2 ** 31 - 1;
/** A segment takes appends for at most this part of the retention, or a quiet log would never forget anything. */
const segmentsPerRetention = 24;

/** A batch on its way into a segment. */
export interface PlannedBatch {
  readonly partition: Partition;
  readonly segment: Segment;
  readonly batch: Buffer;
  readonly stampMs: number;
  baseOffset: number;
  position: number;
  /** Why the batch was not stored, once `flush` has tried; nothing of it counts then. */
  refusal: Error | undefined;
}

/** What the writer needs of its store. */
export interface SegmentWriterParts {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly files: OpenFiles;
  readonly unsynced: Unsynced;
  readonly segmentBytes: number;
  /** What appends to command logs may fall back on, if the disk is one that fills up. */
  readonly reserve?: Reserve;
}

/** Moves the accepted ends. What it wrote becomes visible by `showBatch`. */
export class SegmentWriter {
  readonly #parts: SegmentWriterParts;
  #planned = new Map<Segment, PlannedBatch[]>();
  readonly #foldersMade = new WeakSet<Log | Partition>();

  constructor(parts: SegmentWriterParts) {
    this.#parts = parts;
  }

  /**
   * Stamps `batch` and plans it behind the accepted end of its partition. Throws, with nothing changed, if a new segment is
   * needed and cannot be created.
   */
  plan(partition: Partition, batch: Buffer, stampMs: number): PlannedBatch {
    const segment = this.#appendTo(partition, () => this.#segmentFor(partition, batch, stampMs));
    this.#parts.unsynced.fileForWriting(segment);
    stampBatch(batch, partition.nextOffset, stampMs);
    return this.#add(segment, batch, stampMs);
  }

  /** Plans a batch that has its offset and stamp already, as recovery finds it. Throws `Damaged` if it does not fit. */
  planStamped(partition: Partition, batch: Buffer, stampMs: number): PlannedBatch {
    const baseOffset = baseOffsetOf(batch);
    if (baseOffset !== partition.nextOffset) {
      throw new LogError('Damaged', `The journal repeats offset ${baseOffset} of ${partition}, which ends at ${partition.nextOffset}.`);
    }
    return this.#add(this.#segmentFor(partition, batch, stampMs), batch, stampMs);
  }

  /**
   * Writes everything planned. A batch the disk does not take is given a `refusal`; the ones behind it move up in its place,
   * with their offsets.
   */
  flush(): void {
    for (const [segment, planned] of this.#planned) this.#flushSegment(segment, planned);
    this.#planned = new Map(); // one that lives on leaves garbage among what is old
  }

  #add(segment: Segment, batch: Buffer, stampMs: number): PlannedBatch {
    const { partition } = segment;
    const { nextOffset: baseOffset } = partition;
    const planned = { partition, segment, batch, stampMs, baseOffset, position: segment.acceptedBytes, refusal: undefined };
    accept(planned);
    const group = this.#planned.get(segment);
    if (group === undefined) this.#planned.set(segment, [planned]);
    else group.push(planned);
    return planned;
  }

  #flushSegment(segment: Segment, planned: PlannedBatch[]): void {
    const [first] = planned;
    if (first === undefined) return;
    try {
      const batches = planned.map(({ batch }) => batch);
      writeFully(this.#parts.unsynced.fileForWriting(segment), batches, first.position);
    } catch {
      segment.acceptedBytes = first.position;
      segment.partition.nextOffset = first.baseOffset;
      for (const one of planned) this.#writeAlone(one);
    }
  }

  /** Writes one batch where its partition now ends, with the offset that has. */
  #writeAlone(planned: PlannedBatch): void {
    const { partition, segment, batch, stampMs } = planned;
    planned.position = segment.acceptedBytes;
    planned.baseOffset = partition.nextOffset;
    try {
      stampBatch(batch, planned.baseOffset, stampMs);
      const file = this.#parts.unsynced.fileForWriting(segment);
      this.#appendTo(partition, () => writeFully(file, [batch], planned.position));
      accept(planned);
    } catch (error) {
      planned.refusal = error instanceof Error ? error : new Error(String(error));
    }
  }

  #appendTo<T>({ log }: Partition, write: () => T): T {
    const { reserve } = this.#parts;
    return reserve === undefined ? write() : reserve.appendTo(log.name, write);
  }

  #segmentFor(partition: Partition, batch: Buffer, stampMs: number): Segment {
    const last = partition.segments.at(-1);
    if (last === undefined) return this.#newSegment(partition);
    if (!this.#isFull(last, batch, stampMs)) return last;
    this.#flushSegment(last, this.#planned.get(last) ?? []);
    this.#planned.delete(last);
    return this.#isFull(last, batch, stampMs) ? this.#newSegment(partition) : last;
  }

  #isFull(segment: Segment, batch: Buffer, stampMs: number): boolean {
    if (segment.holeFrom !== undefined) return true;
    if (segment.acceptedBytes === 0) return false;
    if (segment.acceptedBytes + batch.length > this.#parts.segmentBytes) return true;
    const { nextOffset, log } = segment.partition;
    if (nextOffset + recordCountOf(batch) - segment.baseOffset > maxSegmentOffsets) return true;
    const { retentionMs } = log.settings;
    return retentionMs !== 'forever' && segment.bytes > 0 && stampMs - segment.firstStampMs >= retentionMs / segmentsPerRetention;
  }

  #newSegment(partition: Partition): Segment {
    this.#makeFolders(partition);
    const segment = new Segment(partition, partition.nextOffset);
    this.#parts.files.create(segment);
    segment.index = new SegmentIndex();
    this.#parts.unsynced.addFolder(this.#parts.layout.partition(partition.log.id, partition.number));
    partition.segments.push(segment);
    return segment;
  }

  /** Makes the folders of a log and of a partition at their first segment in this life. */
  #makeFolders(partition: Partition): void {
    const { fileSystem, layout, unsynced } = this.#parts;
    const { log } = partition;
    this.#once(log, () => {
      fileSystem.makeFolder(layout.log(log.id));
      unsynced.addFolder(layout.logs);
    });
    this.#once(partition, () => {
      fileSystem.makeFolder(layout.partition(log.id, partition.number));
      unsynced.addFolder(layout.log(log.id));
    });
  }

  #once(key: Log | Partition, run: () => void): void {
    if (this.#foldersMade.has(key)) return;
    run();
    this.#foldersMade.add(key);
  }
}

function accept({ partition, segment, batch, position, baseOffset }: PlannedBatch): void {
  segment.acceptedBytes = position + batch.length;
  partition.nextOffset = baseOffset + recordCountOf(batch);
}

/** Makes a stored batch visible: moves its partition's end in offset, bytes and stamp. The caller wakes the readers. */
export function showBatch({ partition, segment, batch, stampMs, baseOffset, position }: PlannedBatch): void {
  if (segment.bytes === 0) segment.firstStampMs = stampMs;
  segment.bytes = position + batch.length;
  segment.largestStampMs = stampMs;
  partition.endOffset = baseOffset + recordCountOf(batch);
  segment.index?.addWritten(position, baseOffset - segment.baseOffset, partition.endOffset - 1 - segment.baseOffset, stampMs);
}
