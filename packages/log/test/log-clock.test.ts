// The log's clock follows the wall clock, never goes back, and advances at half speed while the wall clock is behind.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogClock } from '../src/index.ts';
import { ManualClock } from './support/seeded.ts';

test('it follows the wall clock', () => {
  const clock = new ManualClock();
  const log = new LogClock(clock);
  expect(log.now()).toBe(clock.wallMs);
  clock.advance(1234);
  expect(log.now()).toBe(clock.wallMs);
});

test('behind a floor, or after the wall clock was set back, it runs at half speed until it is caught up', () => {
  const clock = new ManualClock();
  const start = clock.wallMs;
  const log = new LogClock(clock, start + 1000);
  expect(log.now()).toBe(start + 1000);
  clock.advance(100);
  expect(log.now()).toBe(start + 1050);
  clock.advance(1900);
  expect(log.now()).toBe(start + 2000);
  clock.advance(500);
  expect(log.now()).toBe(start + 2500);
});

test('whatever the wall clock does, it never falls and is never more than half the elapsed time ahead of both', () => {
  const jumps = fc.array(fc.record({ wall: fc.integer({ min: -1e7, max: 1e7 }), elapsed: fc.integer({ min: 0, max: 1e6 }) }), {
    maxLength: 50,
  });
  fc.assert(
    fc.property(jumps, (steps) => {
      const clock = new ManualClock();
      const log = new LogClock(clock);
      let last = log.now();
      for (const { wall, elapsed } of steps) {
        clock.wallMs += wall;
        clock.elapsedMs += elapsed;
        const now = log.now();
        expect(now).toBeGreaterThanOrEqual(Math.max(last, clock.wallMs));
        expect(now).toBeLessThanOrEqual(Math.max(last + elapsed / 2 + 1, clock.wallMs));
        last = now;
      }
    }),
  );
});
