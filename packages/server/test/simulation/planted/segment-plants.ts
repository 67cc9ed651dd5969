// Bugs in segments: full disks, reading, retention, open files, and the clock that stamps what they hold.
import { type Plant, plant } from './plant.ts';

const writer = 'packages/log/src/segment-writer.ts';
const openFiles = 'packages/log/src/open-files.ts';
const retention = 'packages/log/src/retention.ts';

export const segmentPlants: readonly Plant[] = [
  plant(
    'log',
    'full-disk-position',
    'after a write that a full disk refused, the next one leaves room for it',
    writer,
    'segment.acceptedBytes = first.position;',
    '',
  ),
  plant(
    'log',
    'full-disk-offset',
    'after a write that a full disk refused, its offsets are not given again',
    writer,
    'segment.partition.nextOffset = first.baseOffset;',
    '',
  ),
  plant(
    'log',
    'tail-dropped',
    'a trim drops the last segment while bytes of it are in flight',
    'packages/log/src/catalogue.ts',
    'bytes !== acceptedBytes || bytes === 0',
    'bytes === 0',
  ),
  plant(
    'log',
    'retention-takes-one-more',
    'retention forgets one segment too many',
    retention,
    'partition.endOfSegment(count - 1)',
    'partition.endOfSegment(count)',
  ),
  plant(
    'log',
    'retention-by-first-stamp',
    'retention goes by the first stamp of a segment: what came later goes too soon',
    retention,
    '({ bytes, largestStampMs }) => bytes === 0 || largestStampMs >= oldestMs',
    '({ bytes, firstStampMs }) => bytes === 0 || firstStampMs >= oldestMs',
  ),
  plant(
    'log',
    'closed-under-a-read',
    'the file used least lately is closed, whoever holds it',
    openFiles,
    'if (handle.holds > 0 || segment === except) continue;',
    'if (segment === except) continue;',
  ),
  plant(
    'log',
    'forgotten-under-a-read',
    'the file of a segment that is dropped is closed, whoever holds it',
    openFiles,
    `handle.forgotten = true;
    if (handle.holds === 0) this.#close(segment, handle);`,
    'this.#close(segment, handle);',
  ),
  plant(
    'log',
    'crc-unchecked',
    'a batch is served without a look at its CRC',
    'packages/log/src/segment-reader.ts',
    'if (!isBatchIntact(batch)) return',
    'if (batch.length === 0) return',
  ),
  plant(
    'log',
    'index-trusted',
    'what an index entry points at is taken for what it says',
    'packages/log/src/segment-reader.ts',
    'this.#firstEnd = entry === undefined ? undefined : segment.baseOffset + entry.lastOffset + 1;',
    'this.#firstEnd = undefined;',
  ),
  plant(
    'log',
    'at-time-skips',
    'the first offset at a time is the first one behind it',
    'packages/log/src/segment-reader.ts',
    'if (timestampOf(bytes, at) >= timestampMs)',
    'if (timestampOf(bytes, at) > timestampMs)',
  ),
  plant(
    'log',
    'stamps-fall',
    'stamps follow the wall clock, also when it is set back',
    'packages/log/src/log-clock.ts',
    'this.#lastMs = wallMs >= this.#lastMs ? wallMs : Math.max(slowMs, wallMs);',
    'this.#lastMs = Math.min(wallMs, Math.max(slowMs, wallMs));',
  ),
];
