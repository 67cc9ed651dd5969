// Record batches to the JSON of GetMessages, straight into one buffer.
import { formatTime, limits } from 'millrace-protocol';
import { RecordReader } from 'millrace-records';
import type { BufferPool } from '../buffer-pool.ts';

/** What of the batches goes into the answer. */
export interface Selection {
  /** The stream's name. */
  readonly stream: string;
  readonly partition: number;
  /** Records before this offset are left out: a read begins with a whole batch. */
  readonly fromOffset: number;
  /** At most this many messages. */
  readonly limit: number;
  /** Records stamped before this time (Unix milliseconds) are left out. */
  readonly notBefore: number;
}

export interface EncodedMessages {
  /** A JSON array of messages, UTF-8, in a buffer of the pool. */
  readonly body: Buffer;
  readonly count: number;
  /** The offset behind the last message in `body`; where the records left out for their time end, if there is none. */
  readonly nextOffset: number;
}

/** Bytes a message takes at most beside the base64 of key and value, the stream's name and the partition. */
const messageOverhead = 160;
/** Bytes encoded at a time, a multiple of 3: larger strings leave V8's young heap. */
const pieceBytes = 6144;

/** Up to `limit` messages and 1 MiB of decoded keys and values, but at least one if there is one. */
export function encodeMessages(batches: readonly Buffer[], selection: Selection, buffers: BufferPool): EncodedMessages {
  const { count, bytes, nextOffset } = measure(batches, selection);
  if (count === 0) return { body: Buffer.from('[]'), count, nextOffset };
  const before = Buffer.from(`{"stream":${JSON.stringify(selection.stream)},"partition":"${selection.partition}","key":`);
  const out = buffers.take(2 + count * (messageOverhead + before.length) + Math.ceil(bytes / 3) * 4);
  let at = 0;
  let left = count;
  out[at++] = 0x5b;
  let stamp = -1;
  let behind = '';
  for (const batch of batches) {
    const records = new RecordReader(batch);
    while (left > 0 && records.next()) {
      if (!isWanted(records, selection)) continue;
      if (records.timestampMs !== stamp) {
        stamp = records.timestampMs;
        behind = `,"timestamp":"${formatTime(stamp)}"}`;
      }
      if (left < count) out[at++] = 0x2c;
      at += before.copy(out, at);
      at = records.keyLength < 0 ? at + out.write('null', at, 'latin1') : writeBase64(out, at, batch, records.keyStart, records.keyLength);
      at += out.write(',"value":', at, 'latin1');
      at = writeBase64(out, at, batch, records.valueStart, Math.max(records.valueLength, 0));
      at += out.write(`,"offset":${records.offset}${behind}`, at, 'latin1');
      left -= 1;
    }
  }
  out[at++] = 0x5d;
  return { body: out.subarray(0, at), count, nextOffset };
}

/** How many records go into the answer, how many bytes their keys and values have, and where the next read begins. */
function measure(batches: readonly Buffer[], selection: Selection): { count: number; bytes: number; nextOffset: number } {
  let count = 0;
  let bytes = 0;
  let nextOffset = selection.fromOffset;
  for (const batch of batches) {
    const records = new RecordReader(batch);
    while (records.next()) {
      if (isWanted(records, selection)) {
        const size = Math.max(records.keyLength, 0) + Math.max(records.valueLength, 0);
        if (count > 0 && (count === selection.limit || bytes + size > limits.getBytes.max)) return { count, bytes, nextOffset };
        count += 1;
        bytes += size;
      }
      nextOffset = Math.max(nextOffset, records.offset + 1);
    }
  }
  return { count, bytes, nextOffset };
}

function isWanted(records: RecordReader, { fromOffset, notBefore }: Selection): boolean {
  return records.offset >= fromOffset && records.timestampMs >= notBefore;
}

function writeBase64(out: Buffer, at: number, bytes: Buffer, start: number, length: number): number {
  out[at++] = 0x22;
  for (let from = start; from < start + length; from += pieceBytes) {
    at += out.write(bytes.toString('base64', from, Math.min(from + pieceBytes, start + length)), at, 'latin1');
  }
  out[at++] = 0x22;
  return at;
}
