// The fast check of base64 beside the plain one.
import fc from 'fast-check';
import { base64Problem } from 'millrace-protocol';
import { expect, test } from 'vitest';
import { isBase64 } from '../src/is-base64.ts';

const alphabet = Array.from('ABCxyz019+/=-_ \n!é\u{100}\u{141}\u{1f600}\0');

test('decoding finds what the plain check finds, for texts of any characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 40 }), (text) => {
      expect(isBase64(text)).toBe(base64Problem(text) === undefined);
    }),
    { numRuns: 3000 },
  );
});

test('decoding finds one wrong character in much base64, wherever it stands', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(bytes, fc.nat(), fc.constantFrom(...alphabet), (array, place, character) => {
      const text = Buffer.from(array).toString('base64');
      const at = place % text.length;
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      expect(isBase64(text)).toBe(true);
      expect(isBase64(changed)).toBe(base64Problem(changed) === undefined);
    }),
    { numRuns: 2000 },
  );
});

test('a text longer than the scratch buffer is checked as well', () => {
  const text = Buffer.alloc(100_000, 'm').toString('base64');
  expect(isBase64(text)).toBe(true);
  expect(isBase64(`${text.slice(0, -1)}!`)).toBe(false);
});
