// The pieces of an answer as one text.
import { utf8Text } from '#codec';

/** The text that `pieces` are together; what is no UTF-8 becomes U+FFFD. */
export function bodyText(pieces: readonly Uint8Array[]): string {
  const [only] = pieces;
  return utf8Text(pieces.length === 1 && only !== undefined ? only : joined(pieces));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
