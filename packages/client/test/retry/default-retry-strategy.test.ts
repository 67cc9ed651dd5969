// The two ready-made strategies as a client gets them: on the machine's clock, here with simulated timers and chance.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CURRENT_RETRY_STRATEGY, DEFAULT_RETRY_STRATEGY } from '../../src/retry/default-retry-strategy.ts';
import type { RetryStrategy } from '../../src/retry/retry-strategy.ts';
import { Attempts, answer, brokenConnection, timeout } from './simulated.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** When each attempt of a failing call began, in seconds, if every attempt takes `attemptSeconds`. */
async function startsOf(strategy: RetryStrategy, error: Error, attemptSeconds = 0): Promise<number[]> {
  const attempts = new Attempts(error);
  const starts: number[] = [];
  const begin = performance.now();
  const outcome = strategy
    .run(async () => {
      starts.push((performance.now() - begin) / 1000);
      if (attemptSeconds > 0) await new Promise((resolve) => setTimeout(resolve, attemptSeconds * 1000));
      return attempts.run();
    })
    .catch((reason: unknown) => reason);
  await vi.runAllTimersAsync();
  expect(await outcome).toBe(error);
  return starts;
}

test('the default makes 5 attempts with full jitter, and with equal jitter after a 429', async () => {
  expect(await startsOf(DEFAULT_RETRY_STRATEGY, answer(503))).toEqual([0, 1, 3, 7, 15]);
  expect(await startsOf(DEFAULT_RETRY_STRATEGY, answer(429))).toEqual([0, 1.5, 4.5, 10.5, 22.5]);
});

test('the current one makes 8 attempts with decorrelated jitter, at most 30 seconds apart', async () => {
  expect(await startsOf(CURRENT_RETRY_STRATEGY, answer(503))).toEqual([0, 1.5, 4, 8.5, 17, 33.5, 63.5, 93.5]);
});

test('the default begins no wait after 300 seconds, the current one none after 600', async () => {
  expect(await startsOf(DEFAULT_RETRY_STRATEGY, answer(503), 299)).toEqual([0, 300]);
  expect(await startsOf(DEFAULT_RETRY_STRATEGY, answer(503), 300)).toEqual([0]);
  expect(await startsOf(CURRENT_RETRY_STRATEGY, answer(503), 599)).toEqual([0, 600.5]);
  expect(await startsOf(CURRENT_RETRY_STRATEGY, answer(503), 600)).toEqual([0]);
});

test.each([
  ['a timeout', timeout(), true, true],
  ['a broken connection', brokenConnection(), true, true],
  ['429 TooManyRequests', answer(429, 'TooManyRequests'), true, true],
  ['429 without a code', answer(429), true, true],
  ['409 IncorrectState', answer(409, 'IncorrectState'), false, true],
  ['409 LockConflict', answer(409, 'LockConflict'), false, true],
  ['409 InvalidatedRetryToken', answer(409, 'InvalidatedRetryToken'), false, false],
  ['409 without a code', answer(409), false, false],
  ['500', answer(500), true, true],
  ['501', answer(501), true, false],
  ['502', answer(502), true, true],
  ['504', answer(504), true, true],
  ['400', answer(400, 'InvalidParameter'), false, false],
  ['401', answer(401, 'NotAuthenticated'), false, false],
  ['404', answer(404, 'NotAuthorizedOrNotFound'), false, false],
])('the default and the current one retry, or do not retry, %s', async (_, error, byDefault, byCurrent) => {
  expect((await startsOf(DEFAULT_RETRY_STRATEGY, error)).length > 1).toBe(byDefault);
  expect((await startsOf(CURRENT_RETRY_STRATEGY, error)).length > 1).toBe(byCurrent);
});
