// A single segment in memory, with the index files a test wants, for tests of what reads it.
import { encodeBatch, endOffsetOf, stampBatch, timestampOf } from 'millrace-records';
import { Log, Segment } from '../../src/catalogue.ts';
import { Layout } from '../../src/layout.ts';
import { OpenFiles } from '../../src/open-files.ts';
import { SegmentIndex } from '../../src/segment-index.ts';
import { SegmentReader } from '../../src/segment-reader.ts';
import { MemoryFile, memoryFiles } from './memory-files.ts';
import { Seeded } from './seeded.ts';

/** Batches of some KiB each, several of them in the same millisecond. */
export function segmentOf(seed: number, count: number): Buffer[] {
  const random = new Seeded(seed);
  let offset = 0;
  let stampMs = 0;
  return Array.from({ length: count }, () => {
    const values = Array.from({ length: 1 + random.below(4) }, () => random.bytes(random.below(2000)));
    const batch = encodeBatch(values.map((value) => ({ key: null, value })));
    stampMs += random.below(3);
    stampBatch(batch, offset, stampMs);
    offset += values.length;
    return batch;
  });
}

/** The index files of a segment of these batches. */
export function indexFilesOf(batches: readonly Buffer[]): { offsets: Buffer; times: Buffer } {
  const index = new SegmentIndex();
  let position = 0;
  for (const batch of batches) {
    index.add(position, endOffsetOf(batch) - 1, timestampOf(batch));
    position += batch.length;
  }
  return { offsets: index.encodeOffsets(), times: index.encodeTimes() };
}

/** A segment of these bytes (as the checkpoint lists it: `listedBytes`) with these index files, read for the first time. */
export function openSegment(
  bytes: Buffer,
  [offsets, times]: readonly (Buffer | undefined)[],
  listedBytes: number = bytes.length,
): { reader: SegmentReader; segment: Segment } {
  const log = new Log(1, 'a', { partitionCount: 1, retentionMs: 'forever' });
  const [partition] = log.partitions;
  if (partition === undefined) throw new Error('A log has partitions.');
  const segment = new Segment(partition, 0);
  segment.bytes = listedBytes;
  partition.segments.push(segment);
  partition.endOffset = Number.MAX_SAFE_INTEGER;
  const files = new Map([['/data/logs/1/0/00000000000000000000.log', new MemoryFile(bytes)]]);
  if (offsets !== undefined) files.set('/data/logs/1/0/00000000000000000000.index', new MemoryFile(offsets));
  if (times !== undefined) files.set('/data/logs/1/0/00000000000000000000.timeindex', new MemoryFile(times));
  const fileSystem = memoryFiles(files);
  return { reader: new SegmentReader(fileSystem, new OpenFiles(fileSystem, new Layout('/data'), 16)), segment };
}

/** The batch that holds `offset`. */
export function holding(batches: readonly Buffer[], offset: number): Buffer {
  const found = batches.find((batch) => endOffsetOf(batch) > offset);
  if (found === undefined) throw new Error(`No batch holds offset ${offset}.`);
  return found;
}

/** One more than the last offset. */
export function endOf(batches: readonly Buffer[]): number {
  return endOffsetOf(batches.at(-1) ?? Buffer.alloc(0));
}

/** The stamp of the last batch, milliseconds. */
export function lastStampOf(batches: readonly Buffer[]): number {
  return timestampOf(batches.at(-1) ?? Buffer.alloc(0));
}
