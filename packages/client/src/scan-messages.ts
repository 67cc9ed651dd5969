// The answer of GetMessages without `JSON.parse`: a reader at full speed gets a thousand messages an answer, written by a service in
// one and the same way. Scanning for that way costs less than half; whatever looks different is left to the general parser.
import { isAscii } from 'node:buffer';
import type { Message } from './models.ts';

const streamStart = Buffer.from('{"stream":"');
const partitionStart = Buffer.from('","partition":"');
const keyStart = Buffer.from('","key":');
const valueStart = Buffer.from(',"value":"');
const offsetStart = Buffer.from('","offset":');
const timestampStart = Buffer.from(',"timestamp":"');
const nullText = Buffer.from('null');
const backslash = 0x5c;
const quote = 0x22;
/** An integer of so many digits is exact. */
const exactDigits = 15;

/**
 * The messages of a JSON text as `JSON.parse` gives them, with `timestamp` as `Date`; undefined if the text is not written as
 * the service writes it (order of members, no spaces, no escapes, ASCII). Texts are copied: none keeps `body` in memory.
 */
export function scanMessages(body: Uint8Array): Message[] | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes[0] !== 0x5b || !isAscii(bytes) || bytes.includes(backslash)) return undefined;
  const scan = new Scan(bytes);
  const messages: Message[] = [];
  do {
    const message = scan.message();
    if (message === undefined) return undefined;
    messages.push(message);
  } while (scan.takes(0x2c));
  return scan.takes(0x5d) && scan.isAtEnd ? messages : undefined;
}

/** A position in the text and what consecutive messages mostly share. */
class Scan {
  readonly #bytes: Buffer;
  #at = 1;
  /** The bytes of the last message up to its key, and what they say. */
  #head: Uint8Array | undefined;
  #stream = '';
  #partition = '';
  #timestamp = '';
  #time = Number.NaN;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Goes on if this byte is next. */
  takes(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  message(): Message | undefined {
    if (!this.#takesHead()) return undefined;
    const key = this.#takesAll(nullText) ? null : this.takes(quote) ? this.#textAndQuote() : undefined;
    if (key === undefined || !this.#takesAll(valueStart)) return undefined;
    const value = this.#text();
    if (value === undefined || !this.#takesAll(offsetStart)) return undefined;
    const offset = this.#integer();
    if (offset === undefined || !this.#takesAll(timestampStart)) return undefined;
    const timestamp = this.#textAndQuote();
    if (timestamp === undefined || !this.takes(0x7d)) return undefined;
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#time = Date.parse(timestamp);
    }
    return { stream: this.#stream, partition: this.#partition, key, value, offset, timestamp: new Date(this.#time) };
  }

  /** Stream and partition. */
  #takesHead(): boolean {
    if (this.#head !== undefined && this.#takesAll(this.#head)) return true;
    const start = this.#at;
    if (!this.#takesAll(streamStart)) return false;
    const stream = this.#text();
    if (stream === undefined || !this.#takesAll(partitionStart)) return false;
    const partition = this.#text();
    if (partition === undefined || !this.#takesAll(keyStart)) return false;
    this.#stream = stream;
    this.#partition = partition;
    this.#head = this.#bytes.subarray(start, this.#at);
    return true;
  }

  /** Goes on if these bytes are next. */
  #takesAll(expected: Uint8Array): boolean {
    for (let index = 0; index < expected.length; index++) {
      if (this.#bytes[this.#at + index] !== expected[index]) return false;
    }
    this.#at += expected.length;
    return true;
  }

  /** Up to the next quote. */
  #text(): string | undefined {
    const end = this.#bytes.indexOf(quote, this.#at);
    if (end === -1) return undefined;
    const text = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end;
    return text;
  }

  #textAndQuote(): string | undefined {
    const text = this.#text();
    this.#at += 1;
    return text;
  }

  /** Digits without a sign, as JSON writes them. */
  #integer(): number | undefined {
    const start = this.#at;
    let value = 0;
    for (let digit = this.#digit(); digit !== undefined; digit = this.#digit()) value = value * 10 + digit;
    const digits = this.#at - start;
    const isJson = digits === 1 || (digits > 1 && this.#bytes[start] !== 0x30);
    return isJson && digits <= exactDigits ? value : undefined;
  }

  #digit(): number | undefined {
    const digit = (this.#bytes[this.#at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    this.#at += 1;
    return digit;
  }
}
