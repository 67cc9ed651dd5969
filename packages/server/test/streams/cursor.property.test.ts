// Cursors come back for their own stream, in their own time; any other text is refused in the service's words.
import fc from 'fast-check';
import { limits, standardMessage } from 'millrace-protocol';
import { damagedText } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import { ApiError } from '../../src/api-error.ts';
import { CursorCodec, type PartitionCursor } from '../../src/streams/cursor.ts';

const codec = new CursorCodec(Buffer.alloc(32, 7));
const largest = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const now = fc.integer({ min: 0, max: 2 ** 48 - 1 - limits.cursorLifeMs });
const cursor: fc.Arbitrary<PartitionCursor> = fc.record({
  partition: fc.nat({ max: 2 ** 32 - 1 }),
  position: fc.oneof(
    largest.map((offset) => ({ kind: 'offset' as const, offset })),
    largest.map((timestampMs) => ({ kind: 'time' as const, timestampMs })),
    fc.constant({ kind: 'horizon' as const }),
  ),
});
const streamId = fc.string({ unit: 'grapheme' });

test('a cursor comes back until its five minutes are over, and is refused then', () => {
  fc.assert(
    fc.property(cursor, streamId, now, fc.nat({ max: 2 * limits.cursorLifeMs }), (given, id, madeAt, laterMs) => {
      const text = codec.encode(id, given, madeAt);
      const expected = laterMs <= limits.cursorLifeMs ? given : standardMessage.cursorExpired;
      expect(decoded(codec, id, text, madeAt + laterMs)).toEqual(expected);
    }),
  );
});

test('a cursor is none for another stream, and none with another key', () => {
  const other = new CursorCodec(Buffer.alloc(32, 8));
  fc.assert(
    fc.property(cursor, streamId, streamId, now, (given, id, otherId, madeAt) => {
      const text = codec.encode(id, given, madeAt);
      expect(decoded(other, id, text, madeAt)).toBe(standardMessage.cursorInvalid);
      if (id !== otherId) expect(decoded(codec, otherId, text, madeAt)).toBe(standardMessage.cursorInvalid);
    }),
  );
});

test('a damaged cursor is refused', () => {
  fc.assert(
    fc.property(damagedText(fc.tuple(cursor, now).map(([given, madeAt]) => codec.encode('stream', given, madeAt))), ({ before, after }) => {
      if (after !== before) expect(decoded(codec, 'stream', after, 0)).toBe(standardMessage.cursorInvalid);
    }),
  );
});

test('any text is refused, of the right length and alphabet too', () => {
  const alike = fc.string({ unit: fc.constantFrom(...'pAZaz09-_'.split('')), minLength: 40, maxLength: 40 }).map((text) => `p${text}`);
  fc.assert(
    fc.property(fc.oneof(alike, fc.string({ unit: 'binary' })), (text) => {
      expect(decoded(codec, 'stream', text, 0)).toBe(standardMessage.cursorInvalid);
    }),
  );
});

/** The cursor, or the words it is refused with. */
function decoded(by: CursorCodec, id: string, text: string, at: number): PartitionCursor | string {
  try {
    return by.decode(id, text, at);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'InvalidParameter') return error.message;
    throw error;
  }
}
