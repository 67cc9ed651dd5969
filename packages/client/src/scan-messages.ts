// The answer of GetMessages without `JSON.parse`: a reader at full speed gets a thousand messages an answer, written by a service in
// one and the same way. Scanning for that way costs less than half; whatever looks different is left to the general parser.
import { isAscii } from 'node:buffer';
import type { Message } from './models.ts';

const streamStart = Buffer.from('{"stream":"');
const partitionStart = Buffer.from('","partition":"');
const keyStart = Buffer.from('","key":');
const nullText = Buffer.from('null');
const valueStart = Buffer.from(',"value":"');
const offsetStart = Buffer.from('","offset":');
const timestampStart = Buffer.from(',"timestamp":"');
const messageEnd = Buffer.from('"}');
const backslash = 0x5c;
const quote = 0x22;
const comma = 0x2c;
const openingBracket = 0x5b;
const closingBracket = 0x5d;
const closingBrace = 0x7d;
const zero = 0x30;
/** An integer of so many digits is exact. */
const exactDigits = 15;

/**
 * The messages of a JSON text as `JSON.parse` gives them, with `timestamp` as `Date`; undefined if the text is not written as
 * the service writes it (order of members, no spaces, no escapes, ASCII). Control characters, which JSON escapes in texts, it takes as they are.
 *
 * The text comes in pieces. Keys and values are cut out of their piece when they are asked for, anew each time: a text of a thousand
 * characters for each of a thousand messages is what the garbage collector minds most. So a message keeps its piece, which must stay as it is.
 */
export function scanMessages(body: readonly Uint8Array[]): Message[] | undefined {
  const scan = new Scan();
  /** The beginning of a message that goes on in the next piece. */
  let begun: Uint8Array[] = [];
  for (const piece of body) {
    let bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (!isAscii(bytes) || bytes.includes(backslash)) return undefined;
    if (begun.length > 0) {
      const end = bytes.indexOf(closingBrace) + 1;
      begun.push(end === 0 ? bytes : bytes.subarray(0, end));
      if (end === 0) continue;
      if (scan.take(Buffer.concat(begun)).length > 0) return undefined;
      bytes = bytes.subarray(end);
    }
    const rest = scan.take(bytes);
    begun = rest.length > 0 ? [rest] : [];
  }
  const [rest] = begun;
  const isWhole = begun.length === 1 && rest?.length === 1 && rest[0] === closingBracket;
  return isWhole && scan.messages.length > 0 ? scan.messages : undefined;
}

/** What consecutive messages mostly have in common. */
interface Common {
  readonly bytes: Buffer;
  readonly stream: string;
  readonly partition: string;
  readonly timestampMs: number;
}

/** A message in the text it came in. */
class ScannedMessage implements Message {
  readonly offset: number;
  readonly #common: Common;
  readonly #keyFrom: number;
  readonly #keyTo: number;
  readonly #valueFrom: number;
  readonly #valueTo: number;

  /** Places of texts without their quotes; `keyFrom` is -1 for null. */
  constructor(common: Common, keyFrom: number, keyTo: number, valueFrom: number, valueTo: number, offset: number) {
    this.offset = offset;
    this.#common = common;
    this.#keyFrom = keyFrom;
    this.#keyTo = keyTo;
    this.#valueFrom = valueFrom;
    this.#valueTo = valueTo;
  }

  get stream(): string {
    return this.#common.stream;
  }

  get partition(): string {
    return this.#common.partition;
  }

  get key(): string | null {
    return this.#keyFrom === -1 ? null : this.#common.bytes.toString('latin1', this.#keyFrom, this.#keyTo);
  }

  get value(): string {
    return this.#common.bytes.toString('latin1', this.#valueFrom, this.#valueTo);
  }

  get timestamp(): Date {
    return new Date(this.#common.timestampMs);
  }
}

/** The messages found so far, and what was written in the last one that the next one may repeat. */
class Scan {
  readonly messages: Message[] = [];
  #separator = openingBracket;
  /** The bytes of the last message up to its key. */
  #head: Uint8Array | undefined;
  /** Those behind its offset. */
  #tail: Uint8Array | undefined;
  #common: Common = { bytes: Buffer.alloc(0), stream: '', partition: '', timestampMs: Number.NaN };

  /** Takes the messages of a piece; answers what is left from the first one on that is not whole, or is written differently. */
  take(bytes: Buffer): Uint8Array {
    this.#common = { ...this.#common, bytes };
    for (let at = 0; ; ) {
      const end = bytes[at] === this.#separator ? this.#takeMessage(bytes, at + 1) : -1;
      if (end === -1) return bytes.subarray(at);
      this.#separator = comma;
      at = end;
    }
  }

  /** Answers where the message ends; -1 if there is none. */
  #takeMessage(bytes: Buffer, start: number): number {
    let at = this.#behindHead(bytes, start);
    let keyFrom = -1;
    let keyTo = -1;
    if (bytes[at] === quote) {
      keyFrom = at + 1;
      keyTo = bytes.indexOf(quote, keyFrom);
      if (keyTo === -1) return -1;
      at = keyTo + 1;
    } else at = behind(bytes, at, nullText);
    const valueFrom = behind(bytes, at, valueStart);
    const valueTo = valueFrom === -1 ? -1 : bytes.indexOf(quote, valueFrom);
    at = behind(bytes, valueTo, offsetStart);
    if (at === -1) return -1;
    const offsetFrom = at;
    let offset = 0;
    for (let digit = digitAt(bytes, at); digit >= 0 && digit <= 9; digit = digitAt(bytes, at)) {
      offset = offset * 10 + digit;
      at += 1;
    }
    const digits = at - offsetFrom;
    const isExact = digits > 0 && digits <= exactDigits && (digits === 1 || bytes[offsetFrom] !== zero);
    const end = isExact ? this.#behindTail(bytes, at) : -1;
    if (end !== -1) this.messages.push(new ScannedMessage(this.#common, keyFrom, keyTo, valueFrom, valueTo, offset));
    return end;
  }

  /** Stream and partition. */
  #behindHead(bytes: Buffer, start: number): number {
    const known = this.#head === undefined ? -1 : behind(bytes, start, this.#head);
    if (known !== -1) return known;
    const streamFrom = behind(bytes, start, streamStart);
    const streamTo = streamFrom === -1 ? -1 : bytes.indexOf(quote, streamFrom);
    const partitionFrom = behind(bytes, streamTo, partitionStart);
    const partitionTo = partitionFrom === -1 ? -1 : bytes.indexOf(quote, partitionFrom);
    const end = behind(bytes, partitionTo, keyStart);
    if (end === -1) return -1;
    const stream = bytes.toString('latin1', streamFrom, streamTo);
    this.#common = { ...this.#common, stream, partition: bytes.toString('latin1', partitionFrom, partitionTo) };
    this.#head = bytes.subarray(start, end);
    return end;
  }

  /** The timestamp. */
  #behindTail(bytes: Buffer, start: number): number {
    const known = this.#tail === undefined ? -1 : behind(bytes, start, this.#tail);
    if (known !== -1) return known;
    const from = behind(bytes, start, timestampStart);
    const to = from === -1 ? -1 : bytes.indexOf(quote, from);
    const end = behind(bytes, to, messageEnd);
    if (end === -1) return -1;
    this.#common = { ...this.#common, timestampMs: Date.parse(bytes.toString('latin1', from, to)) };
    this.#tail = bytes.subarray(start, end);
    return end;
  }
}

/** Where `expected` ends if it is at `at`; -1 if it is not, or `at` is -1. */
function behind(bytes: Uint8Array, at: number, expected: Uint8Array): number {
  if (at === -1 || at + expected.length > bytes.length) return -1;
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return -1;
  }
  return at + expected.length;
}

/** 0 to 9; something else if there is no digit. */
function digitAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) - zero;
}
