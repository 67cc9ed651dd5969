// How the plain server stores messages, big-endian. One put is one frame: length u32 (of the records), CRC-32 u32 (over
// the records), the records. A record: timestamp f64 (Unix milliseconds), key length i16 (-1: no key), key, value.
import { crc32 } from 'node:zlib';

const frameHeaderBytes = 8;
const recordHeaderBytes = 10;

export interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer;
}

export interface StoredMessage extends Message {
  readonly timestampMs: number;
}

export interface Frame {
  readonly bytes: Buffer;
  /** Where each record begins in `bytes`, and behind them where the last one ends. */
  readonly starts: readonly number[];
}

export function encodeFrame(messages: readonly Message[], timestampMs: number): Frame {
  const starts = [frameHeaderBytes];
  for (const message of messages) starts.push((starts.at(-1) ?? 0) + recordBytes(message));
  const bytes = Buffer.allocUnsafe(starts.at(-1) ?? 0);
  messages.forEach((message, i) => {
    writeRecord(bytes, starts[i] ?? 0, message, timestampMs);
  });
  const records = bytes.subarray(frameHeaderBytes);
  bytes.writeUInt32BE(records.length, 0);
  bytes.writeUInt32BE(crc32(records), 4);
  return { bytes, starts };
}

/** The CRC is left to recovery: bytes read back are trusted, which spares the plain server work. */
export function decodeRecord(record: Buffer): StoredMessage {
  const keyBytes = record.readInt16BE(8);
  const valueStart = recordHeaderBytes + Math.max(keyBytes, 0);
  return {
    timestampMs: record.readDoubleBE(0),
    key: keyBytes < 0 ? null : record.subarray(recordHeaderBytes, valueStart),
    value: record.subarray(valueStart),
  };
}

function recordBytes({ key, value }: Message): number {
  return recordHeaderBytes + (key?.length ?? 0) + value.length;
}

function writeRecord(bytes: Buffer, start: number, { key, value }: Message, timestampMs: number): void {
  bytes.writeDoubleBE(timestampMs, start);
  bytes.writeInt16BE(key?.length ?? -1, start + 8);
  key?.copy(bytes, start + recordHeaderBytes);
  value.copy(bytes, start + recordHeaderBytes + (key?.length ?? 0));
}
