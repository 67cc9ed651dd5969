// The body of PutMessages: JSON to decoded messages in one pass, with every limit checked while reading, so that a hostile
// body costs no more than it is long. Decoding happens in place: what base64 stands for is shorter than its text, so keys and
// values move to the front of the body, over what has been read.
import { isUtf8 } from 'node:buffer';
import { base64DecodedLength, base64Problem, limits, standardMessage } from 'millrace-protocol';
import { ApiError, invalid } from '../api-error.ts';
import { missing, type Range } from '../parameters.ts';
import { InvalidJson, JsonScanner } from './json-scanner.ts';

/** `keyLength` of a message without a key. */
export const noKey = -1;

const minus = 0x2d;
const underscore = 0x5f;
const equals = 0x3d;
const numbersPerMessage = 4;
/** Characters decoded at a time (a multiple of 4): larger strings leave V8's young heap and cost several times as much. */
const pieceCharacters = 8192;

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
  if (!isUtf8(body)) throw invalid(`${standardMessage.unparsableBody}: the body is not valid UTF-8.`);
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
    const messages = this.#messages;
    if (scanner.peek() !== 0x7b) throw invalid(`Message ${messages.count + 1}: expected an object with a value.`);
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
    if (valueLength === noKey) throw new ApiError('MissingParameter', `Message ${messages.count + 1}: value is required, but not given.`);
    messages.add(keyStart, keyLength, valueStart, valueLength);
  }

  /** Reads a base64 string or null behind the name `member`; the decoded length, or `noKey` for null. */
  #readBytes(member: string, { min, max }: Range): number {
    const scanner = this.#scanner;
    const messages = this.#messages;
    if (scanner.acceptLiteral('null')) return noKey;
    const where = (): string => `Message ${messages.count + 1}: ${member}`;
    if (scanner.peek() !== 0x22) throw invalid(`${where()} is not a string; expected base64.`);
    scanner.readString();
    // Some encoders escape / and = in strings: then the text must be rebuilt first.
    const source = scanner.stringHasEscapes ? Buffer.from(scanner.stringText(), 'utf8') : scanner.bytes;
    const start = scanner.stringHasEscapes ? 0 : scanner.stringStart;
    const end = scanner.stringHasEscapes ? source.length : scanner.stringEnd;
    const padding = paddingOf(source, start, end);
    const length = base64DecodedLength(end - start, padding);
    if (length > max) throw invalid(`${where()} is ${count(length)} bytes after base64 decoding; at most ${count(max)} are allowed.`);
    if (length >= 0 && length < min) throw invalid(`${where()} is empty; at least ${min} byte is required.`);
    if (this.#end + length > limits.putBytes.max) {
      const total = count(limits.putBytes.max);
      throw invalid(`${standardMessage.putTooLarge}: decoded keys and values pass ${total} bytes at message ${messages.count + 1}.`);
    }
    if (length === -1) throw notBase64(where(), 0, source.subarray(start, end));
    this.#decode(where, source.subarray(start, end), padding);
    return length;
  }

  /** Decodes `text`, behind what is there, at or before where it stands, a piece at a time; throws 400 if it is not base64. */
  #decode(where: () => string, text: Buffer, padding: number): void {
    const target = this.#messages.bytes;
    const digitsEnd = text.length - padding;
    for (let from = 0; from < digitsEnd; from += pieceCharacters) {
      const pieceEnd = Math.min(from + pieceCharacters, digitsEnd);
      const piece = text.toString('latin1', from, pieceEnd);
      const written = target.write(piece, this.#end, 'base64');
      if (written !== base64DecodedLength(piece.length, 0) || (this.#mayHoldUrlAlphabet() && /[-_]/.test(piece))) {
        throw notBase64(where(), from, Buffer.concat([Buffer.from(piece, 'latin1'), text.subarray(pieceEnd)]));
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
