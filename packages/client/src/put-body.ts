// The body of PutMessages: bytes are encoded, base64 is checked, so that a mistake costs no request.

import { base64Problem } from 'millrace-protocol';
import { isBase64, toBase64 } from '#codec';
import type { PutMessagesDetails, PutMessagesDetailsEntry } from './models.ts';

/** The JSON of `details`. Throws `TypeError` that names the message whose key or value is neither bytes nor base64. */
export function encodePutBody({ messages }: PutMessagesDetails): string {
  if (!Array.isArray(messages)) throw new TypeError(`putMessagesDetails.messages: expected an array, got ${describe(messages)}.`);
  let body = '{"messages":[';
  for (const [index, message] of messages.entries()) body += (index === 0 ? '' : ',') + encodeEntry(message, index, messages.length);
  return `${body}]}`;
}

/** Checked base64 needs no escaping. */
function encodeEntry(message: PutMessagesDetailsEntry, index: number, count: number): string {
  if (typeof message !== 'object' || message === null) {
    throw new TypeError(`Message ${index + 1} of ${count}: expected an object with key and value, got ${describe(message)}.`);
  }
  const { key, value } = message;
  const text = encode(value, 'value', index, count);
  if (key === undefined || key === null) return `{"value":"${text}"}`;
  return `{"key":"${encode(key, 'key', index, count)}","value":"${text}"}`;
}

function encode(value: unknown, name: 'key' | 'value', index: number, count: number): string {
  if (value instanceof Uint8Array) return toBase64(value);
  const where = `Message ${index + 1} of ${count}: ${name}`;
  if (typeof value !== 'string') throw new TypeError(`${where}: expected base64 or a Uint8Array, got ${describe(value)}.`);
  if (isBase64(value)) return value;
  const problem = base64Problem(value);
  if (problem === undefined) return value;
  const got =
    problem.kind === 'length'
      ? `${value.length} characters, which leaves a last group of one`
      : `${JSON.stringify(value[problem.at])} at character ${problem.at}`;
  throw new TypeError(`${where}: expected base64 (standard alphabet), got ${got}. A Uint8Array is encoded for you.`);
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}
