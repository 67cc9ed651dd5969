// The body of PutMessages: JSON to decoded messages in one pass, with every limit checked while reading, so that a hostile
// body costs no more than it is long. Decoding happens in place: what base64 stands for is shorter than its text, so keys and
// values move to the front of the body, over what has been read.
import { isAscii, isUtf8 } from 'node:buffer';
import { base64DecodedLength, base64Problem, limits, standardMessage } from 'millrace-protocol';
import { ApiError, invalid } from '../api-error.ts';
import { missing, type Range } from '../parameters.ts';
import { InvalidJson, JsonScanner } from './json-scanner.ts';

/** `keyLength` of a message without a key. */
export const noKey = -1;

const minus = 0x2d;
const underscore = 0x5f;
const equals = 0x3d;
const closingBrace = 0x7d;
const numbersPerMessage = 4;
/** Characters decoded at a time (a multiple of 4): larger strings leave V8's young heap and cost several times as much. */
const pieceCharacters = 8192;

/** What stands around value and key of a message as an encoder writes it. */
interface UsualForm {
  readonly beforeValue: string;
  readonly nullKeyBeforeValue: string;
  readonly beforeKey: string;
  readonly between: string;
}

/** Without spaces, or with one behind each colon and comma. */
const compact: UsualForm = {
  beforeValue: '{"value":"',
  nullKeyBeforeValue: '{"key":null,"value":"',
  beforeKey: '{"key":"',
  between: '","value":"',
};
const spaced: UsualForm = {
  beforeValue: '{"value": "',
  nullKeyBeforeValue: '{"key": null, "value": "',
  beforeKey: '{"key": "',
  between: '", "value": "',
};

/** Decoded messages in request order: keys and values are ranges of `bytes`. */
export class PutMessages {
  /** Begins with all keys and values, decoded. */
  readonly bytes: Buffer;
  /** How many messages there are. */
  count = 0;
  #spans = new Int32Array(8 * numbersPerMessage);

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  add(keyStart: number, keyLength: number, valueStart: number, valueLength: number): void {
    const at = this.count * numbersPerMessage;
    if (at === this.#spans.length) {
      const larger = new Int32Array(at * 2);
      larger.set(this.#spans);
      this.#spans = larger;
    }
    this.#spans[at] = keyStart;
    this.#spans[at + 1] = keyLength;
    this.#spans[at + 2] = valueStart;
    this.#spans[at + 3] = valueLength;
    this.count += 1;
  }

  /** Forgets all messages. */
  clear(): void {
    this.count = 0;
  }

  keyStart(index: number): number {
    return this.#spans[index * numbersPerMessage] ?? 0;
  }

  /** Bytes of the key; `noKey` if there is none. */
  keyLength(index: number): number {
    return this.#spans[index * numbersPerMessage + 1] ?? noKey;
  }

  valueStart(index: number): number {
    return this.#spans[index * numbersPerMessage + 2] ?? 0;
  }

  valueLength(index: number): number {
    return this.#spans[index * numbersPerMessage + 3] ?? 0;
  }
}

/**
 * Reads `{"messages": [{"key": …, "value": …}, …]}`, overwriting `body`, which belongs to the messages from now on. Unknown
 * members are ignored, a null counts as not given, of a member that stands twice the last one counts. Throws 400 saying which
 * message, what was expected and what came.
 */
export function parsePutMessages(body: Buffer): PutMessages {
  // Nearly all are ASCII, which is told five times as fast.
  if (!isAscii(body) && !isUtf8(body)) throw invalid(`${standardMessage.unparsableBody}: the body is not valid UTF-8.`);
  try {
    return new PutBodyParser(body).parse();
  } catch (error) {
    if (error instanceof InvalidJson) throw invalid(`${standardMessage.unparsableBody}: ${error.message}.`);
    throw error;
  }
}

class PutBodyParser {
  readonly #scanner: JsonScanner;
  readonly #hasUrlAlphabet: boolean;
  /** One for the whole body, even one that says `messages` a million times. */
  readonly #messages: PutMessages;
  #hasMessages = false;
  /** End of what is decoded so far, in the messages' bytes. */
  #end = 0;

  constructor(body: Buffer) {
    this.#scanner = new JsonScanner(body);
    this.#messages = new PutMessages(body);
    // Node decodes - and _ too; the service does not. Bodies without either, nearly all, need no second look.
    this.#hasUrlAlphabet = body.includes(minus) || body.includes(underscore);
  }

  parse(): PutMessages {
    const scanner = this.#scanner;
    scanner.readMembers(() => {
      if (scanner.stringIs('messages')) this.#readMessages();
      else scanner.skipValue();
    });
    scanner.expectEnd();
    if (!this.#hasMessages) throw missing('messages');
    if (this.#messages.count === 0) throw invalid('messages: expected at least one message, got none.');
    return this.#messages;
  }

  #readMessages(): void {
    const scanner = this.#scanner;
    this.#messages.clear();
    this.#end = 0;
    this.#hasMessages = !scanner.acceptLiteral('null');
    if (!this.#hasMessages) return;
    if (scanner.peek() !== 0x5b) throw invalid('messages: expected an array.');
    scanner.readElements(() => this.#readMessage());
  }

  #readMessage(): void {
    const scanner = this.#scanner;
    if (scanner.peek() !== 0x7b) throw invalid(`Message ${this.#messages.count + 1}: expected an object with a value.`);
    if (this.#readUsualMessage(compact) || this.#readUsualMessage(spaced)) return;
    let keyStart = 0;
    let keyLength = noKey;
    let valueStart = 0;
    let valueLength = noKey;
    scanner.readMembers(() => {
      if (scanner.stringIs('value')) {
        valueLength = this.#readBytes('value', limits.valueBytes);
        valueStart = this.#end - Math.max(valueLength, 0);
      } else if (scanner.stringIs('key')) {
        keyLength = this.#readBytes('key', limits.keyBytes);
        keyStart = this.#end - Math.max(keyLength, 0);
      } else {
        scanner.skipValue();
      }
    });
    if (valueLength === noKey)
      throw new ApiError('MissingParameter', `Message ${this.#messages.count + 1}: value is required, but not given.`);
    this.#messages.add(keyStart, keyLength, valueStart, valueLength);
  }

  /** Reads a message of this form, its strings without escapes, as the general way would; false, nothing read, if it is not so. */
  #readUsualMessage({ beforeValue, nullKeyBeforeValue, beforeKey, between }: UsualForm): boolean {
    const scanner = this.#scanner;
    const { bytes, at } = scanner;
    let keyStart = 0;
    let keyEnd = -1;
    let valueStart: number;
    if (scanner.standsAt(at, beforeValue)) valueStart = at + beforeValue.length;
    else if (scanner.standsAt(at, nullKeyBeforeValue)) valueStart = at + nullKeyBeforeValue.length;
    else if (scanner.standsAt(at, beforeKey)) {
      keyStart = at + beforeKey.length;
      keyEnd = scanner.plainStringEnd(keyStart);
      if (keyEnd === -1 || !scanner.standsAt(keyEnd, between)) return false;
      valueStart = keyEnd + between.length;
    } else return false;
    const valueEnd = scanner.plainStringEnd(valueStart);
    if (valueEnd === -1 || bytes[valueEnd + 1] !== closingBrace) return false;
    const keyLength = keyEnd === -1 ? noKey : this.#decodeMember('key', limits.keyBytes, bytes, keyStart, keyEnd);
    const valueLength = this.#decodeMember('value', limits.valueBytes, bytes, valueStart, valueEnd);
    scanner.at = valueEnd + 2;
    this.#messages.add(this.#end - valueLength - Math.max(keyLength, 0), keyLength, this.#end - valueLength, valueLength);
    return true;
  }

  /** Reads a base64 string or null behind the name `member`; the decoded length, or `noKey` for null. */
  #readBytes(member: string, range: Range): number {
    const scanner = this.#scanner;
    if (scanner.acceptLiteral('null')) return noKey;
    if (scanner.peek() !== 0x22) throw invalid(`${this.#where(member)} is not a string; expected base64.`);
    scanner.readString();
    if (!scanner.stringHasEscapes) return this.#decodeMember(member, range, scanner.bytes, scanner.stringStart, scanner.stringEnd);
    // Some encoders escape / and = in strings: then the text must be rebuilt first.
    const text = Buffer.from(scanner.stringText(), 'utf8');
    return this.#decodeMember(member, range, text, 0, text.length);
  }

  /** Decodes the text from `start` to `end`; the decoded length. Throws 400 if it is not base64 or out of range. */
  #decodeMember(member: string, { min, max }: Range, source: Buffer, start: number, end: number): number {
    const padding = paddingOf(source, start, end);
    const length = base64DecodedLength(end - start, padding);
    if (length > max)
      throw invalid(`${this.#where(member)} is ${count(length)} bytes after base64 decoding; at most ${count(max)} are allowed.`);
    if (length >= 0 && length < min) throw invalid(`${this.#where(member)} is empty; at least ${min} byte is required.`);
    if (this.#end + length > limits.putBytes.max) {
      const total = count(limits.putBytes.max);
      throw invalid(`${standardMessage.putTooLarge}: decoded keys and values pass ${total} bytes at message ${this.#messages.count + 1}.`);
    }
    if (length === -1) throw notBase64(this.#where(member), 0, source.subarray(start, end));
    this.#decode(member, source, start, end - padding, end);
    return length;
  }

  #where(member: string): string {
    return `Message ${this.#messages.count + 1}: ${member}`;
  }

  /** Decodes the digits from `start` to `digitsEnd`, behind what is there, at or before where they stand, a piece at a time. */
  #decode(member: string, source: Buffer, start: number, digitsEnd: number, end: number): void {
    const target = this.#messages.bytes;
    for (let from = start; from < digitsEnd; from += pieceCharacters) {
      const pieceEnd = Math.min(from + pieceCharacters, digitsEnd);
      const piece = source.toString('latin1', from, pieceEnd);
      const written = target.write(piece, this.#end, 'base64');
      if (written !== base64DecodedLength(piece.length, 0) || (this.#mayHoldUrlAlphabet() && /[-_]/.test(piece))) {
        const rest = Buffer.concat([Buffer.from(piece, 'latin1'), source.subarray(pieceEnd, end)]);
        throw notBase64(this.#where(member), from - start, rest);
      }
      this.#end += written;
    }
  }

  /** An escape can stand for any character. */
  #mayHoldUrlAlphabet(): boolean {
    return this.#hasUrlAlphabet || this.#scanner.stringHasEscapes;
  }
}

function paddingOf(source: Buffer, start: number, end: number): number {
  let padding = 0;
  while (padding < 3 && end - padding > start && source[end - padding - 1] === equals) padding += 1;
  return padding;
}

/** The error for a text that is not base64: its first `before` characters are, the fault is in `rest`. */
function notBase64(where: string, before: number, rest: Buffer): ApiError {
  const text = rest.toString('utf8');
  const problem = base64Problem(text);
  const what =
    problem?.kind === 'character'
      ? `${JSON.stringify(text.charAt(problem.at))} at character ${before + problem.at + 1} of ${before + text.length}`
      : `its ${before + text.length} characters leave a group of one`;
  return invalid(`${standardMessage.unparsableBody}: ${where} is not base64: ${what}.`);
}

function count(bytes: number): string {
  return bytes.toLocaleString('en-US');
}
