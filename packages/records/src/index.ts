export { BatchBuilder, batchBytes, encodeBatch, type RecordInput, recordBytes } from './batch-builder.ts';
export {
  baseOffsetOf,
  batchHeader,
  batchLengthOf,
  checkBatch,
  endOffsetOf,
  InvalidBatch,
  isBatchIntact,
  recordCountOf,
  stampBatch,
  timestampOf,
} from './batch-header.ts';
export { crc32c } from './crc32c.ts';
export { readInt64, writeInt64 } from './int64.ts';
export { RecordReader } from './record-reader.ts';
