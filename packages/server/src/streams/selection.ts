// What of the batches that were read goes into an answer of GetMessages.
import { binaryMessages, limits } from 'millrace-protocol';
import { RecordReader } from 'millrace-records';

/** What was read of one partition, and what of it goes into the answer. */
export interface Reading {
  readonly partition: number;
  readonly batches: readonly Buffer[];
  /** Records before this offset are left out: a read begins with a whole batch. */
  readonly fromOffset: number;
  /** Records stamped before this time (Unix milliseconds) are left out; 0 leaves out none. */
  readonly notBefore: number;
}

/** The records of one reading that go into the answer: of those that are not left out the first `count`. */
export interface Selection extends Reading {
  readonly count: number;
  /** Bytes of their keys and values. */
  readonly bytes: number;
  /** The same with each of them filled up to a multiple of 8. */
  readonly alignedBytes: number;
  /** The offset behind the last of them; where the records left out for their time end, if there is none. */
  readonly nextOffset: number;
}

/** Up to `limit` messages and 1 MiB of keys and values, but at least one if there is one; the readings one after the other. */
export function select(readings: readonly Reading[], limit: number): Selection[] {
  const room = { messages: limit, bytes: limits.getBytes.max, isEmpty: true };
  return readings.map((reading) => selectFrom(reading, room));
}

/** Takes what it counts from `room`, and all that is left of it when something did not fit. */
function selectFrom(reading: Reading, room: { messages: number; bytes: number; isEmpty: boolean }): Selection {
  let count = 0;
  let bytes = 0;
  let alignedBytes = 0;
  let nextOffset = reading.fromOffset;
  for (const batch of reading.batches) {
    const records = new RecordReader(batch);
    while (records.next()) {
      if (isWanted(records, reading)) {
        const keyBytes = Math.max(records.keyLength, 0);
        const valueBytes = Math.max(records.valueLength, 0);
        const size = keyBytes + valueBytes;
        if (room.messages === 0 || (size > room.bytes && !room.isEmpty)) {
          room.messages = 0;
          return { ...reading, count, bytes, alignedBytes, nextOffset };
        }
        room.messages -= 1;
        room.bytes -= size;
        room.isEmpty = false;
        count += 1;
        bytes += size;
        alignedBytes += binaryMessages.aligned(keyBytes) + binaryMessages.aligned(valueBytes);
      }
      nextOffset = Math.max(nextOffset, records.offset + 1);
    }
  }
  return { ...reading, count, bytes, alignedBytes, nextOffset };
}

/** Walks the records of a selection. */
export class SelectedRecords {
  readonly #selection: Selection;
  #left: number;
  #batches = 0;
  #records: RecordReader | undefined;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#left = selection.count;
  }

  /** The reader of the next record's batch, which stands at that record; undefined behind the last one. */
  next(): RecordReader | undefined {
    while (this.#left > 0) {
      const records = this.#records ?? this.#nextBatch();
      if (!records.next()) this.#records = undefined;
      else if (isWanted(records, this.#selection)) {
        this.#left -= 1;
        return records;
      }
    }
    return undefined;
  }

  #nextBatch(): RecordReader {
    const batch = this.#selection.batches[this.#batches];
    if (batch === undefined) throw new RangeError(`The selection has ${this.#left} records more than its batches.`);
    this.#batches += 1;
    this.#records = new RecordReader(batch);
    return this.#records;
  }
}

function isWanted(records: RecordReader, { fromOffset, notBefore }: Reading): boolean {
  return records.offset >= fromOffset && records.timestampMs >= notBefore;
}
