// Record batches to the JSON of GetMessages, straight into one buffer.
import { formatTime } from 'millrace-protocol';
import type { BufferPool } from '../buffer-pool.ts';
import { SelectedRecords, type Selection } from './selection.ts';

/** Bytes a message takes at most beside the base64 of key and value, the stream's name and the partition. */
const messageOverhead = 160;
/** Bytes encoded at a time, a multiple of 3: larger strings leave V8's young heap. */
const pieceBytes = 6144;

/** A JSON array of messages, UTF-8. */
export function writeJson(streamName: string, selections: readonly Selection[], buffers: BufferPool): Buffer {
  if (selections.length === 0) return Buffer.from('[]');
  // UTF-8, a character for each byte.
  const name = Buffer.from(JSON.stringify(streamName)).toString('latin1');
  const heads = selections.map(({ partition }) => `{"stream":${name},"partition":"${partition}","key":`);
  const headBytes = Math.max(...heads.map(({ length }) => length));
  const most = selections.reduce((sum, { count, bytes }) => sum + count * (messageOverhead + headBytes) + Math.ceil(bytes / 3) * 4, 2);
  const out = buffers.take(most);
  let at = 0;
  for (const [index, selection] of selections.entries()) {
    out[at++] = index === 0 ? 0x5b : 0x2c;
    // As many as selections.
    at = writeSelection(out, at, selection, heads[index] as string);
  }
  out[at++] = 0x5d;
  return out.subarray(0, at);
}

/** Writes the messages with commas between them; answers where the next byte goes. */
function writeSelection(out: Buffer, start: number, selection: Selection, head: string): number {
  const writer = new LatinWriter(out, start);
  let stamp = Number.NaN;
  let end = '';
  // What goes before a key, or before the value where the key is null: of the message before its end.
  let beforeKey = `${head}"`;
  let beforeValue = `${head}null,"value":"`;
  let isInOnePiece = false;
  const selected = new SelectedRecords(selection);
  for (let record = selected.next(); record !== undefined; record = selected.next()) {
    const { batch, offset, timestampMs, keyStart, keyLength, valueStart, valueLength } = record;
    if (keyLength < 0) writer.text(beforeValue);
    else {
      writer.text(beforeKey);
      writer.base64(batch, keyStart, keyLength);
      writer.text('","value":"');
    }
    writer.base64(batch, valueStart, Math.max(valueLength, 0));
    writer.text(`","offset":${offset}`);
    if (timestampMs !== stamp) {
      stamp = timestampMs;
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
