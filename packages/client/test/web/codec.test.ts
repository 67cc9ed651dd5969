// Both codecs, that of Node and that of the web, say the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as node from '../../src/codec.ts';
import * as web from '../../src/web/codec.ts';

const texts = fc.string({ unit: 'binary', maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 400 });

describe('the codec of the web', () => {
  test('makes the bytes of a text that Node makes, and counts them', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect([...web.utf8Bytes(text)]).toEqual([...node.utf8Bytes(text)]);
        expect(web.utf8Length(text)).toBe(node.utf8Length(text));
      }),
    );
  });

  test('makes the text of any bytes that Node makes, a mark at the beginning included', () => {
    fc.assert(
      fc.property(bytes, (array) => {
        expect(web.utf8Text(array)).toBe(node.utf8Text(array));
      }),
    );
    const marked = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
    expect(web.utf8Text(marked)).toBe(node.utf8Text(marked));
  });

  test('makes base64 of bytes, and bytes of base64, as Node does', () => {
    fc.assert(
      fc.property(bytes, (array) => {
        const text = web.toBase64(array);
        expect(text).toBe(node.toBase64(array));
        expect([...web.fromBase64(text)]).toEqual([...array]);
      }),
    );
  });

  test('joins pieces as Node does, in memory of their own', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (pieces) => {
        const [joined, byNode] = [web.joined(pieces), node.joined(pieces)];
        const before = pieces.flatMap((piece) => [...piece]);
        for (const piece of pieces) piece.fill(0);
        expect([[...joined], [...byNode]]).toEqual([before, before]);
      }),
    );
  });

  test('puts the pieces of a body together as Node does, which makes bytes of long ones', () => {
    const pieces = fc.array(fc.base64String({ maxLength: 200 }), { maxLength: 200 });
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(Buffer.from(node.asciiBody(parts)).toString()).toBe(web.asciiBody(parts));
      }),
    );
    expect(node.asciiBody(['a'.repeat(8000), 'b'.repeat(8000)])).toEqual(Buffer.from(`${'a'.repeat(8000)}${'b'.repeat(8000)}`));
  });

  test('makes base64 of a part of a buffer, and of a mebibyte', () => {
    const large = Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 31) % 256);
    expect(web.toBase64(large.subarray(1, 6))).toBe(node.toBase64(large.subarray(1, 6)));
    expect(web.toBase64(large)).toBe(node.toBase64(large));
  });

  test('knows base64 as Node does', () => {
    const alphabet = Array.from('ABCxyz019+/=-_ \né');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 }), (text) => {
        expect(web.isBase64(text)).toBe(node.isBase64(text));
      }),
    );
  });
});
