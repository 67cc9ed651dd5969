// Group cursors: what goes in comes out, short enough for a query, and nothing else is taken for one.
import fc from 'fast-check';
import { limits } from 'millrace-protocol';
import { expect, test } from 'vitest';
import { ApiError } from '../../src/api-error.ts';
import { type GroupCursor, GroupCursorCodec } from '../../src/groups/group-cursor.ts';
import type { Position } from '../../src/groups/group-state.ts';

const codec = new GroupCursorCodec(Buffer.alloc(32, 7));
const now = 1_700_000_000_000;
const offset = fc.oneof(fc.nat({ max: 1000 }), fc.maxSafeNat());
const positions = fc
  .uniqueArray(fc.tuple(fc.nat({ max: 9999 }), offset), { selector: ([partition]) => partition, maxLength: 40 })
  .map((list): Position[] => list.toSorted(([a], [b]) => a - b));
const cursors = fc
  .record({ offsets: fc.tuple(offset, offset, offset), positions, first: fc.nat({ max: 10_000 }) })
  .map(({ offsets, ...rest }): GroupCursor => {
    const [group = 0, epoch = 0, asOf = 0] = offsets.toSorted((a, b) => a - b);
    return { group, epoch, asOf, ...rest };
  });

test('a cursor comes back as it went in', () => {
  fc.assert(
    fc.property(cursors, fc.string(), (cursor, streamId) => {
      const text = codec.encode(streamId, cursor, now);
      expect(text).toMatch(/^g[\w-]+$/);
      expect(codec.decode(streamId, text, now)).toEqual(cursor);
    }),
  );
});

test('it lives five minutes, to the second', () => {
  fc.assert(
    fc.property(cursors, fc.nat(), fc.integer({ min: 0, max: 400_000 }), (cursor, startMs, ageMs) => {
      const text = codec.encode('s', cursor, startMs);
      const decode = (): GroupCursor => codec.decode('s', text, startMs + ageMs);
      if (ageMs <= limits.cursorLifeMs) expect(decode()).toEqual(cursor);
      if (ageMs >= limits.cursorLifeMs + 1000) expect(decode).toThrow('The cursor is expired. Create a new one.');
    }),
  );
});

test('with any character changed, or of another stream, it is refused', () => {
  fc.assert(
    fc.property(cursors, fc.nat(), fc.constantFrom('A', 'b', '0', '-', '_'), (cursor, at, character) => {
      const text = codec.encode('s', cursor, now);
      const index = 1 + (at % (text.length - 1));
      fc.pre(text[index] !== character);
      const refused = (changed: string, stream = 's'): void => {
        expect(() => codec.decode(stream, changed, now)).toThrow('The cursor is invalid. Create a new one.');
      };
      refused(text.slice(0, index) + character + text.slice(index + 1));
      refused(text.slice(0, index));
      refused(text + character);
      refused(text, 't');
    }),
  );
});

test('any other text is refused in the words of the service', () => {
  fc.assert(
    fc.property(fc.string({ size: 'large' }), (text) => {
      expect(() => codec.decode('s', `g${text}`, now)).toThrow(ApiError);
    }),
  );
});

/** A cursor of an old data set, with positions of `count` partitions, every `step`th, within `distance` of each other. */
function large(count: number, step: number, distance: number): string {
  const epoch = 2 ** 35;
  const list = Array.from({ length: count }, (_, index): Position => [index * step, 2 ** 40 + (index % 2 === 0 ? 0 : distance)]);
  return codec.encode('s', { group: epoch, epoch, asOf: epoch + 2 ** 27, positions: list, first: count }, now);
}

test('200 partitions fit into 1,024 characters while they lie within 2^29 of each other', () => {
  expect(large(200, 1, 2 ** 29 - 1).length).toBeLessThanOrEqual(1024);
});

test('as many positions as a cursor may hold fit into a query, however far they lie apart', () => {
  const most = large(limits.cursorPositions, 25, Number.MAX_SAFE_INTEGER - 2 ** 40);
  expect(most.length).toBeLessThanOrEqual(limits.cursorCharacters.max);
});
