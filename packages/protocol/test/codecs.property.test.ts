// Times, ids, base64 and signatures: what is written comes back, and hostile texts end in the codec's own error.
import fc from 'fast-check';
import {
  type Authorization,
  base64DecodedLength,
  base64Problem,
  formatAuthorization,
  formatOcid,
  formatTime,
  InvalidAuthorization,
  InvalidTime,
  parseAuthorization,
  parseTime,
  signingString,
} from 'millrace-protocol';
import { describe, expect, test } from 'vitest';

/** A text in which characters were changed, put in, left out, or come twice. */
function damaged(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat({ max: 4 }),
    fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('"', ',', '=', ' ', ':', '-', '+', 'Z', '\0')),
  );
  return fc.tuple(valid, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([text, edits]) =>
    edits.reduce((result, [place, length, more]) => {
      const at = place % (result.length + 1);
      return `${result.slice(0, at)}${more}${result.slice(at + length)}`;
    }, text),
  );
}

describe('times', () => {
  const firstYear = Date.parse('0000-01-01T00:00:00Z');
  const lastYear = Date.parse('9999-12-31T23:59:59.999Z');
  const time = fc.integer({ min: firstYear, max: lastYear });
  const zone = fc.tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));

  test('come back from what is written', () => {
    fc.assert(fc.property(time, (timestampMs) => parseTime(formatTime(timestampMs)) === timestampMs));
  });

  test('of any zone and precision are the first whole millisecond at or after them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: lastYear - 86_400_000 }),
        fc.nat({ max: 999_999 }),
        zone,
        (timestampMs, nanos, [sign, hours, minutes]) => {
          const aheadMs = (sign === '+' ? 1 : -1) * (hours * 60 + minutes) * 60_000;
          const local = formatTime(timestampMs + aheadMs).slice(0, -1);
          const offset = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
          const text = `${local}${String(nanos).padStart(6, '0')}${offset}`;
          expect(parseTime(text)).toBe(timestampMs + (nanos === 0 ? 0 : 1));
        },
      ),
    );
  });

  test('that are none are refused as InvalidTime, and what is taken is a whole number', () => {
    fc.assert(
      fc.property(fc.oneof(damaged(time.map(formatTime)), fc.string(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = valueOr(InvalidTime, () => parseTime(text));
        if (parsed !== undefined) expect(Number.isSafeInteger(parsed)).toBe(true);
      }),
    );
  });
});

describe('base64', () => {
  test('has the length that was foretold, with padding and without', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        const bare = text.replaceAll('=', '');
        expect([base64Problem(text), base64Problem(bare)]).toEqual([undefined, undefined]);
        expect(base64DecodedLength(text.length, text.length - bare.length)).toBe(bytes.length);
        expect(base64DecodedLength(bare.length, 0)).toBe(bytes.length);
      }),
    );
  });

  test('is refused exactly where a decoder would have to guess', () => {
    const hostile = fc.oneof(damaged(fc.base64String()), fc.string(), fc.string({ unit: fc.constantFrom('A', '/', '=', '-', '\n') }));
    fc.assert(
      fc.property(hostile, (text) => {
        const digits = text.replace(/={1,2}$/, '');
        const problem = base64Problem(text);
        expect(problem === undefined).toBe(/^[A-Za-z0-9+/]*$/.test(digits) && digits.length % 4 !== 1);
        if (problem?.kind === 'character') expect(text.charAt(problem.at)).toMatch(/^[^A-Za-z0-9+/]$/u);
        if (problem === undefined)
          expect(Buffer.from(text, 'base64').length).toBe(base64DecodedLength(text.length, text.length - digits.length));
      }),
    );
  });
});

describe('signatures', () => {
  const word = fc.string({ minLength: 1, unit: fc.constantFrom(...'abcXYZ019-/.:$+=()'.split('')) });
  const authorization: fc.Arbitrary<Authorization> = fc.record({
    keyId: word,
    algorithm: word,
    headers: fc.array(
      word.map((name) => name.toLowerCase()),
      { minLength: 1, maxLength: 8 },
    ),
    signature: word,
  });

  test('come back from the header that is written', () => {
    fc.assert(
      fc.property(authorization, (given) => {
        expect(parseAuthorization(formatAuthorization(given))).toEqual(given);
      }),
    );
  });

  test('that are none are refused as InvalidAuthorization', () => {
    const hostile = fc.oneof(
      damaged(authorization.map(formatAuthorization)),
      fc.string(),
      fc.string().map((text) => `Signature ${text}`),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const parsed = valueOr(InvalidAuthorization, () => parseAuthorization(text));
        if (parsed === undefined) return;
        expect([parsed.keyId, parsed.algorithm, parsed.signature].includes('')).toBe(false);
        // What it says is what stands in the header.
        for (const part of [parsed.keyId, parsed.algorithm, parsed.signature]) expect(text).toContain(`="${part}"`);
      }),
    );
  });

  test('have a line for each header, whose value is taken as it is', () => {
    fc.assert(
      fc.property(authorization, fc.string({ unit: 'binary' }), ({ headers }, value) => {
        const lines = headers
          .map((name) => (name === '(request-target)' ? 'post /x' : value))
          .map((each, index) => `${headers[index]}: ${each}`);
        expect(signingString(headers, 'POST', '/x', () => value)).toBe(lines.join('\n'));
        expect(() => signingString([...headers, 'absent'], 'POST', '/x', (name) => (name === 'absent' ? undefined : value))).toThrow(
          InvalidAuthorization,
        );
      }),
    );
  });
});

test('an id can be taken apart again', () => {
  const part = fc.string({ unit: fc.constantFrom(...'abc0-'.split('')) });
  fc.assert(
    fc.property(fc.constantFrom('stream', 'tenancy', 'streampool'), part, part, (type, region, unique) => {
      expect(formatOcid(type, region, unique).split('.')).toEqual(['ocid1', type, 'oc1', region, unique]);
    }),
  );
});

/** The value, or undefined if the error is of this class; any other passes through and fails the test. */
function valueOr<Value>(refusal: new (...words: never[]) => Error, parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof refusal) return undefined;
    throw error;
  }
}
