// The body of PutMessages: bytes are encoded, base64 is checked, so that a mistake costs no request.

import { base64Problem } from 'millrace-protocol';
import { asciiBody, isBase64, toBase64 } from '#codec';
import type { RequestBody } from './http.ts';
import type { PutMessagesDetails, PutMessagesDetailsEntry } from './models.ts';

const first = { beforeValue: '{"messages":[{"value":"', beforeKey: '{"messages":[{"key":"' };
const further = { beforeValue: '"},{"value":"', beforeKey: '"},{"key":"' };

/** The JSON of `details`. Throws `TypeError` that names the message whose key or value is neither bytes nor base64. */
export function encodePutBody({ messages }: PutMessagesDetails): RequestBody {
  if (!Array.isArray(messages)) throw new TypeError(`putMessagesDetails.messages: expected an array, got ${describe(messages)}.`);
  if (messages.length === 0) return '{"messages":[]}';
  // Base64 needs no escaping.
  const pieces: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (typeof message !== 'object' || message === null) {
      throw new TypeError(`Message ${index + 1} of ${messages.length}: expected an object with key and value, got ${describe(message)}.`);
    }
    const { key, value }: PutMessagesDetailsEntry = message;
    const valueText = encode(value, 'value', index, messages.length);
    const { beforeValue, beforeKey } = index === 0 ? first : further;
    if (key === undefined || key === null) pieces.push(beforeValue, valueText);
    else pieces.push(beforeKey, encode(key, 'key', index, messages.length), '","value":"', valueText);
  }
  pieces.push('"}]}');
  return asciiBody(pieces);
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
