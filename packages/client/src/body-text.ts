// The pieces of an answer as one text.
import { joined, utf8Text } from '#codec';

/** The text that `pieces` are together; what is no UTF-8 becomes U+FFFD. */
export function bodyText(pieces: readonly Uint8Array[]): string {
  const [only] = pieces;
  return utf8Text(pieces.length === 1 && only !== undefined ? only : joined(pieces));
}
