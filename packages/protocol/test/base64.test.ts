// Base64 by the service's rules, held against what Node encodes.
import fc from 'fast-check';
import { base64DecodedLength, base64Problem } from 'millrace-protocol';
import { expect, test } from 'vitest';

const paddingOf = (text: string): number => text.length - text.replace(/=+$/, '').length;

test('every text an encoder writes is base64 of the length that was encoded, with or without its padding', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      for (const form of [text, text.replaceAll('=', '')]) {
        expect(base64Problem(form)).toBeUndefined();
        expect(base64DecodedLength(form.length, paddingOf(form))).toBe(bytes.length);
      }
    }),
  );
});

test.each([
  ['aGVs\nbG8=', { kind: 'character', at: 4 }],
  ['ab-d', { kind: 'character', at: 2 }],
  ['ab_d', { kind: 'character', at: 2 }],
  ['YQ==YQ==', { kind: 'character', at: 2 }],
  ['YQ===', { kind: 'character', at: 2 }],
  ['a', { kind: 'length' }],
  ['abcde', { kind: 'length' }],
  ['abcde==', { kind: 'length' }],
])('%j is not base64', (text, problem) => {
  expect(base64Problem(text)).toEqual(problem);
});

test('the length of what cannot be base64 is -1', () => {
  expect(base64DecodedLength(1, 0)).toBe(-1);
  expect(base64DecodedLength(6, 3)).toBe(-1);
});
