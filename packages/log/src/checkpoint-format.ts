// A checkpoint as bytes: one line of text that names format, CRC and length, then JSON. See docs/data-files.md.
import { crc32c } from 'millrace-records';
import { Catalogue, Log, type Partition, Segment } from './catalogue.ts';
import { LogError } from './errors.ts';

const format = 'millrace-checkpoint';
const version = 1;

/** What a checkpoint says beside the logs. */
export interface CheckpointHead {
  /** The last journal entry it covers. */
  readonly sequence: number;
  /** The opening whose journal entries go on from it: 8 bytes as hexadecimal digits. */
  readonly life: string;
  /** `closed`: no journal entry follows it. `open`: the journal has to be read. */
  readonly state: 'open' | 'closed';
  /** The log's clock, Unix milliseconds. */
  readonly clockMs: number;
  readonly nextLogId: number;
  /** Only while an opening accepts damage; see `Shown`. */
  readonly shown?: readonly Shown[];
}

/** Log id, partition, and the end its segments show: what lies before it may have been acknowledged. */
export type Shown = readonly [number, number, number];

/** base offset, bytes, stamp of the first batch, stamp of the last; first offset of the hole behind it, left out if there is none */
type SegmentRow = readonly [number, number, number, number, number?];
/** number, start offset, end offset, segments; partitions that never held anything are left out */
type PartitionRow = readonly [number, number, number, readonly SegmentRow[]];

interface LogRow {
  readonly id: number;
  readonly name: string;
  readonly partitionCount: number;
  readonly retentionMs: number | 'forever';
  readonly partitions: readonly PartitionRow[];
}

/** A copy of what is visible, for a checkpoint; nothing that changes later changes it. */
export function copyLogs(catalogue: Catalogue): readonly LogRow[] {
  return Array.from(catalogue.visible.values(), ({ id, name, settings, partitions }) => ({
    id,
    name,
    partitionCount: settings.partitionCount,
    retentionMs: settings.retentionMs,
    partitions: partitions.filter(({ endOffset }) => endOffset > 0).map(copyPartition),
  }));
}

function copyPartition({ number, startOffset, endOffset, segments }: Partition): PartitionRow {
  const rows = segments.filter(({ bytes }) => bytes > 0).map(copySegment);
  return [number, startOffset, endOffset, rows];
}

function copySegment({ baseOffset, bytes, firstStampMs, largestStampMs, holeFrom }: Segment): SegmentRow {
  const row = [baseOffset, bytes, firstStampMs, largestStampMs] as const;
  return holeFrom === undefined ? row : [...row, holeFrom];
}

/** The bytes of a checkpoint. */
export function encodeCheckpoint(head: CheckpointHead, logs: readonly LogRow[]): Buffer {
  const body = Buffer.from(`${JSON.stringify({ ...head, logs })}\n`);
  return Buffer.concat([Buffer.from(headline(body)), body]);
}

/** Head and logs of a checkpoint. Throws `Damaged` if its CRC or a field is not what was written. */
export function parseCheckpoint(bytes: Buffer, path: string): { head: CheckpointHead; catalogue: Catalogue } {
  const body = bytes.subarray(bytes.indexOf('\n') + 1);
  if (!bytes.subarray(0, bytes.length - body.length).equals(Buffer.from(headline(body)))) {
    throw new LogError(
      'Damaged',
      `The checkpoint ${path} (${bytes.length} bytes) does not carry the format, length and CRC of its contents.`,
    );
  }
  // The CRC says that these are the bytes `encodeCheckpoint` wrote, so they have its shape.
  const { logs, ...head } = JSON.parse(body.toString('utf8')) as CheckpointHead & { logs: readonly LogRow[] };
  return { head, catalogue: toCatalogue(head, logs) };
}

function headline(body: Buffer): string {
  return `${format} ${version} ${crc32c(body).toString(16).padStart(8, '0')} ${body.length}\n`;
}

function toCatalogue(head: CheckpointHead, rows: readonly LogRow[]): Catalogue {
  const catalogue = new Catalogue();
  for (const { id, name, partitionCount, retentionMs, partitions } of rows) {
    const log = new Log(id, name, { partitionCount, retentionMs });
    for (const row of partitions) fillPartition(log.partitions[row[0]] as Partition, row);
    catalogue.accept(log);
    catalogue.show(log);
  }
  catalogue.nextLogId = head.nextLogId;
  return catalogue;
}

function fillPartition(partition: Partition, [, startOffset, endOffset, segments]: PartitionRow): void {
  partition.startOffset = startOffset;
  partition.endOffset = endOffset;
  partition.nextOffset = endOffset;
  for (const [baseOffset, bytes, firstStampMs, largestStampMs, holeFrom] of segments) {
    const segment = new Segment(partition, baseOffset);
    partition.segments.push(Object.assign(segment, { bytes, acceptedBytes: bytes, firstStampMs, largestStampMs, holeFrom }));
  }
}
