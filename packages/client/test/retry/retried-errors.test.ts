// Which errors a call is made again after: a table over statuses, codes and kinds of error.
import { expect, test } from 'vitest';
import { InvalidConfig } from '../../src/errors.ts';
import { RetryStrategyBuilder } from '../../src/retry/retry-strategy-builder.ts';
import { Attempts, answer, brokenConnection, Simulation, timeout } from './simulated.ts';

const checked = () => new RetryStrategyBuilder({}, new Simulation());

test.each([
  [429, 'TooManyRequests', true],
  [429, undefined, true],
  [500, 'InternalServerError', true],
  [501, 'MethodNotImplemented', true],
  [502, undefined, true],
  [503, 'ServiceUnavailable', true],
  [504, undefined, true],
  [599, undefined, true],
  [499, undefined, false],
  [400, 'InvalidParameter', false],
  [401, 'NotAuthenticated', false],
  [404, 'NotAuthorizedOrNotFound', false],
  [409, 'IncorrectState', false],
  [412, 'NoEtagMatch', false],
  [304, undefined, false],
])('by default, %d with code %s is retried: %s', async (status, code, expected) => {
  expect(await isRetried(answer(status, code), checked())).toBe(expected);
});

test.each([
  [409, 'IncorrectState', true],
  [409, 'InvalidatedRetryToken', false],
  [409, undefined, false],
  [400, undefined, true],
  [429, undefined, false],
  [503, 'Busy', true],
  [503, 'Other', false],
  [500, undefined, true],
])('by a table of 409, 400 and 503, %d with code %s is retried: %s', async (status, code, expected) => {
  const serviceErrorRetryConfig = { 409: ['IncorrectState'], 400: [], 503: ['Busy'] };
  expect(await isRetried(answer(status, code), checked().addServiceErrorCheck({ serviceErrorRetryConfig }))).toBe(expected);
});

test('without "any 5xx", only those of the table are', async () => {
  const builder = checked().addServiceErrorCheck({ serviceErrorRetryConfig: { 502: [] }, serviceErrorRetryOnAny5xx: false });
  expect(await isRetried(answer(502), builder)).toBe(true);
  expect(await isRetried(answer(500), builder)).toBe(false);
});

test('a 501 can be left out of "any 5xx", unless the table names it', async () => {
  const builder = checked().addServiceErrorCheck({ serviceErrorRetryOnAny5xx: 'except-501' });
  expect(await isRetried(answer(501), builder)).toBe(false);
  expect(await isRetried(answer(502), builder)).toBe(true);
  expect(await isRetried(answer(501), builder.addServiceErrorCheck({ serviceErrorStatus: 501, serviceErrorCodes: [] }))).toBe(true);
});

test('timeouts and connection errors are, whatever the table says', async () => {
  const builder = checked().addServiceErrorCheck({ serviceErrorRetryConfig: {}, serviceErrorRetryOnAny5xx: false });
  expect(await isRetried(timeout(), builder)).toBe(true);
  expect(await isRetried(brokenConnection(), builder)).toBe(true);
  expect(await isRetried(answer(429), builder)).toBe(false);
});

test('without the service error check every error of a request is', async () => {
  const builder = checked().noServiceErrorCheck();
  for (const error of [answer(404), answer(500), timeout(), brokenConnection()]) expect(await isRetried(error, builder)).toBe(true);
});

test('an error that is no error of a request never is', async () => {
  const abort = new DOMException('This operation was aborted', 'AbortError');
  const deadline = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  const lookalike = Object.assign(new Error('no'), { name: 'ServiceError', status: 503 });
  for (const error of [new TypeError('x is not a function'), abort, deadline, lookalike, new InvalidConfig({}), 'text', undefined]) {
    expect(await isRetried(error, checked())).toBe(false);
    expect(await isRetried(error, checked().noServiceErrorCheck())).toBe(false);
  }
});

test('an attempt that throws instead of rejecting fails in the same way', async () => {
  const attempts = new Attempts(answer(503), 0);
  let thrown = 0;
  const attempt = () => {
    thrown += 1;
    if (thrown === 1) throw answer(503);
    return attempts.run();
  };
  expect(await checked().getRetryStrategy().run(attempt)).toBe('done');
});

/** Whether a call goes on after `failure`; either way its outcome has to be the right one. */
async function isRetried(failure: unknown, builder: RetryStrategyBuilder): Promise<boolean> {
  const attempts = new Attempts(failure, 1);
  const strategy = builder.getRetryStrategy();
  const outcome = await strategy.run(attempts.run).catch((reason: unknown) => reason);
  expect(outcome).toBe(attempts.count === 1 ? failure : 'done');
  return attempts.count > 1;
}
