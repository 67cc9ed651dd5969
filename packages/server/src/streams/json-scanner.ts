// JSON read in place, byte by byte: no object for what is not wanted, no recursion without a bound, no second pass over
// strings. What it accepts is JSON (RFC 8259).

/** The bytes are not JSON, or nest too deep; the message says what was expected at which byte. */
export class InvalidJson extends Error {
  override readonly name = 'InvalidJson';
}

const quote = 0x22;
const backslash = 0x5c;
const maxDepth = 64;
const literals = ['true', 'false', 'null'];
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

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

  /** True and consumed if the literal null is next. */
  acceptNull(): boolean {
    if (this.peek() !== 0x6e || this.bytes.toString('latin1', this.at, this.at + 4) !== 'null') return false;
    this.at += 4;
    return true;
  }

  /** Reads a string; its content is then at `stringStart` to `stringEnd`, undecoded. */
  readString(): void {
    this.expect('"');
    const { bytes } = this;
    const start = this.at;
    if (this.#nextBackslash < start) this.#nextBackslash = positionOf(bytes, backslash, start);
    let end = positionOf(bytes, quote, start);
    this.stringHasEscapes = this.#nextBackslash < end;
    while (this.#nextBackslash < end) {
      // The byte behind a backslash is never the closing quote.
      const behind = this.#nextBackslash + 2;
      if (end < behind) end = positionOf(bytes, quote, behind);
      this.#nextBackslash = positionOf(bytes, backslash, behind);
    }
    if (end >= bytes.length) throw this.unexpected('the end of a string');
    this.stringStart = start;
    this.stringEnd = end;
    this.at = end + 1;
  }

  /** The string read last, decoded. */
  stringText(): string {
    if (!this.stringHasEscapes) return this.bytes.toString('utf8', this.stringStart, this.stringEnd);
    try {
      return JSON.parse(this.bytes.toString('utf8', this.stringStart - 1, this.stringEnd + 1)) as string;
    } catch {
      throw new InvalidJson(`a string with valid escapes expected at byte ${this.stringStart}`);
    }
  }

  /** Consumes one value of any kind, nested at most 64 levels deep. */
  skipValue(depth = 0): void {
    if (depth > maxDepth) throw new InvalidJson(`nested more than ${maxDepth} levels deep at byte ${this.at}`);
    const next = this.peek();
    if (next === quote) {
      this.readString();
      if (this.stringHasEscapes) this.stringText();
    } else if (next === 0x7b) this.readMembers(() => this.skipValue(depth + 1));
    else if (next === 0x5b) this.readElements(() => this.skipValue(depth + 1));
    else this.#skipScalar();
  }

  /** Reads an object: `readMember` is called behind each name (see `stringText`) and consumes the value. */
  readMembers(readMember: () => void): void {
    this.expect('{');
    if (this.accept('}')) return;
    do {
      this.readString();
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

  /** An error that says what was expected where the scanner stands, and what stands there. */
  unexpected(expected: string): InvalidJson {
    const byte = this.bytes[this.at];
    const got = byte === undefined ? 'the end' : JSON.stringify(String.fromCharCode(byte));
    return new InvalidJson(`${expected} expected at byte ${this.at}, got ${got}`);
  }

  #skipScalar(): void {
    const start = this.at;
    let end = start;
    while (isScalarByte(this.bytes[end])) end += 1;
    // Long enough for any number that means something; a longer run of digits is refused, not measured.
    const text = this.bytes.toString('latin1', start, Math.min(end, start + 1024));
    if (!literals.includes(text) && !number.test(text)) throw this.unexpected('a value');
    this.at = end;
  }
}

function isScalarByte(byte = 0): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x45;
}

function positionOf(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}
