// Waits on the machine's clock, with simulated timers: how long they last, what ends them, and that nothing stays behind.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sleep, systemEnvironment } from '../../src/retry/environment.ts';
import { RetryStrategyBuilder } from '../../src/retry/retry-strategy-builder.ts';
import { Attempts, answer } from './simulated.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const strategy = new RetryStrategyBuilder({ backoffType: 'decorrelated_jitter', decorrelatedJitter: 0 }).getRetryStrategy();

test('a wait lasts as long as it should, and leaves no timer and no listener', async () => {
  const { signal } = new AbortController();
  const attempts = new Attempts(answer(503), 1);
  const call = strategy.run(attempts.run, signal);
  await vi.advanceTimersByTimeAsync(999);
  expect([attempts.count, vi.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([1, 1, 1]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await call).toBe('done');
  expect([attempts.count, vi.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([2, 0, 0]);
});

test('a wait ends at once when the signal aborts, with its reason, and leaves no timer and no listener', async () => {
  const controller = new AbortController();
  const attempts = new Attempts(answer(503));
  const outcome = strategy.run(attempts.run, controller.signal).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1500);
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await outcome).toBe(reason);
  expect([attempts.count, vi.getTimerCount(), getEventListeners(controller.signal, 'abort').length]).toEqual([2, 0, 0]);
});

test('a wait does not begin when the signal has aborted already', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const attempts = new Attempts(answer(503));
  await expect(strategy.run(attempts.run, signal)).rejects.toBe(signal.reason);
  expect([attempts.count, vi.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([1, 0, 0]);
});

test('a wait that no timer can hold does not end at once', async () => {
  const ends = new AbortController();
  const wait = sleep(systemEnvironment.clock, Infinity, ends.signal);
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(vi.getTimerCount()).toBe(1);
  ends.abort(new Error('enough'));
  await expect(wait).rejects.toThrow('enough');
});

test('a wait needs no signal', async () => {
  const call = strategy.run(new Attempts(answer(503), 1).run);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await call).toBe('done');
});

test('the clock advances with the timers, and chance is that of Math.random', async () => {
  const before = systemEnvironment.clock.now();
  await vi.advanceTimersByTimeAsync(250);
  expect(systemEnvironment.clock.now() - before).toBe(250);
  vi.spyOn(Math, 'random').mockReturnValueOnce(0.25);
  expect(systemEnvironment.random()).toBe(0.25);
});
