// Pages of a list: together they are the list, whatever the size; a token that is none is refused.
import fc from 'fast-check';
import { anyBytes, damagedText } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import { pageOf, type SortPosition } from '../../src/admin/page.ts';
import { ApiError } from '../../src/api-error.ts';

const id = fc.string({ unit: 'grapheme', minLength: 1 });
const unique = { selector: (item: SortPosition): string => item.id };
const byName = fc.uniqueArray(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 3 }), id }), unique);
const byTime = fc.uniqueArray(fc.record({ key: fc.nat({ max: 5 }), id }), unique);
const order = fc.constantFrom('ASC' as const, 'DESC' as const);
const limit = fc.integer({ min: 1, max: 7 });

test('the pages of a list hold every item once, in the order of the list', () => {
  fc.assert(
    fc.property(fc.oneof(byName, byTime), order, limit, (items: readonly SortPosition[], direction, size) => {
      const all: SortPosition[] = [];
      let token: string | undefined;
      do {
        const page = pageOf(items, (item) => item, direction, size, token);
        expect(page.items.length).toBeLessThanOrEqual(size);
        all.push(...page.items);
        token = page.next;
        if (token !== undefined) expect(token).toMatch(/^n[\w-]+$/);
      } while (token !== undefined && all.length <= items.length);
      expect(all).toEqual(pageOf(items, (item) => item, direction, items.length + 1, undefined).items);
      expect(new Set(all)).toEqual(new Set(items));
    }),
  );
});

test('a token that was damaged, or never was one, names a place in the list or is refused as InvalidParameter', () => {
  const token = byName.filter((items) => items.length > 1).map((items) => pageOf(items, (item) => item, 'ASC', 1, undefined).next ?? '');
  const hostile = fc.oneof(
    damagedText(token).map(({ after }) => after),
    fc.string({ unit: 'binary' }),
    fc.oneof(fc.json(), anyBytes(60)).map((text) => `n${Buffer.from(text as string).toString('base64url')}`),
  );
  fc.assert(
    fc.property(fc.oneof(byName, byTime), hostile, order, limit, (items: readonly SortPosition[], text, direction, size) => {
      const whole = pageOf(items, (item) => item, direction, items.length + 1, undefined).items;
      const page = itemsOr400(() => pageOf(items, (item) => item, direction, size, text).items);
      if (page === undefined || page.length === 0) return;
      const from = whole.indexOf(page[0] as SortPosition);
      expect(page).toEqual(whole.slice(from, from + page.length));
    }),
  );
});

function itemsOr400(run: () => readonly SortPosition[]): readonly SortPosition[] | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ApiError && error.code === 'InvalidParameter') return undefined;
    throw error;
  }
}
