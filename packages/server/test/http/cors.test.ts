// A page of another origin may call the service: what a browser asks first, and what it needs to see in the answers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { RawConnection } from './raw-connection.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const origin = 'https://page.example';
const observed = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, PUT, GET, HEAD, DELETE, OPTIONS',
  'access-control-allow-credentials': 'true',
};

async function preflight(target: string, asked: Readonly<Record<string, string>>): ReturnType<RawConnection['answer']> {
  using connection = await RawConnection.open(running.server.url);
  const headers = Object.entries({ host: 'x', ...asked }).map(([name, value]) => `${name}: ${value}\r\n`);
  connection.write(`OPTIONS ${target} HTTP/1.1\r\n${headers.join('')}\r\n`);
  return await connection.answer();
}

describe('a preflight', () => {
  test.each(['/20180418/streams/x/messages?cursor=a', '/20180418/streams', '/nothing'])('for %s is allowed, unsigned', async (target) => {
    const asked = 'authorization,content-type,millrace-wait-ms,x-content-sha256,x-date';
    const answer = await preflight(target, {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': asked,
    });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({ ...observed, 'access-control-allow-headers': asked, 'access-control-max-age': '7200' });
    expect(answer.headers['opc-request-id']).toBeDefined();
  });

  test('that asks for no headers is allowed none', async () => {
    const answer = await preflight('/20180418/streams', { origin, 'access-control-request-method': 'GET' });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toBeUndefined();
  });

  test('without an origin, or for no method, is none: OPTIONS is not allowed', async () => {
    expect((await preflight('/20180418/streams', { 'access-control-request-method': 'GET' })).status).toBe(405);
    expect((await preflight('/20180418/streams', { origin })).status).toBe(405);
  });
});

describe('the answer to a request of a page', () => {
  test('may be read, with the headers a client needs', async () => {
    const answer = await running.client.call('GET', '/streams?compartmentId=c', { headers: { origin } });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject(observed);
    const exposed = answer.headers['access-control-expose-headers']?.split(', ');
    const needed = ['opc-request-id', 'opc-client-info', 'opc-next-cursor', 'opc-next-page', 'opc-work-request-id', 'etag', 'retry-after'];
    expect(exposed).toEqual(expect.arrayContaining([...needed, 'millrace-wait-ms', 'millrace-durability', 'allow', 'date']));
  });

  test.each([
    [401, 'GET', '/streams/x', { authorization: '' }],
    [404, 'GET', '/streams/x', {}],
    [404, 'GET', '/nothing', {}],
    [405, 'DELETE', '/streams', {}],
    [501, 'GET', '/streampools', {}],
  ])('may be read when it is a refusal: %i', async (status, method, path, options) => {
    const answer = await running.client.call(method, path, { ...options, headers: { origin } });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(observed);
  });
});

test('who is no page gets none of it', async () => {
  const { headers } = await running.client.call('GET', '/streams?compartmentId=c');
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
});
