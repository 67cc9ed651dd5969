// The bytes of all bodies in memory at once are bounded.
import { expect, test } from 'vitest';
import { ApiError } from '../../src/api-error.ts';
import { BodyBudget } from '../../src/http/body-budget.ts';

const overloaded = expect.objectContaining({
  code: 'TooManyRequests',
  message: 'Request bodies of more than 100 bytes are under way; the next request can be made in 1000 ms.',
  headers: { 'retry-after': '1' },
});

test('bodies together may hold as much as the budget and no byte more', () => {
  const budget = new BodyBudget(100);
  const [first, second] = [budget.lease(), budget.lease()];
  first.take(60);
  second.take(40);
  expect(() => second.take(1)).toThrow(overloaded);
  expect(() => budget.lease().take(1)).toThrow(ApiError);
});

test('a lease gives back what it took, once, and not what was refused', () => {
  const budget = new BodyBudget(100);
  const first = budget.lease();
  first.take(60);
  expect(() => first.take(41)).toThrow(overloaded);
  first.release();
  first.release();
  const second = budget.lease();
  second.take(100);
  expect(() => budget.lease().take(1)).toThrow(overloaded);
});

test('a lease that takes nothing holds nothing', () => {
  const budget = new BodyBudget(100);
  for (let index = 0; index < 1000; index += 1) budget.lease();
  expect(() => budget.lease().take(100)).not.toThrow();
});
