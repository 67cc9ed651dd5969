// What stands behind each path: every operation of the table, and nothing else.
import { operations } from 'millrace-protocol';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/http/routes.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { composeServer } from './composed-server.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const rows = Object.entries(operations).map(([name, { method, path }]) => ({ name, method, path: path.replaceAll(/\{\w+\}/g, 'x') }));
const messages = ['PutMessages', 'GetMessages', 'CreateCursor'];
const groups = ['CreateGroupCursor', 'ConsumerCommit', 'ConsumerHeartbeat', 'GetGroup', 'UpdateGroup', 'ListGroups', 'ExplainGroup'];
const admin = ['ListStreams', 'CreateStream', 'GetStream', 'UpdateStream', 'DeleteStream', 'ListWorkRequests', 'GetWorkRequest'];
const served = [...messages, ...groups, ...admin];

describe('every operation of the API', () => {
  test('is either served or says why not', () => {
    const implemented = Object.entries(routes).filter(([, route]) => typeof route === 'function');
    expect(implemented.map(([name]) => name).toSorted()).toEqual(served.toSorted());
  });

  test.each(rows.filter(({ name }) => served.includes(name)))('$name is served at $method $path', async ({ method, path }) => {
    const answer = await running.client.call(method, path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.json<{ message: string }>().message).not.toContain('There is nothing');
  });

  test.each(rows.filter(({ name }) => !served.includes(name)))('$name is answered 501 with a reason', async ({ name, method, path }) => {
    const answer = await running.client.call(method, path, method === 'POST' || method === 'PUT' ? { body: {} } : {});
    expect(answer.status).toBe(501);
    const { code, message } = answer.json<{ code: string; message: string }>();
    expect(code).toBe('MethodNotImplemented');
    expect(message).toMatch(new RegExp(`^${name}: .{20,}\\.$`));
  });

  test.each(rows)('$name wants to know its caller first', async ({ method, path }) => {
    expect((await running.client.call(method, path, { authorization: '' })).status).toBe(401);
  });
});

describe('any other request', () => {
  test.each(['/', '/20180418', '/20180418/', '/20180418/stream', '/20180418/streams/x/y', '/20190101/streams'])(
    'to %s is answered 404',
    async (target) => {
      const answer = await running.client.send('GET', target);
      expect(answer.status).toBe(404);
      expect(answer.json()).toEqual({ code: 'NotFound', message: `There is nothing at ${target}; the API's paths begin with /20180418.` });
    },
  );

  test.each([
    ['DELETE', '/streams', 'GET, POST'],
    ['PATCH', '/streams/x', 'GET, PUT, DELETE'],
    ['PUT', '/streams/x/messages', 'GET, POST'],
    ['HEAD', '/streams/x', 'GET, PUT, DELETE'],
    ['OPTIONS', '/streams/x/cursors', 'POST'],
  ])('%s %s is answered 405 and says what is allowed', async (method, path, allowed) => {
    const answer = await running.client.call(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allowed);
    if (method === 'HEAD') return;
    const message = `${method} is not allowed at /20180418${path}; allowed: ${allowed}.`;
    expect(answer.json()).toEqual({ code: 'MethodNotAllowed', message });
  });

  test('with a long path gets the beginning of it back', async () => {
    const answer = await running.client.send('GET', `/${'x'.repeat(10_000)}`);
    expect(answer.json<{ message: string }>().message.length).toBeLessThan(300);
  });

  test.each(['POST', 'PUT'])('%s with a body to an unknown path is answered without reading it', async (method) => {
    const answer = await running.client.send(method, '/nothing', { body: 'no json {', headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(404);
  });
});

test('answers are JSON without a charset, as the service sends them', async () => {
  for (const path of ['/streams/x', '/streampools', `/streams?compartmentId=x`]) {
    const answer = await running.client.call('GET', path);
    expect(answer.headers['content-type']).toBe('application/json');
  }
});

test('when not even a refusal can be sent, the connection ends and the server goes on', async () => {
  // A refusal is logged before it is sent: on a log that has gone there is none.
  const logger = pino({ level: 'debug' }, { write: () => {} });
  Object.assign(logger, {
    warn: () => {
      throw new Error('the log is gone');
    },
  });
  await using composed = await composeServer({ logger });
  await expect(composed.client.call('GET', '/streams/x', { authorization: 'none' })).rejects.toThrow('socket hang up');
  expect((await composed.client.send('GET', '/health/ready')).status).toBe(200);
});
