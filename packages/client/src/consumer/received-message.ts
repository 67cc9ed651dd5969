// A message as a program wants it: decoded when it is looked at.
import { type Bytes, fromBase64, utf8Text } from '#codec';
import type { Message } from '../models.ts';

/** A message that was read. It keeps the piece of the answer it came in, some 64 KiB or the message itself; `value` and `key` are copies. */
export class ReceivedMessage {
  readonly #message: Message;

  /** Made by consumers, readers and `receiveMessages`. */
  constructor(message: Message) {
    this.#message = message;
  }

  /** The stream's name, not its id. */
  get stream(): string {
    return this.#message.stream;
  }

  /** Index in decimal. */
  get partition(): string {
    return this.#message.partition;
  }

  /** Its place in the partition: rising, gaps possible; exact up to 2^53. */
  get offset(): number {
    return this.#message.offset;
  }

  /** When the service stored it, to the millisecond. */
  get timestamp(): Date {
    return this.#message.timestamp;
  }

  /** Bytes of the key, decoded anew each time; null if the message was put without one. */
  get key(): Bytes | null {
    const { key } = this.#message;
    return key === null ? null : fromBase64(key);
  }

  /** Bytes, decoded anew each time. */
  get value(): Bytes {
    return fromBase64(this.#message.value);
  }

  /** Base64 of the key as it came; null without one. */
  get keyBase64(): string | null {
    return this.#message.key;
  }

  /** Base64 of the value as it came. */
  get valueBase64(): string {
    return this.#message.value;
  }

  /** The value as UTF-8; what is none becomes U+FFFD. */
  text(): string {
    return utf8Text(this.value);
  }

  /** The value as JSON. Throws `SyntaxError` if it is none. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}
