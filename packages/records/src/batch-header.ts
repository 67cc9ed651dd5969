// The header of a Kafka record batch v2 (magic 2), read and stamped in place.
//
// baseOffset i64 @0 · batchLength i32 @8 (bytes after this field) · partitionLeaderEpoch i32 @12 · magic i8 @16 ·
// crc u32 @17 (CRC-32C of bytes 21 to the end) · attributes i16 @21 · lastOffsetDelta i32 @23 · baseTimestamp i64 @27 ·
// maxTimestamp i64 @35 · producerId i64 @43 · producerEpoch i16 @51 · baseSequence i32 @53 · count i32 @57 · records @61
import { crc32c } from './crc32c.ts';
import { readInt64, writeInt64 } from './int64.ts';

/** Where each field of the header stands, in bytes from the start of the batch. */
export const field = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;

/** What every reader of a log needs to know of the layout: the header's size and the part its own length leaves out. */
export const batchHeader = { bytes: 61, lengthPrefixBytes: 12 } as const;

/** Attribute bit 3: the records' time is the batch's `maxTimestamp`, set by the log when it stored the batch. */
export const logAppendTime = 0x08;
/** Attribute bits 0 to 2: the compression codec, 0 for none. */
export const codecMask = 0x07;

/** The bytes are not one well-formed record batch; the message says which rule is broken, expected and got. */
export class InvalidBatch extends Error {
  override readonly name = 'InvalidBatch';
}

/** The offset of the first record of the batch at `at`. */
export function baseOffsetOf(bytes: Buffer, at = 0): number {
  return readInt64(bytes, at + field.baseOffset);
}

/** One more than the offset of the last record of the batch at `at`. */
export function endOffsetOf(bytes: Buffer, at = 0): number {
  return baseOffsetOf(bytes, at) + bytes.readInt32BE(at + field.lastOffsetDelta) + 1;
}

/** The size of the whole batch at `at`, in bytes, as its header claims it: needs the first 12 bytes only. */
export function batchLengthOf(bytes: Buffer, at = 0): number {
  return bytes.readInt32BE(at + field.batchLength) + batchHeader.lengthPrefixBytes;
}

/** The number of records in the batch at `at`, as its header claims it. */
export function recordCountOf(bytes: Buffer, at = 0): number {
  return bytes.readInt32BE(at + field.count);
}

/** The stamp of the batch at `at` (`maxTimestamp`), Unix milliseconds. */
export function timestampOf(bytes: Buffer, at = 0): number {
  return readInt64(bytes, at + field.maxTimestamp);
}

/**
 * Writes what belongs to the log: the base offset, leader epoch 0, both stamps and the CRC over them. Producer id, epoch
 * and sequence are left as they are. No length changes.
 */
export function stampBatch(batch: Buffer, baseOffset: number, timestampMs: number): void {
  writeInt64(batch, baseOffset, field.baseOffset);
  batch.writeInt32BE(0, field.leaderEpoch);
  writeInt64(batch, timestampMs, field.baseTimestamp);
  writeInt64(batch, timestampMs, field.maxTimestamp);
  batch.writeUInt32BE(crc32c(batch, field.attributes), field.crc);
}

/**
 * Throws `InvalidBatch` unless `batch` is exactly one batch by its header: magic 2, its own length, at least one record,
 * `lastOffsetDelta` = count - 1. Does not look at the CRC (see `isBatchIntact`), which the log sets when it stores.
 */
export function checkBatch(batch: Buffer): void {
  if (batch.length <= batchHeader.bytes) throw new InvalidBatch(`A batch has more than ${batchHeader.bytes} bytes; got ${batch.length}.`);
  const magic = batch.readInt8(field.magic);
  if (magic !== 2) throw new InvalidBatch(`Expected magic 2, got ${magic}.`);
  const length = batchLengthOf(batch);
  if (length !== batch.length) throw new InvalidBatch(`The header says ${length} bytes; the batch has ${batch.length}.`);
  const count = recordCountOf(batch);
  if (count < 1) throw new InvalidBatch(`Expected at least one record, got ${count}.`);
  const delta = batch.readInt32BE(field.lastOffsetDelta);
  if (delta !== count - 1) throw new InvalidBatch(`${count} records end at offset delta ${count - 1}; the header says ${delta}.`);
}

/** True if the CRC of the batch, which must be all of `batch`, is that of its bytes. Bytes 0 to 16 are not covered by it. */
export function isBatchIntact(batch: Buffer): boolean {
  return batch.readUInt32BE(field.crc) === crc32c(batch, field.attributes);
}
