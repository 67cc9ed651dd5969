// A list that is tidied now and then says what a list that is filtered each time would say.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pending, type Settling } from '../../src/producer/pending.ts';

/** Adds so many, then settles those at these places among the unsettled ones. */
const step = fc.record({ added: fc.nat({ max: 120 }), settled: fc.array(fc.nat(), { maxLength: 120, size: 'max' }) });

test('size, the first and all are those that are not settled, in the order they were added', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const pending = new Pending<Settling & { isSettled: boolean }>();
      let expected: (Settling & { isSettled: boolean })[] = [];
      for (const { added, settled } of steps) {
        for (let count = 0; count < added; count++) {
          const item = { isSettled: false };
          expected.push(item);
          pending.add(item);
        }
        for (const place of settled) {
          const item = expected[place % expected.length];
          if (item === undefined) break;
          item.isSettled = true;
          pending.noteSettled();
          expected = expected.filter((one) => one !== item);
          expect(pending.first).toBe(expected[0]);
        }
        expect(pending.size).toBe(expected.length);
        expect(pending.all).toEqual(expected);
        expect(pending.all.every((item, index) => item === expected[index])).toBe(true);
      }
    }),
  );
});
