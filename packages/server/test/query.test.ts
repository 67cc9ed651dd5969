// Queries as the official clients write them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../src/api-error.ts';
import { Query } from '../src/query.ts';

const any = { min: 0, max: 1000 };

describe('a value', () => {
  test.each([
    ['percent-encoded, as Python and Java write it', 'cursor=a%2Bb%2Fc%3D%3D', 'a+b/c=='],
    ['without any encoding, as npm writes it', 'cursor=a+b/c==', 'a+b/c=='],
    ['with a plus, which is a plus', 'cursor=a+b', 'a+b'],
    ['with an escaped space', 'cursor=a%20b', 'a b'],
    ['with letters beyond ASCII', 'cursor=%C3%A9', 'é'],
    ['with a per cent sign that is no escape', 'cursor=a%b', 'a%b'],
    ['with an escape that is no UTF-8', 'cursor=%FF', '%FF'],
    ['that is empty', 'cursor=', ''],
    ['without an equals sign', 'cursor', ''],
    ['behind other parameters', 'limit=1&cursor=x&page=y', 'x'],
    ['that stands twice: the first counts', 'cursor=x&cursor=y', 'x'],
    ['under an escaped name', '%63ursor=x', 'x'],
  ])('%s', (_what, text, value) => {
    expect(new Query(text).text('cursor', any)).toBe(value);
  });

  test('can be read with a plus as itself and as a space, as Go writes it', () => {
    expect(new Query('name=a+b%2Bc').readings('name', any)).toEqual(['a+b+c', 'a b+c']);
    expect(new Query('name=ab').readings('name', any)).toEqual(['ab']);
    expect(new Query('').readings('name', any)).toEqual([]);
  });

  test.each(['', 'cursorx=1', 'Cursor=1'])('is not given in %j', (text) => {
    expect(new Query(text).text('cursor', any)).toBeUndefined();
    expect(() => new Query(text).required('cursor', any)).toThrow('cursor: required, but not given.');
  });

  test('is refused by its length with the range and the length', () => {
    const refusal = 'cursor: expected 1 to 3 characters, got 4.';
    expect(() => new Query('cursor=abcd').text('cursor', { min: 1, max: 3 })).toThrow(refusal);
    expect(() => new Query('cursor=').required('cursor', { min: 1, max: 3 })).toThrow('got 0.');
  });
});

test.each(['', '0', '10001', '-1', '1.5', '1e3', 'ten', ' 1', '0x10', '1'.repeat(400)])('%j is no limit from 1 to 10,000', (text) => {
  expect(() => new Query(`limit=${text}`).integer('limit', { min: 1, max: 10_000 })).toThrow(
    `limit: expected an integer from 1 to 10000, got ${JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)}.`,
  );
});

test('words are taken in any case', () => {
  expect(new Query('sortOrder=aSc').choice('sortOrder', ['ASC', 'DESC'])).toBe('ASC');
  expect(() => new Query('sortOrder=up').choice('sortOrder', ['ASC', 'DESC'])).toThrow('sortOrder: expected one of ASC, DESC, got "up".');
});

function isValueOrRefused(read: () => unknown): boolean {
  try {
    return read() !== undefined;
  } catch (error) {
    return error instanceof ApiError;
  }
}

test('whatever a query says, it gives a value or a refusal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const query = new Query(`name=${text}`);
      expect(isValueOrRefused(() => query.readings('name', any))).toBe(true);
      expect(isValueOrRefused(() => query.integer('name', { min: 0, max: 10 }))).toBe(true);
    }),
  );
});
