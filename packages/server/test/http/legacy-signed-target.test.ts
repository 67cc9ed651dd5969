// The way back from what the npm client sent to what it signed, held against the two parsers that make the difference.
import { parse } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { legacySignedTarget } from '../../src/http/legacy-signed-target.ts';

// The legacy parser is the very thing that is asked about; its warning says nothing here.
Object.assign(process, { noDeprecation: true });

test('whatever query the npm client writes, the form it signed is found', () => {
  const query = fc.string({ unit: fc.constantFrom(...Array.from('ab09-_.~!*()\'`{}|^\\"<> &=+%/:@,;$[]éß😀本')), maxLength: 20 });
  fc.assert(
    fc.property(query, (text) => {
      const url = `http://host/20180418/streams?name=${text}x`;
      const sent = new URL(url);
      const signed = parse(url).path;
      expect(legacySignedTarget(sent.pathname + sent.search)).toBe(signed);
    }),
  );
});

test('whatever name the npm client escapes into a path, the form it signed is found', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const url = `http://host/20180418/streams/${encodeURIComponent(name)}x`;
      const sent = new URL(url);
      expect(legacySignedTarget(sent.pathname + sent.search)).toBe(parse(url).path);
    }),
  );
});

test('a target both parsers write alike is left as it is', () => {
  const target = '/20180418/streams/a%20b?cursor=p-_&limit=10';
  expect(legacySignedTarget(target)).toBe(target);
});

test("escapes that are no UTF-8 stay, and those of the caller's own, also next to others", () => {
  expect(legacySignedTarget('/x?a=%FF%C3')).toBe('/x?a=%FF%C3');
  expect(legacySignedTarget('/x?a=%C3%9F%AA%aa%E2%82%AC%c3%9f')).toBe('/x?a=ß%AA%aa€%c3%9f');
  expect(legacySignedTarget('/x?a=%ED%A0%80%F7%BF%BF%BF')).toBe('/x?a=%ED%A0%80%F7%BF%BF%BF');
});
