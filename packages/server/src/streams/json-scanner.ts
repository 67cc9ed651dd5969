// JSON read in place, byte by byte: no object for what is not wanted, no recursion without a bound, no second pass over
// strings. What it accepts is JSON (RFC 8259).

/** The bytes are not JSON, or nest too deep; the message says what was expected at which byte. */
export class InvalidJson extends Error {
  override readonly name = 'InvalidJson';
}

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const zero = 0x30;
const maxDepth = 64;
const unicodeEscape = /^u[0-9A-Fa-f]{4}$/;
const escapeLetters = new Set(Buffer.from('"\\/bfnrt'));

/** A position in a JSON text, moved forward by what is read. The bytes must be valid UTF-8. */
export class JsonScanner {
  readonly bytes: Buffer;
  /** Where the next token is looked for. */
  at = 0;
  /** The content of the string read last, between its quotes, and whether it has escapes. */
  stringStart = 0;
  stringEnd = 0;
  stringHasEscapes = false;
  /** The first backslash at or behind the last string's start; the length if there is none. */
  #nextBackslash = -1;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The next byte that is not white space, not consumed; -1 at the end. */
  peek(): number {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.at += 1;
      byte = bytes[this.at];
    }
    return byte ?? -1;
  }

  /** Consumes `character` if it is next. */
  accept(character: string): boolean {
    if (this.peek() !== character.charCodeAt(0)) return false;
    this.at += 1;
    return true;
  }

  /** Consumes `character`, or throws. */
  expect(character: string): void {
    if (!this.accept(character)) throw this.unexpected(`"${character}"`);
  }

  /** Consumes the word `literal` if it is next. */
  acceptLiteral(literal: 'true' | 'false' | 'null'): boolean {
    if (this.peek() !== literal.charCodeAt(0) || !this.standsAt(this.at, literal)) return false;
    this.at += literal.length;
    return true;
  }

  /** Reads a string; its content is then at `stringStart` to `stringEnd`, undecoded and unchecked. */
  readString(): void {
    if (!this.accept('"')) throw this.unexpected('a string');
    const { bytes } = this;
    const start = this.at;
    let end = this.plainStringEnd(start);
    this.stringHasEscapes = end === -1;
    if (end === -1) {
      // The byte behind a backslash is never the closing quote.
      for (end = this.#nextBackslash; end < bytes.length && bytes[end] !== quote; ) end += bytes[end] === backslash ? 2 : 1;
    }
    if (end >= bytes.length) throw this.unexpected('the end of a string');
    this.stringStart = start;
    this.stringEnd = end;
    this.at = end + 1;
  }

  /** Where the string whose content begins at `start` ends, the bytes' length if nowhere; -1 if it has escapes. Consumes nothing. */
  plainStringEnd(start: number): number {
    if (this.#nextBackslash < start) this.#nextBackslash = positionOf(this.bytes, backslash, start);
    const end = positionOf(this.bytes, quote, start);
    return this.#nextBackslash < end ? -1 : end;
  }

  /** True if the string read last is `text` (ASCII). */
  stringIs(text: string): boolean {
    if (this.stringHasEscapes) return this.stringText() === text;
    return this.stringEnd - this.stringStart === text.length && this.standsAt(this.stringStart, text);
  }

  /** True if `text` (ASCII) stands at `start`. Byte by byte: a string made to be compared would cost more than a small message. */
  standsAt(start: number, text: string): boolean {
    const { bytes } = this;
    let same = 0;
    while (same < text.length && bytes[start + same] === text.charCodeAt(same)) same += 1;
    return same === text.length;
  }

  /** The string read last, decoded. */
  stringText(): string {
    if (!this.stringHasEscapes) return this.bytes.toString('utf8', this.stringStart, this.stringEnd);
    this.#checkString();
    return JSON.parse(this.bytes.toString('utf8', this.stringStart - 1, this.stringEnd + 1)) as string;
  }

  /** Consumes one value of any kind, nested at most 64 levels deep. */
  skipValue(depth = 0): void {
    if (depth > maxDepth) throw new InvalidJson(`nested more than ${maxDepth} levels deep at byte ${this.at}`);
    const next = this.peek();
    if (next === quote) {
      this.readString();
      this.#checkString();
    } else if (next === 0x7b) this.readMembers(() => this.skipValue(depth + 1));
    else if (next === 0x5b) this.readElements(() => this.skipValue(depth + 1));
    else if (next === minus || isDigit(next)) this.#skipNumber();
    else if (!this.acceptLiteral('null') && !this.acceptLiteral('true') && !this.acceptLiteral('false')) throw this.unexpected('a value');
  }

  /** Reads an object: `readMember` is called behind each name (see `stringIs`) and consumes the value. */
  readMembers(readMember: () => void): void {
    this.expect('{');
    if (this.accept('}')) return;
    do {
      this.#readName();
      this.expect(':');
      readMember();
    } while (this.accept(','));
    this.expect('}');
  }

  /** Reads an array: `readElement` is called in front of each element and consumes it. */
  readElements(readElement: () => void): void {
    this.expect('[');
    if (this.accept(']')) return;
    do readElement();
    while (this.accept(','));
    this.expect(']');
  }

  /** Throws unless only white space is left. */
  expectEnd(): void {
    if (this.peek() !== -1) throw this.unexpected('the end');
  }

  /** An error that says what was expected at `at` (where the scanner stands), and what stands there. */
  unexpected(expected: string, at: number = this.at): InvalidJson {
    const byte = this.bytes[at];
    const got = byte === undefined ? 'the end' : byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `0x${byte.toString(16)}`;
    return new InvalidJson(`${expected} expected at byte ${Math.min(at, this.bytes.length)}, got ${got}`);
  }

  /** Reads a string and checks it. Names are short: to look at each byte here is faster than to have native code search them. */
  #readName(): void {
    const { bytes } = this;
    const isString = this.peek() === quote;
    const start = this.at + 1;
    let end = isString ? start : bytes.length;
    let byte = bytes[end];
    while (byte !== undefined && byte >= 0x20 && byte !== quote && byte !== backslash) {
      end += 1;
      byte = bytes[end];
    }
    if (byte !== quote) {
      this.readString();
      this.#checkString();
      return;
    }
    this.stringStart = start;
    this.stringEnd = end;
    this.stringHasEscapes = false;
    this.at = end + 1;
  }

  /** Throws unless the string read last has valid escapes only and no control character. */
  #checkString(): void {
    const { bytes, stringEnd } = this;
    for (let at = this.stringStart; at < stringEnd; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x20) throw this.unexpected('a string without control characters', at);
      if (byte !== backslash) continue;
      at += 1;
      if (!escapeLetters.has(bytes[at] ?? 0) && !this.#isUnicodeEscape(at)) throw this.unexpected('a valid escape', at);
    }
  }

  #isUnicodeEscape(at: number): boolean {
    return unicodeEscape.test(this.bytes.toString('latin1', at, at + 5));
  }

  #skipNumber(): void {
    const { bytes } = this;
    let at = bytes[this.at] === minus ? this.at + 1 : this.at;
    at = bytes[at] === zero ? at + 1 : this.#skipDigits(at);
    if (bytes[at] === 0x2e) at = this.#skipDigits(at + 1);
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      const hasSign = bytes[at + 1] === minus || bytes[at + 1] === 0x2b;
      at = this.#skipDigits(hasSign ? at + 2 : at + 1);
    }
    this.at = at;
  }

  /** Where the digits from `start` on end; throws unless there is one. */
  #skipDigits(start: number): number {
    let at = start;
    while (isDigit(this.bytes[at])) at += 1;
    if (at === start) throw this.unexpected('a digit', at);
    return at;
  }
}

function isDigit(byte = 0): boolean {
  return byte >= zero && byte <= 0x39;
}

function positionOf(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}
