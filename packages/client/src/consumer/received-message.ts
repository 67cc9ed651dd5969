// A message as a program wants it.
import { type Bytes, fromBase64, toBase64, utf8Bytes, utf8Text } from '#codec';
import type { Message } from '../models.ts';

/** What messages in a row mostly have in common. */
export interface MessageHead {
  /** The stream's name, not its id. */
  readonly stream: string;
  /** Index in decimal. */
  readonly partition: string;
  /** When the service stored it, Unix milliseconds. */
  readonly timestampMs: number;
}

/**
 * A message that was read. Its key and value share memory, some 64 KiB if they are not longer, with those of the messages that came together with
 * it: copy what is kept for long, or handed over to another thread.
 */
export class ReceivedMessage {
  readonly #head: MessageHead;
  readonly #offset: number;
  readonly #key: Bytes | null;
  readonly #value: Bytes;

  /** Made by consumers, readers and `receiveMessages`. */
  constructor(head: MessageHead, offset: number, key: Bytes | null, value: Bytes) {
    this.#head = head;
    this.#offset = offset;
    this.#key = key;
    this.#value = value;
  }

  /** The same message with its key and value as bytes; none where it has no value, which no service should send. */
  static of(message: Message): ReceivedMessage {
    const { stream, partition, offset } = message;
    const { key, value, timestamp }: Partial<Message> = message;
    const head = { stream, partition, timestampMs: timestamp instanceof Date ? timestamp.getTime() : Number.NaN };
    return new ReceivedMessage(
      head,
      offset,
      typeof key === 'string' ? fromBase64(key) : null,
      typeof value === 'string' ? fromBase64(value) : utf8Bytes(''),
    );
  }

  /** The stream's name, not its id. */
  get stream(): string {
    return this.#head.stream;
  }

  /** Index in decimal. */
  get partition(): string {
    return this.#head.partition;
  }

  /** Its place in the partition: rising, gaps possible; exact up to 2^53. */
  get offset(): number {
    return this.#offset;
  }

  /** When the service stored it, to the millisecond. */
  get timestamp(): Date {
    return new Date(this.#head.timestampMs);
  }

  /** Bytes of the key, the same ones each time; null if the message was put without one. */
  get key(): Bytes | null {
    return this.#key;
  }

  /** Bytes, the same ones each time. */
  get value(): Bytes {
    return this.#value;
  }

  /** Base64 of the key; null without one. */
  get keyBase64(): string | null {
    return this.#key === null ? null : toBase64(this.#key);
  }

  /** Base64 of the value. */
  get valueBase64(): string {
    return toBase64(this.#value);
  }

  /** The value as UTF-8; what is none becomes U+FFFD. */
  text(): string {
    return utf8Text(this.#value);
  }

  /** The value as JSON. Throws `SyntaxError` if it is none. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}
