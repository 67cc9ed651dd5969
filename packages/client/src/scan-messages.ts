// The answer of GetMessages without `JSON.parse`: a reader at full speed gets a thousand messages an answer, written by a service in
// one and the same way. Scanning for that way costs less than half; whatever looks different is left to the general parser.
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
const equals = 0x3d;
const comma = 0x2c;
const openingBracket = 0x5b;
const closingBracket = 0x5d;
const closingBrace = 0x7d;
const zero = 0x30;
/** An integer of so many digits is exact. */
const exactDigits = 15;

/** A message that was found: places in `bytes` of texts without their quotes. `keyFrom` is -1 for null. */
interface Found {
  readonly bytes: Buffer;
  readonly head: MessageHead;
  readonly keyFrom: number;
  readonly keyTo: number;
  readonly valueFrom: number;
  readonly valueTo: number;
  readonly offset: number;
}

/**
 * The messages of a JSON text as `JSON.parse` gives them, with `timestamp` as `Date`; undefined if the text is not written as
 * the service writes it (order of members, no spaces, no escapes, ASCII). Control characters, which JSON escapes in texts, it takes as they are.
 */
export function scanMessages(body: readonly Uint8Array[]): Message[] | undefined {
  return scan(body, ({ bytes, head, keyFrom, keyTo, valueFrom, valueTo, offset }) => ({
    stream: head.stream,
    partition: head.partition,
    key: keyFrom === -1 ? null : bytes.toString('latin1', keyFrom, keyTo),
    value: bytes.toString('latin1', valueFrom, valueTo),
    offset,
    timestamp: new Date(head.timestampMs),
  }));
}

/**
 * What `make` makes of the same messages with keys and values as bytes; undefined also if one of them is no base64 with its padding. The bytes
 * of the messages that came in one piece share memory; nothing that is made keeps the piece.
 */
export function scanReceived<Made>(
  body: readonly Uint8Array[],
  make: (head: MessageHead, offset: number, key: Buffer | null, value: Buffer) => Made,
): Made[] | undefined {
  let decoder: Decoder | undefined;
  return scan(body, ({ bytes, head, keyFrom, keyTo, valueFrom, valueTo, offset }) => {
    if (decoder?.source !== bytes) decoder = new Decoder(bytes);
    const key = keyFrom === -1 ? null : decoder.decode(keyFrom, keyTo);
    const value = decoder.decode(valueFrom, valueTo);
    return key === undefined || value === undefined ? undefined : make(head, offset, key, value);
  });
}

/** Of where bytes begin: numbers of any size can be looked at in place. What is around a text in JSON leaves the room for it. */
const alignment = 8;

/** Bytes of the base64 in one piece, all in one memory: an `ArrayBuffer` for each is what the garbage collector minds most. */
class Decoder {
  readonly source: Buffer;
  readonly #memory: Buffer;
  #used = 0;

  constructor(source: Buffer) {
    this.source = source;
    this.#memory = Buffer.allocUnsafe(Math.ceil(source.length / 4) * 3);
  }

  /** Undefined if that is no base64: what is none in a text is skipped, so fewer bytes come out of it. */
  decode(from: number, to: number): Buffer | undefined {
    const at = this.#used;
    const written = this.#memory.write(this.source.toString('latin1', from, to), at, 'base64');
    this.#used = Math.ceil((at + written) / alignment) * alignment;
    return written === this.#bytesOf(from, to) ? this.#memory.subarray(at, at + written) : undefined;
  }

  /** As many as the characters stand for. */
  #bytesOf(from: number, to: number): number {
    if (to === from) return 0;
    const padding = this.source[to - 1] !== equals ? 0 : this.source[to - 2] !== equals ? 1 : 2;
    return ((to - from) / 4) * 3 - padding;
  }
}

/** What `make` makes of each message; undefined as soon as it makes nothing of one, or the text is written differently. */
function scan<Made>(body: readonly Uint8Array[], make: (found: Found) => Made | undefined): Made[] | undefined {
  const scanner = new Scanner(make);
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
  return isWhole && scanner.made.length > 0 ? scanner.made : undefined;
}

/** What was made so far, and what was written in the last message that the next one may repeat. */
class Scanner<Made> {
  readonly made: Made[] = [];
  readonly #make: (found: Found) => Made | undefined;
  #separator = openingBracket;
  /** The bytes of the last message up to its key. */
  #start: Uint8Array | undefined;
  /** Those behind its offset. */
  #tail: Uint8Array | undefined;
  #head: MessageHead = { stream: '', partition: '', timestampMs: Number.NaN };

  constructor(make: (found: Found) => Made | undefined) {
    this.#make = make;
  }

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
    const made = this.#make({ bytes, head: this.#head, keyFrom, keyTo, valueFrom, valueTo, offset });
    if (made === undefined) return -1;
    this.made.push(made);
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
