// What a builder makes of its options and methods, and what it refuses.
import { expect, test } from 'vitest';
import { NoneRetryStrategy, type RetryStrategy } from '../../src/retry/retry-strategy.ts';
import {
  BACKOFF_DECORRELATED_JITTER_VALUE,
  BACKOFF_EQUAL_JITTER_VALUE,
  BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE,
  BACKOFF_FULL_JITTER_VALUE,
  RetryStrategyBuilder,
  type RetryStrategyBuilderOptions,
} from '../../src/retry/retry-strategy-builder.ts';
import { Attempts, answer, Simulation } from './simulated.ts';

async function attemptsOf(strategy: RetryStrategy, status = 503, code?: string): Promise<number> {
  const attempts = new Attempts(answer(status, code), 100);
  await strategy.run(attempts.run).catch(() => undefined);
  return attempts.count;
}

const build = (options: RetryStrategyBuilderOptions = {}) => new RetryStrategyBuilder(options, new Simulation(0.5));

test('with all checks off it builds the none strategy, with any one on it does not', () => {
  const none = build().noMaxAttempts().noTotalElapsedTime().noServiceErrorCheck();
  expect(none.getRetryStrategy()).toBeInstanceOf(NoneRetryStrategy);
  const off = { maxAttemptsCheck: false, totalElapsedTimeCheck: false, serviceErrorCheck: false };
  expect(build(off).getRetryStrategy()).toBeInstanceOf(NoneRetryStrategy);
  for (const builder of [build(off).addMaxAttempts(), build(off).addTotalElapsedTime(), build(off).addServiceErrorCheck()]) {
    expect(builder.getRetryStrategy()).not.toBeInstanceOf(NoneRetryStrategy);
  }
});

test('by default there are 5 attempts; adding the limit without a number goes back to that', async () => {
  expect(await attemptsOf(build().getRetryStrategy())).toBe(5);
  expect(await attemptsOf(build().addMaxAttempts(2).getRetryStrategy())).toBe(2);
  expect(await attemptsOf(build({ maxAttempts: 2 }).addMaxAttempts().getRetryStrategy())).toBe(5);
});

test('by default there are 300 seconds; adding the limit without a number goes back to that', async () => {
  const minutes = { retryBaseSleepTimeSeconds: 60, retryMaxWaitBetweenCallsSeconds: 60, backoffType: 'decorrelated_jitter' } as const;
  const unlimited = (options: RetryStrategyBuilderOptions = {}) => build({ ...minutes, ...options }).noMaxAttempts();
  expect(await attemptsOf(unlimited().getRetryStrategy())).toBe(6);
  expect(await attemptsOf(unlimited().addTotalElapsedTime(61).getRetryStrategy())).toBe(3);
  expect(await attemptsOf(unlimited({ totalElapsedTimeSeconds: 61 }).addTotalElapsedTime().getRetryStrategy())).toBe(6);
});

test('without a limit of attempts and time a call goes on until it succeeds', async () => {
  expect(await attemptsOf(build().noMaxAttempts().noTotalElapsedTime().getRetryStrategy())).toBe(101);
});

test('a status with codes is added to the table, which no other builder shares', async () => {
  const strategy = build()
    .addServiceErrorCheck({ serviceErrorStatus: 409, serviceErrorCodes: ['IncorrectState'] })
    .getRetryStrategy();
  expect(await attemptsOf(strategy, 409, 'IncorrectState')).toBe(5);
  expect(await attemptsOf(strategy, 409, 'LockConflict')).toBe(1);
  expect(await attemptsOf(strategy, 429)).toBe(5);
  expect(await attemptsOf(build().getRetryStrategy(), 409, 'IncorrectState')).toBe(1);
});

test('a strategy stays as it was built, whatever becomes of the builder and of the table given', async () => {
  const codes = ['IncorrectState'];
  const builder = build({ serviceErrorRetryConfig: { 409: codes } });
  const strategy = builder.getRetryStrategy();
  codes.push('LockConflict');
  builder.addMaxAttempts(1);
  expect(await attemptsOf(strategy, 409, 'IncorrectState')).toBe(5);
  expect(await attemptsOf(strategy, 409, 'LockConflict')).toBe(1);
});

test('an option that is undefined counts as left out', async () => {
  // As plain JavaScript may give it.
  const options = { maxAttempts: undefined } as unknown as RetryStrategyBuilderOptions;
  expect(await attemptsOf(build(options).getRetryStrategy())).toBe(5);
});

test('the backoff types have the values of the Python SDK', () => {
  const values = [
    BACKOFF_FULL_JITTER_VALUE,
    BACKOFF_EQUAL_JITTER_VALUE,
    BACKOFF_FULL_JITTER_EQUAL_ON_THROTTLE_VALUE,
    BACKOFF_DECORRELATED_JITTER_VALUE,
  ];
  expect(values).toEqual(['full_jitter', 'equal_jitter', 'full_jitter_with_equal_on_throttle', 'decorrelated_jitter']);
});

test.each(['max_attempts', 'maxAttemps', 'toString', '__proto__'])('the unknown option %s is refused by name', (name) => {
  const options = JSON.parse(`{ "${name}": 3 }`);
  expect(() => build(options)).toThrow(TypeError);
  expect(() => build(options)).toThrow(name);
  expect(() => build().addServiceErrorCheck(options)).toThrow(TypeError);
});

test.each<[string, unknown]>([
  ['backoffType', 'exponential'],
  ['backoffType', 'toString'],
  ['maxAttempts', 0],
  ['maxAttempts', 1.5],
  ['maxAttempts', '5'],
  ['totalElapsedTimeSeconds', -1],
  ['totalElapsedTimeSeconds', Number.NaN],
  ['retryBaseSleepTimeSeconds', -0.1],
  ['retryExponentialGrowthFactor', 0.5],
  ['retryMaxWaitBetweenCallsSeconds', 86_401],
  ['decorrelatedJitter', null],
  ['maxAttemptsCheck', 'false'],
  ['serviceErrorRetryOnAny5xx', 'except-502'],
  ['serviceErrorRetryConfig', ['429']],
  ['serviceErrorRetryConfig', null],
  ['serviceErrorRetryConfig', { 429: 'TooManyRequests' }],
  ['serviceErrorRetryConfig', { TooManyRequests: [] }],
])('%s cannot be %j', (name, value) => {
  const options = { [name]: value } as RetryStrategyBuilderOptions;
  expect(() => build(options)).toThrow(RangeError);
  expect(() => build(options)).toThrow(`${name} must be`);
});

test('a refused option changes nothing', async () => {
  const builder = build();
  expect(() => builder.addMaxAttempts(0)).toThrow(RangeError);
  expect(() => builder.addServiceErrorCheck({ serviceErrorStatus: 409 })).toThrow(TypeError);
  expect(() => builder.addServiceErrorCheck({ serviceErrorCodes: [] })).toThrow(TypeError);
  expect(await attemptsOf(builder.getRetryStrategy())).toBe(5);
});
