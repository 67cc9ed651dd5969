// The JSON of GetMessages without `JSON.parse`: an answer may hold thousands of messages, written by a service in one and the same way. Scanning for that way costs less than half; whatever looks different is left to the general parser.
import { isAscii } from 'node:buffer';
import type { MessageHead } from './consumer/received-message.ts';
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
 */
export function scanMessages(body: readonly Uint8Array[]): Message[] | undefined {
  const scanner = new Scanner();
  /** The beginning of a message that goes on in the next piece. */
  let begun: Uint8Array[] = [];
  for (const piece of body) {
    let bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (!isAscii(bytes) || bytes.includes(backslash)) return undefined;
    if (begun.length > 0) {
      const end = bytes.indexOf(closingBrace) + 1;
      begun.push(end === 0 ? bytes : bytes.subarray(0, end));
      if (end === 0) continue;
      if (scanner.take(Buffer.concat(begun)).length > 0) return undefined;
      bytes = bytes.subarray(end);
    }
    const rest = scanner.take(bytes);
    begun = rest.length > 0 ? [rest] : [];
  }
  const [rest] = begun;
  const isWhole = begun.length === 1 && rest?.length === 1 && rest[0] === closingBracket;
  return isWhole && scanner.messages.length > 0 ? scanner.messages : undefined;
}

/** The messages so far, and what was written in the last one that the next one may repeat. */
class Scanner {
  readonly messages: Message[] = [];
  #separator = openingBracket;
  /** The bytes of the last message up to its key. */
  #start: Uint8Array | undefined;
  /** Those behind its offset. */
  #tail: Uint8Array | undefined;
  #head: MessageHead = { stream: '', partition: '', timestampMs: Number.NaN };

  /** Takes the messages of a piece; answers what is left from the first one on that is not whole, or is written differently. */
  take(bytes: Buffer): Uint8Array {
    for (let at = 0; ; ) {
      const end = bytes[at] === this.#separator ? this.#takeMessage(bytes, at + 1) : -1;
      if (end === -1) return bytes.subarray(at);
      this.#separator = comma;
      at = end;
    }
  }

  /** Answers where the message ends; -1 if there is none. */
  #takeMessage(bytes: Buffer, start: number): number {
    let at = this.#behindStart(bytes, start);
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
    if (end === -1) return -1;
    const { stream, partition, timestampMs } = this.#head;
    this.messages.push({
      stream,
      partition,
      key: keyFrom === -1 ? null : bytes.toString('latin1', keyFrom, keyTo),
      value: bytes.toString('latin1', valueFrom, valueTo),
      offset,
      timestamp: new Date(timestampMs),
    });
    return end;
  }

  /** Stream and partition. */
  #behindStart(bytes: Buffer, start: number): number {
    const known = this.#start === undefined ? -1 : behind(bytes, start, this.#start);
    if (known !== -1) return known;
    const streamFrom = behind(bytes, start, streamStart);
    const streamTo = streamFrom === -1 ? -1 : bytes.indexOf(quote, streamFrom);
    const partitionFrom = behind(bytes, streamTo, partitionStart);
    const partitionTo = partitionFrom === -1 ? -1 : bytes.indexOf(quote, partitionFrom);
    const end = behind(bytes, partitionTo, keyStart);
    if (end === -1) return -1;
    const stream = bytes.toString('latin1', streamFrom, streamTo);
    this.#head = { ...this.#head, stream, partition: bytes.toString('latin1', partitionFrom, partitionTo) };
    this.#start = bytes.subarray(start, end);
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
    this.#head = { ...this.#head, timestampMs: Date.parse(bytes.toString('latin1', from, to)) };
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
