// Records to bytes: one uncompressed record batch v2, built in a buffer of its final size.
//
// A record: length varint · attributes i8 · timestampDelta varlong · offsetDelta varint · key length varint (-1 null) ·
// key · value length varint · value · header count varint. All varints are zig-zag.
import { batchHeader, field, logAppendTime } from './batch-header.ts';
import { writeInt64 } from './int64.ts';
import { varintSize, writeVarint } from './varint.ts';

/** One message as it goes into a batch: a key of any length or null, and a value. */
export interface RecordInput {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
}

const noKey = -1;
/** Attributes, timestamp delta and the number of headers: a byte each, all 0. */
const fixedRecordBytes = 3;

/** The bytes a record takes in a batch, given its place in it (0 for the first); a `keyLength` of -1 is a null key. */
export function recordBytes(offsetDelta: number, keyLength: number, valueLength: number): number {
  const bodyLength = recordBodyBytes(offsetDelta, keyLength, valueLength);
  return varintSize(bodyLength) + bodyLength;
}

function recordBodyBytes(offsetDelta: number, keyLength: number, valueLength: number): number {
  const keyBytes = varintSize(keyLength) + Math.max(keyLength, 0);
  return fixedRecordBytes + varintSize(offsetDelta) + keyBytes + varintSize(valueLength) + valueLength;
}

/** The bytes of a batch whose records take `recordsBytes` together, as `recordBytes` counts them. */
export function batchBytes(recordsBytes: number): number {
  return batchHeader.bytes + recordsBytes;
}

/**
 * Builds one batch whose records take their time from the log (`LogAppendTime`), in a buffer the caller gives; offsets,
 * stamps and CRC are the engine's and stay 0 here.
 */
export class BatchBuilder {
  readonly #bytes: Buffer;
  #end: number = batchHeader.bytes;
  #count = 0;

  /** `bytes` has room for all that will be appended (`batchBytes`); what is in it does not matter. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Appends a record whose key and value are ranges of `source`; a `keyLength` of -1 is a null key. */
  append(source: Buffer, keyStart: number, keyLength: number, valueStart: number, valueLength: number): void {
    const bytes = this.#bytes;
    const keyBytes = keyLength === noKey ? 0 : keyLength;
    let at = writeVarint(bytes, recordBodyBytes(this.#count, keyLength, valueLength), this.#end);
    bytes[at++] = 0;
    bytes[at++] = 0;
    at = writeVarint(bytes, this.#count, at);
    at = writeVarint(bytes, keyLength, at);
    if (keyBytes > 0) source.copy(bytes, at, keyStart, keyStart + keyBytes);
    at = writeVarint(bytes, valueLength, at + keyBytes);
    if (valueLength > 0) source.copy(bytes, at, valueStart, valueStart + valueLength);
    at += valueLength;
    bytes[at++] = 0;
    this.#end = at;
    this.#count += 1;
  }

  /** The finished batch; the builder must not be used afterwards. At least one record must have been appended. */
  finish(): Buffer {
    const batch = this.#bytes.subarray(0, this.#end);
    batch.fill(0, 0, batchHeader.bytes);
    batch.writeInt32BE(this.#end - batchHeader.lengthPrefixBytes, field.batchLength);
    batch.writeInt8(2, field.magic);
    batch.writeInt16BE(logAppendTime, field.attributes);
    batch.writeInt32BE(this.#count - 1, field.lastOffsetDelta);
    writeInt64(batch, -1, field.producerId);
    batch.writeInt16BE(-1, field.producerEpoch);
    batch.writeInt32BE(-1, field.baseSequence);
    batch.writeInt32BE(this.#count, field.count);
    return batch;
  }
}

/** One batch of `records` (at least one), for callers whose records are separate arrays. */
export function encodeBatch(records: readonly RecordInput[]): Buffer {
  const bytes = records.reduce((sum, { key, value }, index) => sum + recordBytes(index, key?.length ?? noKey, value.length), 0);
  const builder = new BatchBuilder(Buffer.allocUnsafe(batchBytes(bytes)));
  for (const { key, value } of records) {
    const keyBytes = key?.length ?? 0;
    builder.append(Buffer.concat(key === null ? [value] : [key, value]), 0, key === null ? noKey : keyBytes, keyBytes, value.length);
  }
  return builder.finish();
}
