// What can be given to a producer, and the form in which it waits: bytes of its own, so that the caller's may change afterwards.

import { limits } from 'millrace-protocol';
import { copyOf, toBase64, utf8Bytes } from '#codec';

/**
 * A message to send: `value` as bytes or as text, which goes as UTF-8, or `json`, which goes as its JSON text. Unlike
 * `PutMessagesDetailsEntry`, where a text is base64.
 */
export type ProducerMessage = KeyedMessage & (ValueMember | JsonMember);

/** Decides the partition, and what a message is in order with. */
export interface KeyedMessage {
  /** Up to 256 bytes: bytes, or text, which goes as UTF-8. Messages without a key are spread by chance and have no order. */
  readonly key?: string | Uint8Array | null | undefined;
}

/** A message of bytes or text. */
export interface ValueMember {
  /** 1 to 1,048,576 bytes, together with the key. */
  readonly value: string | Uint8Array;
  readonly json?: undefined;
}

/** A message of JSON. */
export interface JsonMember {
  /** Anything `JSON.stringify` makes a text of. */
  readonly json: unknown;
  readonly value?: undefined;
}

/** A message as it goes into requests. */
export interface EncodedMessage {
  /** Base64; undefined without a key. */
  readonly key: string | undefined;
  /** The producer's own. */
  readonly value: Uint8Array;
  /** Decoded bytes of both. */
  readonly bytes: number;
}

/** Throws `TypeError` if there is no value, or it is neither bytes nor text nor JSON; `RangeError` if it is too long, or empty. */
export function encodeMessage(message: ProducerMessage): EncodedMessage {
  if (typeof message !== 'object' || message === null) throw new TypeError(`message: expected an object, got ${describe(message)}.`);
  const value = bytesOf('value', valueOf(message));
  const key = message.key === undefined || message.key === null ? undefined : bytesOf('key', message.key);
  const { max } = limits.putBytes;
  if (key !== undefined && key.length > limits.keyBytes.max)
    throw new RangeError(`key: expected at most ${limits.keyBytes.max} bytes, got ${key.length}.`);
  const bytes = value.length + (key?.length ?? 0);
  if (value.length < limits.valueBytes.min || bytes > max)
    throw new RangeError(`value: expected 1 to ${max} bytes, those of the key included, got ${bytes}.`);
  return { key: key && toBase64(key), value: value === message.value ? copyOf(value) : value, bytes };
}

function valueOf({ value, json }: ProducerMessage): string | Uint8Array {
  if (value !== undefined) return value;
  const text: string | undefined = JSON.stringify(json); // Undefined for what JSON does not have, whatever the types say.
  if (text === undefined) throw new TypeError(`message: expected a value, or json that JSON can hold, got ${describe(json)}.`);
  return text;
}

function bytesOf(name: string, content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  if (typeof content !== 'string') throw new TypeError(`${name}: expected bytes or a text, got ${describe(content)}.`);
  if (!content.isWellFormed()) throw new TypeError(`${name}: expected a text that UTF-8 can hold, got half a surrogate pair.`);
  return utf8Bytes(content);
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
