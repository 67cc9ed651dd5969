// Pages of a list: turned to the end they show every item once, in order, ties included.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageOf, type SortPosition } from '../../src/admin/page.ts';

const positionOf = (item: SortPosition): SortPosition => item;

/** All pages of `items`, each as it was turned to. */
function turn(items: readonly SortPosition[], order: 'ASC' | 'DESC', limit: number): SortPosition[] {
  const seen: SortPosition[] = [];
  let token: string | undefined;
  do {
    const page = pageOf(items, positionOf, order, limit, token);
    seen.push(...page.items);
    token = page.next;
  } while (token !== undefined);
  return seen;
}

const keys = fc.oneof(fc.array(fc.nat({ max: 3 })), fc.array(fc.string({ unit: 'binary', maxLength: 2 })));

test('every item is on one page, in order of key, then of id', () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 5 }), fc.constantFrom('ASC', 'DESC'), (values, limit, order) => {
      const items = values.map((key, index): SortPosition => ({ key, id: `id ${index}` }));
      const seen = turn(items, order, limit);
      const sign = order === 'ASC' ? 1 : -1;
      for (const [index, { key, id }] of seen.entries()) {
        const before = seen[index - 1];
        const rises = before === undefined || before.key < key || (before.key === key && before.id < id);
        const falls = before === undefined || before.key > key || (before.key === key && before.id > id);
        expect(sign === 1 ? rises : falls).toBe(true);
      }
      expect(new Set(seen)).toEqual(new Set(items));
      expect(seen).toHaveLength(items.length);
    }),
  );
});

test('the last page has no next, even when it is full', () => {
  const items = [1, 2, 3, 4].map((key): SortPosition => ({ key, id: 'x' }));
  expect(pageOf(items, positionOf, 'ASC', 4, undefined).next).toBeUndefined();
  expect(pageOf(items, positionOf, 'ASC', 3, undefined).next).toBeDefined();
  expect(pageOf([], positionOf, 'ASC', 3, undefined)).toEqual({ items: [], next: undefined });
});
