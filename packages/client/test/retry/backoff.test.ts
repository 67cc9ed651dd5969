// The wait after each attempt, for every backoff type, at both ends of chance and in the middle.
import { expect, test } from 'vitest';
import { type BackoffType, RetryStrategyBuilder, type RetryStrategyBuilderOptions } from '../../src/retry/retry-strategy-builder.ts';
import { Attempts, answer, Simulation, timeout } from './simulated.ts';

const nearOne = 1 - 2 ** -52;

/** Milliseconds between seven failing attempts. */
async function waitsOf(error: Error, chance: number, options: RetryStrategyBuilderOptions): Promise<number[]> {
  const simulation = new Simulation(chance);
  const strategy = new RetryStrategyBuilder({ maxAttempts: 7, ...options }, simulation).getRetryStrategy();
  await expect(strategy.run(new Attempts(error).run)).rejects.toBe(error);
  return simulation.waits;
}

const nothing = [0, 0, 0, 0, 0, 0];
const half = [1, 2, 4, 8, 15, 15];
const whole = [2, 4, 8, 16, 30, 30];
const threeQuarters = [1.5, 3, 6, 12, 22.5, 22.5];

test.each<[BackoffType, Error, number, number[]]>([
  ['full_jitter', answer(500), 0, nothing],
  ['full_jitter', answer(500), 0.5, half],
  ['full_jitter', answer(500), nearOne, whole],
  ['full_jitter', answer(429), 0, nothing],
  ['equal_jitter', answer(500), 0, half],
  ['equal_jitter', answer(500), 0.5, threeQuarters],
  ['equal_jitter', answer(500), nearOne, whole],
  ['full_jitter_with_equal_on_throttle', answer(500), 0, nothing],
  ['full_jitter_with_equal_on_throttle', answer(500), 0.5, half],
  ['full_jitter_with_equal_on_throttle', answer(500), nearOne, whole],
  ['full_jitter_with_equal_on_throttle', timeout(), 0, nothing],
  ['full_jitter_with_equal_on_throttle', answer(429), 0, half],
  ['full_jitter_with_equal_on_throttle', answer(429), 0.5, threeQuarters],
  ['full_jitter_with_equal_on_throttle', answer(429), nearOne, whole],
  ['decorrelated_jitter', answer(500), 0, [1, 2, 4, 8, 16, 30]],
  ['decorrelated_jitter', answer(500), 0.5, [1.5, 2.5, 4.5, 8.5, 16.5, 30]],
  ['decorrelated_jitter', answer(500), nearOne, [2, 3, 5, 9, 17, 30]],
  ['decorrelated_jitter', answer(429), 0, [1, 2, 4, 8, 16, 30]],
])('%s after %s with chance %d waits %j seconds', async (backoffType, error, chance, seconds) => {
  const waits = await waitsOf(error, chance, { backoffType });
  expect(waits).toHaveLength(seconds.length);
  for (const [at, ms] of waits.entries()) expect(ms).toBeCloseTo(1000 * (seconds[at] ?? Number.NaN), 6);
});

test('with nothing said about it the backoff is full jitter, and equal jitter after a 429', async () => {
  expect(await waitsOf(answer(500), 0, {})).toEqual(nothing);
  expect(await waitsOf(answer(429), 0, {})).toEqual(half.map((seconds) => seconds * 1000));
});

test('base, growth, longest wait and jitter are the ones given', async () => {
  const shape = { retryBaseSleepTimeSeconds: 0.1, retryExponentialGrowthFactor: 10, retryMaxWaitBetweenCallsSeconds: 50 } as const;
  expect(await waitsOf(answer(500), 0.5, { ...shape, backoffType: 'full_jitter' })).toEqual([500, 5000, 25_000, 25_000, 25_000, 25_000]);
  const decorrelated = await waitsOf(answer(500), 0.5, { ...shape, backoffType: 'decorrelated_jitter', decorrelatedJitter: 4 });
  expect(decorrelated).toEqual([2100, 3000, 12_000, 50_000, 50_000, 50_000]);
});

test('a wait is a number even when the power is beyond all numbers', async () => {
  const waits = await waitsOf(answer(500), 0.5, { maxAttempts: 1100, retryBaseSleepTimeSeconds: 0 });
  expect(new Set(waits)).toEqual(new Set([0]));
});
