// What callers send in queries and JSON bodies: values come out as they were meant, and anything else is a 400.
import fc from 'fast-check';
import { createCursorDetails, createStreamDetails, type TSchema, updateStreamDetails } from 'millrace-protocol/shapes';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../src/api-error.ts';
import { parseBody } from '../src/parse-body.ts';
import { Query } from '../src/query.ts';

const everyLength = { min: 0, max: 1_000_000 };

describe('a query', () => {
  const names = fc.string({ unit: 'grapheme' });
  const pairs = fc.uniqueArray(fc.tuple(names, fc.string({ unit: 'grapheme' })), { selector: ([name]) => name, maxLength: 6 });

  test('gives back what was encoded, the first of two of a name', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const encoded = given.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
        const query = new Query([...encoded, ...encoded.map((pair) => `${pair}x`)].join('&'));
        for (const [name, value] of given) {
          expect(query.text(name, everyLength)).toBe(value);
          expect(query.readings(name, everyLength)).toEqual([value]);
        }
      }),
    );
  });

  test('reads a plus as itself and as a space, and integers and choices as they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '+', '%2B', '%20'), { minLength: 1 }),
        fc.integer(),
        fc.boolean(),
        (parts, number, isLower) => {
          const text = parts.join('');
          const query = new Query(`name=${text}&limit=${number}&order=${isLower ? 'desc' : 'DESC'}`);
          const asPlus = decodeURIComponent(text);
          const asSpace = decodeURIComponent(text.replaceAll('+', ' '));
          expect(new Set(query.readings('name', everyLength))).toEqual(new Set([asPlus, asSpace]));
          expect(query.integer('limit', { min: -(2 ** 31), max: 2 ** 31 })).toBe(number);
          expect(query.choice('order', ['ASC', 'DESC'])).toBe('DESC');
        },
      ),
    );
  });

  test('of any text is values or a 400', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('a=', '&', '%', '%zz', '%e2%82', '+', '=', 'limit='),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const query = new Query(pieces.join(''));
        for (const name of ['a', 'limit', '', '__proto__', 'toString']) {
          valueOr400(() => query.text(name, { min: 1, max: 3 }));
          valueOr400(() => query.required(name, everyLength));
          valueOr400(() => query.readings(name, everyLength));
          valueOr400(() => query.choice(name, ['A']));
          const number = valueOr400(() => query.integer(name, { min: 1, max: 10 }));
          expect(number === undefined || (number >= 1 && number <= 10)).toBe(true);
        }
      }),
    );
  });
});

describe('a JSON body', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  const tags = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 3 });
  const tagValue = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const definedTags = fc.dictionary(fc.string(), fc.dictionary(fc.string(), tagValue, { maxKeys: 2 }), { maxKeys: 2 });
  const streamTags = { freeformTags: tags, definedTags };
  const bodies: readonly (readonly [string, TSchema, fc.Arbitrary<Record<string, unknown>>])[] = [
    [
      'CreateStream',
      createStreamDetails,
      fc.record(
        {
          name: text,
          partitions: fc.integer({ min: 1, max: 10_000 }),
          compartmentId: text,
          retentionInHours: fc.integer({ min: 24, max: 168 }),
          ...streamTags,
        },
        { requiredKeys: ['name', 'partitions'] },
      ),
    ],
    ['UpdateStream', updateStreamDetails, fc.record({ streamPoolId: text, ...streamTags }, { requiredKeys: [] })],
    [
      'CreateCursor',
      createCursorDetails,
      fc.record(
        {
          partition: fc.nat().map(String),
          type: fc.constantFrom('AFTER_OFFSET', 'AT_OFFSET', 'AT_TIME', 'LATEST', 'TRIM_HORIZON'),
          offset: fc.maxSafeNat(),
          time: fc.date({ noInvalidDate: true }).map((time) => time.toISOString()),
        },
        { requiredKeys: ['partition', 'type'] },
      ),
    ],
  ];

  test.each(bodies)('of %s comes back with its members, nulls and strangers beside them or not', (_, schema, valid) => {
    fc.assert(
      fc.property(valid, fc.dictionary(fc.string({ minLength: 20 }), fc.jsonValue(), { maxKeys: 2 }), (value, strangers) => {
        const nulls = Object.fromEntries(['time', 'offset', 'streamPoolId'].map((name) => [name, null]));
        const parsed = parseBody(schema, Buffer.from(JSON.stringify({ ...strangers, ...nulls, ...value }))) as Record<string, unknown>;
        for (const [name, member] of Object.entries(value)) expect(parsed[name]).toEqual(JSON.parse(JSON.stringify(member)));
      }),
    );
  });

  test.each(bodies)('of %s that was damaged is a body or a 400', (_, schema, valid) => {
    fc.assert(
      fc.property(damaged(valid.map((value) => Buffer.from(JSON.stringify(value)))), ({ after }) => {
        valueOr400(() => parseBody(schema, after));
      }),
    );
  });

  test.each(bodies)('of %s that is any JSON or any bytes is a body or a 400', (_, schema, valid) => {
    const replaced = fc
      .tuple(valid, fc.jsonValue(), fc.nat())
      .map(([value, other, at]) => ({ ...value, [Object.keys(value)[at % Math.max(Object.keys(value).length, 1)] ?? 'name']: other }));
    const texts = fc.oneof(
      fc.json(),
      replaced.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          texts.map((json) => Buffer.from(json)),
          anyBytes(120),
        ),
        (bytes) => {
          valueOr400(() => parseBody(schema, bytes));
        },
      ),
    );
  });
});

/** The value, or undefined for a 400 that says something; any other error passes through and fails the test. */
function valueOr400<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ApiError && ['InvalidParameter', 'MissingParameter'].includes(error.code) && error.message !== '')
      return undefined;
    throw error;
  }
}
