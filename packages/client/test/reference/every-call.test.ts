// What the reference says of all eight operations alike. Names begin with the numbers of docs/stream-client-reference.md.
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  CURRENT_RETRY_STRATEGY,
  DEFAULT_RETRY_STRATEGY,
  NoneRetryStrategy,
  Response,
  type RetryStrategy,
  RetryStrategyBuilder,
  type StreamClient,
} from '../../src/index.ts';
import { RecordingServer } from '../compatibility/recording-server.ts';
import { Simulation } from '../retry/simulated.ts';
import { anonymous, attempts, busy, operations } from './operations.ts';

let server: RecordingServer;
let client: StreamClient;
beforeAll(async () => {
  server = await RecordingServer.start();
  client = anonymous({ serviceEndpoint: server.url });
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

test.each(operations)('R19: $name is tried again as the strategy of the client says', async ({ call }) => {
  const transport = busy();
  await expect(call(anonymous({ transport, retryStrategy: attempts(3) }))).rejects.toThrow('later');
  expect(transport.sent).toHaveLength(3);
});

test.each(operations)('R20: $name is sent once if nobody gives a strategy', async ({ call }) => {
  const transport = busy();
  await expect(call(anonymous({ transport }))).rejects.toThrow('later');
  expect(transport.sent).toHaveLength(1);
});

test.each(operations)('R21, R28: $name takes a strategy of its own', async ({ call }) => {
  const transport = busy();
  await expect(call(anonymous({ transport }), { retryStrategy: attempts(2) })).rejects.toThrow('later');
  expect(transport.sent).toHaveLength(2);
});

test.each(operations)('R22, R29: a strategy of its own goes over that of the client in $name', async ({ call }) => {
  const transport = busy();
  const both = anonymous({ transport, retryStrategy: attempts(3) });
  await expect(call(both, { retryStrategy: attempts(2) })).rejects.toThrow('later');
  expect(transport.sent).toHaveLength(2);
});

test.each(operations)('R33: a NoneRetryStrategy keeps $name from being tried again', async ({ call }) => {
  const transport = busy();
  const retrying = anonymous({ transport, retryStrategy: attempts(3) });
  await expect(call(retrying, { retryStrategy: new NoneRetryStrategy() })).rejects.toThrow('later');
  expect(transport.sent).toHaveLength(1);
});

const strategies: readonly (readonly [string, RetryStrategy, number])[] = [
  ['a NoneRetryStrategy', new NoneRetryStrategy(), 1],
  ['one that is built', new RetryStrategyBuilder({ maxAttempts: 3 }, new Simulation()).getRetryStrategy(), 3],
  ['DEFAULT_RETRY_STRATEGY', DEFAULT_RETRY_STRATEGY, 5],
  ['CURRENT_RETRY_STRATEGY', CURRENT_RETRY_STRATEGY, 8],
];

test.each(strategies)('R23, R30: %s will do for a client and for a call', async (_name, retryStrategy, count) => {
  vi.useFakeTimers();
  const [forClient, forCall] = [busy(), busy()];
  const failures = Promise.allSettled([
    anonymous({ transport: forClient, retryStrategy }).getGroup('s', 'g'),
    anonymous({ transport: forCall }).getGroup('s', 'g', { retryStrategy }),
  ]);
  await vi.advanceTimersByTimeAsync(600_000);
  await failures;
  expect([forClient.sent.length, forCall.sent.length]).toEqual([count, count]);
});

test('R24, R31: DEFAULT_RETRY_STRATEGY is there to be passed on, and requests say that they may be repeated', async () => {
  await client.getGroup('s', 'g', { retryStrategy: DEFAULT_RETRY_STRATEGY });
  await using retrying = anonymous({ serviceEndpoint: server.url, retryStrategy: DEFAULT_RETRY_STRATEGY });
  const { request } = await retrying.getGroup('s', 'g');
  expect(request.headers['opc-client-retries']).toBe('true');
  expect(server.take()).toHaveLength(2);
});

test.each(operations)('R26: $name is sent with the id it is given, else with one made for it', async ({ call }) => {
  const given = await call(client, { opcRequestId: 'mine' });
  const [first, second] = [await call(client), await call(client)];
  expect(given.request.headers['opc-request-id']).toBe('mine');
  expect(first.request.headers['opc-request-id']).toMatch(/^[\dA-F]{32}$/);
  expect(second.request.headers['opc-request-id']).not.toBe(first.request.headers['opc-request-id']);
});

test.each(operations)('R27: the id to ask for help with is on the answer of $name, and on its error', async ({ call }) => {
  expect((await call(client)).requestId).toBe('recorded');
  await expect(call(anonymous({ transport: busy() }))).rejects.toMatchObject({ requestId: 'of/the/answer' });
});

test.each(operations)('R34: $name resolves with a Response: status, headers, data and the request', async ({ call }) => {
  const response = await call(client);
  expect(response).toBeInstanceOf(Response);
  expect(response).toMatchObject({ status: 200, requestId: 'recorded', hasNextPage: false });
  expect(response.headers.get('content-type')).toBe('application/json');
  expect('data' in response && response.request.target.startsWith('/20180418/streams/s/')).toBe(true);
});

test.each(operations)(
  'R38, R44, R55, R60, R64, R72, R85, R90: the id of the stream is in the path of $name, which needs it',
  async ({ call }) => {
    server.take();
    await call(client, {}, 'ocid1.stream.oc1..x/y');
    const [sent] = server.take();
    expect(sent?.target).toMatch(/^\/20180418\/streams\/ocid1\.stream\.oc1\.\.x%2Fy\//);
    await expect(call(client, {}, ' ')).rejects.toThrow(/^streamId: expected a text that is not blank/);
    expect(server.take()).toEqual([]);
  },
);
