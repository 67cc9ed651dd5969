// When a flush is done at once: only when the last one was quick, little was written, and nothing was flushed for a while.
import { expect, test } from 'vitest';
import { FlushPace } from '../src/flush-pace.ts';

/** Behind a flush that took `tookMs` and ended at 100 ms. */
function paceAfter(tookMs: number, outcome: 'done' | 'failed' = 'done'): FlushPace {
  const pace = new FlushPace();
  pace.begin(1000, 100 - tookMs);
  pace.end(100 - tookMs, 100, outcome);
  return pace;
}

test('a small flush a while after a quick one is quick', () => {
  expect(paceAfter(0.2).begin(16_384, 102)).toBe(true);
});

test('the first one is not: nobody knows how long it takes', () => {
  expect(new FlushPace().begin(1000, 100)).toBe(false);
});

test.each([
  ['behind one that took long', paceAfter(0.6)],
  ['behind one that failed', paceAfter(0.2, 'failed')],
])('one %s is not', (_, pace) => {
  expect(pace.begin(1000, 105)).toBe(false);
});

test('one right behind another is not, so that a checkpoint of many files holds up nothing', () => {
  expect(paceAfter(0.2).begin(1000, 101.9)).toBe(false);
});

test('one of many bytes is not', () => {
  expect(paceAfter(0.2).begin(16_385, 105)).toBe(false);
});

test('one beside another is not; behind both the last one counts', () => {
  const pace = paceAfter(0.2);
  pace.begin(1_000_000, 105);
  expect(pace.begin(1000, 110)).toBe(false);
  pace.end(110, 110.4, 'done');
  expect(pace.begin(1000, 115)).toBe(false);
  pace.end(115, 115.4, 'done');
  pace.end(105, 130, 'done');
  expect(pace.begin(1000, 135)).toBe(false);
  pace.end(135, 135.4, 'done');
  expect(pace.begin(1000, 140)).toBe(true);
});
