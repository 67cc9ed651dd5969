// UTF-8, base64 and the messages of an answer by Node's Buffer: native, and on the path of every message. In a page `web/codec.ts`
// stands in for this module: see `imports` in package.json.
import type { RequestBody } from './http.ts';

export { isBase64 } from './is-base64.ts';
export { scanMessages } from './scan-messages.ts';

/** Bytes as they are handed out. */
export type Bytes = Buffer;

/** Bytes of `text` in UTF-8. */
export function utf8Bytes(text: string): Bytes {
  return Buffer.from(text);
}

/** Longer bodies are written as bytes: a text of a megabyte is copied three times on its way to the connection. */
const longestText = 8 * 1024;

/** The pieces, all ASCII, one after the other. */
export function asciiBody(pieces: readonly string[]): RequestBody {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (length <= longestText) return pieces.join('');
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) at += bytes.write(piece, at, 'latin1');
  return bytes;
}

/** How many they are. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/** The text; what is no UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return bufferOf(bytes).toString();
}

/** The pieces one after the other, in memory of their own. */
export function joined(pieces: readonly Uint8Array[]): Bytes {
  return Buffer.concat(pieces);
}

/** Bytes that stay as these are now. */
export function copyOf(bytes: Uint8Array): Bytes {
  return Buffer.from(bytes);
}

export function toBase64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}

/** `text` must be base64. */
export function fromBase64(text: string): Bytes {
  return Buffer.from(text, 'base64');
}

/** The same bytes, not a copy. */
function bufferOf(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
