// The same as `codec.ts` with what every runtime of the web has.
import { base64Problem } from 'millrace-protocol';
import type { RequestBody } from '../http.ts';

/** Bytes as they are handed out. */
export type Bytes = Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Arguments of one call: engines take no more than some ten thousand. */
const charactersAtOnce = 0x2000;

/** Bytes of `text` in UTF-8. */
export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The pieces, all ASCII, one after the other. */
export function asciiBody(pieces: readonly string[]): RequestBody {
  return pieces.join('');
}

/** How many they are. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** The text; what is no UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The pieces one after the other, in memory of their own. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Bytes that stay as these are now. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += charactersAtOnce) {
    binary += String.fromCharCode(...bytes.subarray(at, at + charactersAtOnce));
  }
  return btoa(binary);
}

/** `text` must be base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function isBase64(text: string): boolean {
  return base64Problem(text) === undefined;
}

/** Leaves every answer to `JSON.parse`: scanning pays with Node's Buffer alone. */
export const scanMessages: (body: readonly Uint8Array[]) => undefined = () => undefined;
