// How often and for how long a call is made again.
import { describe, expect, test } from 'vitest';
import { NoneRetryStrategy } from '../../src/retry/retry-strategy.ts';
import { RetryStrategyBuilder } from '../../src/retry/retry-strategy-builder.ts';
import { Attempts, answer, Simulation } from './simulated.ts';

describe('attempts', () => {
  test.each([1, 2, 5, 9])('%d in all, then the last error comes out', async (maxAttempts) => {
    const simulation = new Simulation();
    const attempts = new Attempts(answer(503));
    const strategy = new RetryStrategyBuilder({ maxAttempts }, simulation).getRetryStrategy();
    await expect(strategy.run(attempts.run)).rejects.toMatchObject({ name: 'ServiceError', status: 503 });
    expect(attempts.count).toBe(maxAttempts);
    expect(simulation.waits).toHaveLength(maxAttempts - 1);
  });

  test('a success ends them and is the result', async () => {
    const attempts = new Attempts(answer(503), 3);
    expect(await new RetryStrategyBuilder({}, new Simulation()).getRetryStrategy().run(attempts.run)).toBe('done');
    expect(attempts.count).toBe(4);
  });

  test('two calls of one strategy at the same time have all their attempts each', async () => {
    const strategy = new RetryStrategyBuilder({}, new Simulation()).getRetryStrategy();
    const calls = [new Attempts(answer(503)), new Attempts(answer(503))];
    await Promise.allSettled(calls.map((attempts) => strategy.run(attempts.run)));
    expect(calls.map(({ count }) => count)).toEqual([5, 5]);
  });

  test('the none strategy makes one, whatever comes of it', async () => {
    const failing = new Attempts(answer(503));
    await expect(new NoneRetryStrategy().run(failing.run)).rejects.toMatchObject({ status: 503 });
    expect(failing.count).toBe(1);
    expect(await new NoneRetryStrategy().run(new Attempts(undefined, 0).run)).toBe('done');
  });
});

describe('the time limit', () => {
  test('counts attempts and waits, and ends the call once it is reached', async () => {
    // Attempts fail at 0, 10, …, 60 s.
    expect(await attemptsOf(0)).toBe(7);
    // At 20, 50 and 80 s.
    expect(await attemptsOf(20_000)).toBe(3);
    expect(await attemptsOf(60_000)).toBe(1);
  });

  test('is looked at before a wait: one begun just before it is waited out', async () => {
    expect(await attemptsOf(59_999)).toBe(2);
  });
});

/** Attempts of a call whose every attempt takes `attemptMs`, with waits of 10 s and a limit of 60 s. */
async function attemptsOf(attemptMs: number): Promise<number> {
  const simulation = new Simulation(0);
  const attempts = new Attempts(answer(503));
  const strategy = new RetryStrategyBuilder(
    { totalElapsedTimeSeconds: 60, retryBaseSleepTimeSeconds: 10, retryExponentialGrowthFactor: 1, backoffType: 'decorrelated_jitter' },
    simulation,
  ).noMaxAttempts();
  const slow = () => {
    simulation.advance(attemptMs);
    return attempts.run();
  };
  await expect(strategy.getRetryStrategy().run(slow)).rejects.toMatchObject({ status: 503 });
  return attempts.count;
}
