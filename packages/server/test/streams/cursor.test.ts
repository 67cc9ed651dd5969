// Cursors: what they hold comes back, for five minutes, for their stream, unless a single character was changed.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { limits } from 'millrace-protocol';
import { expect, test } from 'vitest';
import { ApiError } from '../../src/api-error.ts';
import { CursorCodec, type PartitionCursor } from '../../src/streams/cursor.ts';

const key = randomBytes(32);
const codec = new CursorCodec(key);
const stream = 'ocid1.stream.oc1.millrace.a';
const now = Date.UTC(2026, 0, 1);
const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. %';

const number = fc.nat({ max: 2 ** 48 - 1 });
const cursors: fc.Arbitrary<PartitionCursor> = fc.record({
  partition: fc.nat({ max: limits.partitions.max - 1 }),
  position: fc.oneof(
    number.map((offset) => ({ kind: 'offset', offset }) as const),
    number.map((timestampMs) => ({ kind: 'time', timestampMs }) as const),
    fc.constant({ kind: 'horizon' } as const),
  ),
});

function refusalOf(text: string, streamId = stream, at = now): string {
  try {
    codec.decode(streamId, text, at);
  } catch (error) {
    if (error instanceof ApiError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const isInvalid = 'InvalidParameter: The cursor is invalid. Create a new one.';
const isExpired = 'InvalidParameter: The cursor is expired. Create a new one.';

test('what goes in comes out', () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      expect(codec.decode(stream, codec.encode(stream, cursor, now), now)).toEqual(cursor);
    }),
  );
});

test('a cursor begins with a letter and needs no encoding in a query', () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      const text = codec.encode(stream, cursor, now);
      expect(text).toMatch(/^[A-Za-z][A-Za-z0-9_-]*$/);
      expect(encodeURIComponent(text)).toBe(text);
      expect(text).toHaveLength(41);
    }),
  );
});

test('a cursor lives five minutes to the millisecond', () => {
  const text = codec.encode(stream, { partition: 0, position: { kind: 'horizon' } }, now);
  expect(refusalOf(text, stream, now + 300_000)).toBe('accepted');
  expect(refusalOf(text, stream, now + 300_001)).toBe(isExpired);
});

test('a cursor with any character changed to any other is invalid', () => {
  const text = codec.encode(stream, { partition: 3, position: { kind: 'offset', offset: 12_345 } }, now);
  for (let at = 0; at < text.length; at += 1) {
    for (const character of characters.replace(text.charAt(at), '')) {
      expect(refusalOf(text.slice(0, at) + character + text.slice(at + 1))).toBe(isInvalid);
    }
  }
});

test('a changed cursor that has expired is invalid, not expired: its expiry is not to be believed', () => {
  const text = codec.encode(stream, { partition: 0, position: { kind: 'horizon' } }, now);
  expect(refusalOf(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`, stream, now + 600_000)).toBe(isInvalid);
});

test('a cursor of another stream, of another data set, or cut, is invalid', () => {
  const text = codec.encode(stream, { partition: 0, position: { kind: 'horizon' } }, now);
  expect(refusalOf(text, `${stream}b`)).toBe(isInvalid);
  expect(refusalOf(new CursorCodec(randomBytes(32)).encode(stream, { partition: 0, position: { kind: 'horizon' } }, now))).toBe(isInvalid);
  for (let length = 0; length < text.length; length += 1) expect(refusalOf(text.slice(0, length))).toBe(isInvalid);
  expect(refusalOf(`${text}A`)).toBe(isInvalid);
});

test('text that is no cursor is invalid, whatever it is', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^p[\w-]{40}$/), fc.base64String());
  fc.assert(
    fc.property(texts, (text) => {
      expect(refusalOf(text)).toBe(isInvalid);
    }),
  );
});
