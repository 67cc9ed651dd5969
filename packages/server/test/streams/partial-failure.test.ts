// When the engine refuses some partitions: a partial failure is data, a whole one is a status.
import { LogError, type LogErrorCode } from 'millrace-log';
import type { PutMessagesResult, Stream } from 'millrace-protocol/shapes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { type ComposedServer, composeServer } from '../http/composed-server.ts';
import { recordingLogger } from '../http/recording-logger.ts';
import { base64, createStream } from '../support/test-server.ts';
import { readAll } from './messages.ts';

/** What appends to these partitions of a stream's log fail with. */
const failing = new Map<number, () => Error>();
const recorded = recordingLogger();
let composed: ComposedServer;
let stream: Stream;

beforeEach(async () => {
  failing.clear();
  composed = await composeServer({ wrap: refusing, logger: recorded.logger });
  stream = await createStream(composed.client, { partitions: 3 });
});

afterEach(async () => {
  await composed[Symbol.asyncDispose]();
});

function refusing(engine: Engine): Engine {
  const partition: Engine['partition'] = (name, index) => {
    const log = engine.partition(name, index);
    const failure = name.startsWith('stream-') ? failing.get(index) : undefined;
    return failure === undefined ? log : { ...log, append: () => Promise.reject(failure()) };
  };
  return new Proxy(engine, { get: (target, name) => (name === 'partition' ? partition : bound(target, name)) });
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === 'function' ? value.bind(target) : value;
}

const fail = (partition: number, code: LogErrorCode) => failing.set(partition, () => new LogError(code, `Told to be ${code}.`));

/** Keys of which each partition of three gets some. */
const keys = Array.from({ length: 12 }, (_, index) => base64(`key ${index}`));
const put = () =>
  composed.client.call('POST', `/streams/${stream.id}/messages`, { body: { messages: keys.map((key) => ({ key, value: key })) } });
const tooMany = 'Too many bytes are waiting to be stored; the next request can be made in 1000 ms. Told to be Overloaded.';

async function countStored(): Promise<number> {
  failing.clear();
  const partitions = await Promise.all(['0', '1', '2'].map((partition) => readAll(composed.client, stream.id, partition)));
  return partitions.flat().length;
}

describe('when one partition refuses', () => {
  test('its messages are failures in their places, the others are stored', async () => {
    fail(1, 'Overloaded');
    const answer = await put();
    expect(answer.status).toBe(200);
    const { failures, entries } = answer.json<PutMessagesResult>();
    expect(entries).toHaveLength(12);
    expect(failures).toBeGreaterThan(0);
    const refused = entries.filter((entry) => 'error' in entry);
    expect(refused).toHaveLength(failures);
    for (const entry of refused) expect(entry).toEqual({ error: 'TooManyRequests', errorMessage: tooMany });
    const partitions = entries.flatMap((entry) => ('offset' in entry ? [entry.partition] : []));
    expect(new Set(partitions)).toEqual(new Set(['0', '2']));
    expect(await countStored()).toBe(12 - failures);
  });

  test('only what was stored is counted', async () => {
    fail(1, 'AppendRefused');
    const { failures } = (await put()).json<PutMessagesResult>();
    const { text } = await composed.service.metrics.render([]);
    expect(text).toContain(`millrace_put_messages_total ${12 - failures}\n`);
  });
});

describe('when every partition refuses', () => {
  test('because too much is waiting the request is answered 429 with when to try again', async () => {
    for (const partition of [0, 1, 2]) fail(partition, 'Overloaded');
    const answer = await put();
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toEqual({ code: 'TooManyRequests', message: tooMany });
    expect(await countStored()).toBe(0);
  });

  test.each(['AppendRefused', 'OutcomeUnknown', 'Closed', 'Failed'] as const)('with %s the request is answered 503', async (code) => {
    for (const partition of [0, 1, 2]) fail(partition, code);
    const answer = await put();
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual({ code: 'ServiceUnavailable', message: `Told to be ${code}.` });
  });

  test('for different reasons the gravest is answered: a 429 would promise that nothing was stored', async () => {
    fail(0, 'Overloaded');
    fail(1, 'OutcomeUnknown');
    fail(2, 'Overloaded');
    expect((await put()).status).toBe(503);
  });
});

test('an error nobody foresaw is answered 500 without its text, logged with the request id, and the server goes on', async () => {
  failing.set(0, () => new TypeError('secret of the house'));
  const answer = await put();
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain('secret');
  const requestId = answer.headers['opc-request-id'];
  expect(answer.json()).toEqual({
    code: 'InternalServerError',
    message: `An internal error occurred; the server's log has it under ${requestId}.`,
  });
  const [line] = recorded.lines().filter((entry) => entry['requestId'] === requestId);
  expect(line).toMatchObject({ level: 50, msg: 'request failed: unexpected error', err: { message: 'secret of the house' } });
  failing.clear();
  expect((await put()).status).toBe(200);
});
