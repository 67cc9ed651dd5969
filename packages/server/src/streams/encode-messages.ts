// Record batches to the JSON of GetMessages, straight into one buffer.
import { formatTime, limits } from 'millrace-protocol';
import { RecordReader } from 'millrace-records';
import type { BufferPool } from '../buffer-pool.ts';

/** What was read of one partition, and what of it goes into the answer. */
export interface Reading {
  readonly partition: number;
  readonly batches: readonly Buffer[];
  /** Records before this offset are left out: a read begins with a whole batch. */
  readonly fromOffset: number;
  /** Records stamped before this time (Unix milliseconds) are left out; 0 leaves out none. */
  readonly notBefore: number;
}

export interface EncodedMessages {
  /** A JSON array of messages, UTF-8, in a buffer of the pool. */
  readonly body: Buffer;
  readonly count: number;
  /**
   * For each reading the offset behind its last message in `body`; where the records left out for their time end, if there
   * is none.
   */
  readonly nextOffsets: readonly number[];
}

/** Bytes a message takes at most beside the base64 of key and value, the stream's name and the partition. */
const messageOverhead = 160;
/** Bytes encoded at a time, a multiple of 3: larger strings leave V8's young heap. */
const pieceBytes = 6144;

/**
 * Up to `limit` messages and 1 MiB of decoded keys and values, but at least one if there is one; the readings one after the
 * other. `streamName` is what the messages say they are of.
 */
export function encodeMessages(streamName: string, readings: readonly Reading[], limit: number, buffers: BufferPool): EncodedMessages {
  const { counts, bytes, nextOffsets } = measure(readings, limit);
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (count === 0) return { body: Buffer.from('[]'), count, nextOffsets };
  // UTF-8, a character for each byte.
  const name = Buffer.from(JSON.stringify(streamName)).toString('latin1');
  const heads = readings.map(({ partition }) => `{"stream":${name},"partition":"${partition}","key":`);
  const headBytes = Math.max(...heads.map(({ length }) => length));
  const out = buffers.take(2 + count * (messageOverhead + headBytes) + Math.ceil(bytes / 3) * 4);
  let at = 0;
  out[at++] = 0x5b;
  for (const [index, reading] of readings.entries()) {
    if (counts[index] === 0) continue;
    if (at > 1) out[at++] = 0x2c;
    // Heads and counts are as many as readings.
    at = writeReading(out, at, reading, heads[index] as string, counts[index] as number);
  }
  out[at++] = 0x5d;
  return { body: out.subarray(0, at), count, nextOffsets };
}

/** Writes the first `count` wanted records, with commas between them; answers where the next byte goes. */
function writeReading(out: Buffer, start: number, reading: Reading, head: string, count: number): number {
  const writer = new LatinWriter(out, start);
  let left = count;
  let stamp = Number.NaN;
  let end = '';
  // What goes before a key, or before the value where the key is null: of the message before its end.
  let beforeKey = `${head}"`;
  let beforeValue = `${head}null,"value":"`;
  let isInOnePiece = false;
  for (const batch of reading.batches) {
    const records = new RecordReader(batch);
    while (left > 0 && records.next()) {
      if (!isWanted(records, reading)) continue;
      if (records.keyLength < 0) writer.text(beforeValue);
      else {
        writer.text(beforeKey);
        writer.base64(batch, records.keyStart, records.keyLength);
        writer.text('","value":"');
      }
      writer.base64(batch, records.valueStart, Math.max(records.valueLength, 0));
      writer.text(`","offset":${records.offset}`);
      left -= 1;
      if (records.timestampMs !== stamp) {
        stamp = records.timestampMs;
        end = `,"timestamp":"${formatTime(stamp)}"}`;
        beforeKey = `${end},${head}"`;
        beforeValue = `${end},${head}null,"value":"`;
        isInOnePiece = false;
      } else if (!isInOnePiece) {
        beforeKey = inOnePiece(beforeKey);
        beforeValue = inOnePiece(beforeValue);
        isInOnePiece = true;
      }
    }
  }
  writer.text(end);
  return writer.end();
}

/** The same text, all of it Latin-1. One that was put together is walked through in its parts each time it is used; worth it for the second time. */
function inOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Keys and values of so many bytes, and longer ones, are written by themselves: putting texts together costs more than another trip then. */
const longBytes = 400;

/** Writes texts of a byte a character, short ones several at a time: a trip into native code costs as much as a hundred bytes. */
class LatinWriter {
  readonly #out: Buffer;
  #at: number;
  #pending = '';

  constructor(out: Buffer, start: number) {
    this.#out = out;
    this.#at = start;
  }

  text(text: string): void {
    this.#pending += text;
    if (this.#pending.length > pieceBytes) this.#flush();
  }

  base64(bytes: Buffer, start: number, length: number): void {
    if (length < longBytes) {
      this.text(bytes.toString('base64', start, start + length));
      return;
    }
    this.#flush();
    for (let from = start; from < start + length; from += pieceBytes) {
      this.#write(bytes.toString('base64', from, Math.min(from + pieceBytes, start + length)));
    }
  }

  /** Where the next byte goes. */
  end(): number {
    this.#flush();
    return this.#at;
  }

  #flush(): void {
    this.#write(this.#pending);
    this.#pending = '';
  }

  #write(text: string): void {
    this.#at += this.#out.write(text, this.#at, 'latin1');
  }
}

interface Measure {
  /** Records of each reading that go into the answer. */
  readonly counts: readonly number[];
  /** Bytes of their keys and values. */
  readonly bytes: number;
  readonly nextOffsets: readonly number[];
}

function measure(readings: readonly Reading[], limit: number): Measure {
  const room = { messages: limit, bytes: limits.getBytes.max, isEmpty: true };
  const measured = readings.map((reading) => measureOne(reading, room));
  return {
    counts: measured.map(({ count }) => count),
    bytes: measured.reduce((sum, { bytes }) => sum + bytes, 0),
    nextOffsets: measured.map(({ nextOffset }) => nextOffset),
  };
}

/** Takes what it counts from `room`, and all that is left of it when something did not fit. */
function measureOne(
  reading: Reading,
  room: { messages: number; bytes: number; isEmpty: boolean },
): { count: number; bytes: number; nextOffset: number } {
  let count = 0;
  let bytes = 0;
  let nextOffset = reading.fromOffset;
  for (const batch of reading.batches) {
    const records = new RecordReader(batch);
    while (records.next()) {
      if (isWanted(records, reading)) {
        const size = Math.max(records.keyLength, 0) + Math.max(records.valueLength, 0);
        if (room.messages === 0 || (size > room.bytes && !room.isEmpty)) {
          room.messages = 0;
          return { count, bytes, nextOffset };
        }
        room.messages -= 1;
        room.bytes -= size;
        room.isEmpty = false;
        count += 1;
        bytes += size;
      }
      nextOffset = Math.max(nextOffset, records.offset + 1);
    }
  }
  return { count, bytes, nextOffset };
}

function isWanted(records: RecordReader, { fromOffset, notBefore }: Reading): boolean {
  return records.offset >= fromOffset && records.timestampMs >= notBefore;
}
