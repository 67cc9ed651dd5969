// Base64 as the service reads it: the standard alphabet; the padding may be missing (observed: `value1` was stored and
// came back as `valuew==`); any other character, line breaks and the URL alphabet included, is refused (observed).

/** Why a text is not base64: a foreign character at `at`, or a last group of a single character, which holds no byte. */
export type Base64Problem = { readonly kind: 'character'; readonly at: number } | { readonly kind: 'length' };

const wellFormed = /^[A-Za-z0-9+/]*={0,2}$/;
const foreignCharacter = /[^A-Za-z0-9+/]/;

/**
 * The number of bytes `characters` characters of base64 stand for when `padding` of them are `=` at the end; -1 if there is
 * no such text.
 */
export function base64DecodedLength(characters: number, padding: number): number {
  const digits = characters - padding;
  const rest = digits & 3;
  // By shifts: a result that passed through a fraction would be a boxed number from here on.
  return padding > 2 || rest === 1 ? -1 : (digits >> 2) * 3 + (rest === 0 ? 0 : rest - 1);
}

/** What is wrong with `text`, or undefined if it is base64 by the rules above. */
export function base64Problem(text: string): Base64Problem | undefined {
  const digits = text.length - paddingOf(text);
  if (!wellFormed.test(text)) return { kind: 'character', at: text.slice(0, digits).search(foreignCharacter) };
  return digits % 4 === 1 ? { kind: 'length' } : undefined;
}

/** How many `=` are at the end, 0 to 2. */
export function paddingOf(text: string): number {
  if (!text.endsWith('=')) return 0;
  return text.endsWith('==') ? 2 : 1;
}
