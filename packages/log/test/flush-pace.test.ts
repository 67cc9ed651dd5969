// When a flush is done at once: only when the last one was quick, little was written, and the file was left alone for a while.
import { expect, test } from 'vitest';
import { FlushPace } from '../src/flush-pace.ts';

/** A flush that took `tookMs` and ended at 100 ms. */
function paceAfter(tookMs: number, outcome: 'done' | 'failed' = 'done'): FlushPace {
  const pace = new FlushPace();
  pace.begin(100 - tookMs);
  pace.end(100 - tookMs, 100, outcome);
  return pace;
}

test('a small flush a while after a quick one is quick', () => {
  const pace = paceAfter(0.2);
  pace.wrote(1168);
  expect(pace.begin(105)).toBe(true);
});

test('the first one is not: nobody knows how long it takes', () => {
  expect(new FlushPace().begin(100)).toBe(false);
});

test.each([
  ['behind one that took long', paceAfter(1.5)],
  ['behind one that failed', paceAfter(0.2, 'failed')],
])('one %s is not', (_, pace) => {
  expect(pace.begin(105)).toBe(false);
});

test('one right behind another is not', () => {
  expect(paceAfter(0.2).begin(101.9)).toBe(false);
});

test('one of many bytes is not, however they were written; the next one counts anew', () => {
  const pace = paceAfter(0.2);
  for (let count = 0; count < 17; count += 1) pace.wrote(1024);
  expect(pace.begin(105)).toBe(false);
  pace.end(105, 105.3, 'done');
  expect(pace.begin(110)).toBe(true);
});
