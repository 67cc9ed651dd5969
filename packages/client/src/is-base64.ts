// Whether a text is base64, found out by decoding it: native code is several times faster than a regular expression, and a
// put of 1 MiB checks more than a million characters.
import { base64DecodedLength, paddingOf } from 'millrace-protocol';

/** Decoded bytes nobody looks at; longer texts are decoded into a buffer of their own. */
const scratch: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The same as `base64Problem(text) === undefined`. Node's decoder passes over what is foreign, so that fewer bytes come out; what it
 * takes is looked for: the two characters of the URL alphabet, and those beyond ASCII, of which it reads the low byte.
 */
export function isBase64(text: string): boolean {
  const expected = base64DecodedLength(text.length, paddingOf(text));
  if (expected < 0 || text.includes('-') || text.includes('_') || Buffer.byteLength(text) !== text.length) return false;
  const into = expected <= scratch.length ? scratch : Buffer.allocUnsafeSlow(expected);
  return into.write(text, 'base64') === expected;
}
