// Bytes to records: walks one batch in place, without an object a record.
import { baseOffsetOf, codecMask, field, InvalidBatch, logAppendTime, recordCountOf, timestampOf } from './batch-header.ts';
import { readInt64 } from './int64.ts';

/**
 * Walks the records of one uncompressed batch: call `next()` until it is false; the fields then describe the current
 * record, whose key and value are ranges of `batch`. Throws `InvalidBatch` on a compressed batch and where a record does
 * not fit its batch. Bounded by the batch's size whatever the bytes are.
 */
export class RecordReader {
  /** The batch being read. */
  readonly batch: Buffer;
  /** Offset of the current record. */
  offset = -1;
  /** Time of the current record, Unix milliseconds. */
  timestampMs = -1;
  /** Where its key starts, and its length: -1 for a null key. */
  keyStart = 0;
  keyLength = -1;
  /** Where its value starts, and its length: -1 for a null value (only native Kafka producers write one). */
  valueStart = 0;
  valueLength = 0;

  readonly #baseOffset: number;
  readonly #count: number;
  readonly #fixedTimestampMs: number | undefined;
  readonly #baseTimestampMs: number;
  #index = 0;
  #at: number = field.records;

  constructor(batch: Buffer) {
    if (batch.length < field.records) throw new InvalidBatch(`A batch has at least ${field.records} bytes; got ${batch.length}.`);
    const attributes = batch.readInt16BE(field.attributes);
    if ((attributes & codecMask) !== 0) {
      throw new InvalidBatch(`Compression codec ${attributes & codecMask} is not supported; only uncompressed batches (0) are.`);
    }
    this.batch = batch;
    this.#baseOffset = baseOffsetOf(batch);
    this.#count = recordCountOf(batch);
    this.#baseTimestampMs = readInt64(batch, field.baseTimestamp);
    this.#fixedTimestampMs = (attributes & logAppendTime) === 0 ? undefined : timestampOf(batch);
  }

  /** Moves to the next record; false when there is none. */
  next(): boolean {
    if (this.#index >= this.#count) return false;
    const length = this.#varint();
    const end = this.#at + length;
    if (length < 0 || end > this.batch.length) this.#broken('ends behind its batch');
    this.#at += 1;
    const timestampDelta = this.#varint();
    this.timestampMs = this.#fixedTimestampMs ?? this.#baseTimestampMs + timestampDelta;
    this.offset = this.#baseOffset + this.#varint();
    this.keyLength = this.#varint();
    this.keyStart = this.#at;
    this.#at += Math.max(this.keyLength, 0);
    this.valueLength = this.#varint();
    this.valueStart = this.#at;
    this.#at += Math.max(this.valueLength, 0);
    if (this.keyLength < -1 || this.valueLength < -1 || this.#at > end) this.#broken('has a key or value that does not fit');
    this.#at = end;
    this.#index += 1;
    return true;
  }

  /** The current record's key as a view of the batch, or null. */
  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.batch.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  /** The current record's value as a view of the batch; empty for a null value. */
  value(): Buffer {
    return this.batch.subarray(this.valueStart, this.valueStart + Math.max(this.valueLength, 0));
  }

  /** A zig-zag varint; values beyond 2^53 lose precision, which only a hostile batch has. */
  #varint(): number {
    const bytes = this.batch;
    let at = this.#at;
    let byte = bytes[at++] ?? this.#broken('ends inside a number');
    let raw = byte & 0x7f;
    let scale = 0x80;
    while (byte >= 0x80) {
      byte = bytes[at++] ?? this.#broken('ends inside a number');
      raw += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (scale > 2 ** 70) this.#broken('has a number of more than 10 bytes');
    }
    this.#at = at;
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  #broken(what: string): never {
    throw new InvalidBatch(`Record ${this.#index + 1} of ${this.#count} ${what} (batch of ${this.batch.length} bytes).`);
  }
}
