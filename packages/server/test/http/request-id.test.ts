// Every answer carries an opc-request-id of three parts, the caller's first.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RequestIds } from '../../src/http/request-id.ts';
import { systemRandom } from '../../src/random.ts';
import type { CallOptions } from '../support/signed-client.ts';
import { createStream, startTestServer, type TestServer } from '../support/test-server.ts';
import { RawConnection } from './raw-connection.ts';

const threeParts = /^[^/]+\/[0-9A-F]{32}\/[0-9A-F]{32}$/;
const given = 'B4F1C0FFEE00000000000000DEADBEEF';

let running: TestServer;
let streamId: string;

beforeAll(async () => {
  running = await startTestServer();
  streamId = (await createStream(running.client)).id;
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

describe('an answer echoes the id of its request', () => {
  const rows: readonly [number, string, () => string | Promise<string>, CallOptions][] = [
    [200, 'GET', () => `/streams/${streamId}`, {}],
    [204, 'DELETE', async () => `/streams/${(await createStream(running.client, { name: 'brief' })).id}`, {}],
    [400, 'POST', () => `/streams/${streamId}/cursors`, { body: '{' }],
    [401, 'GET', () => `/streams/${streamId}`, { authorization: '' }],
    [404, 'GET', () => '/streams/absent', {}],
    [404, 'GET', () => '/nothing', {}],
    [405, 'DELETE', () => '/streams', {}],
    [501, 'GET', () => '/streampools', {}],
  ];

  test.each(rows)('%i to %s', async (status, method, path, options) => {
    const answer = await running.client.call(method, await path(), { ...options, headers: { 'opc-request-id': given } });
    expect(answer.status).toBe(status);
    expect(answer.headers['opc-request-id']).toMatch(threeParts);
    expect(answer.headers['opc-request-id']?.split('/')[0]).toBe(given);
  });

  test('413, before the body has come', async () => {
    const target = `/20180418/streams/${streamId}/messages`;
    const host = new URL(running.server.url).host;
    const headers = { host, date: new Date().toUTCString() };
    const authorization = running.client.authorization('POST', target, headers, ['date', '(request-target)', 'host']);
    using connection = await RawConnection.open(running.server.url);
    const lines = Object.entries({ ...headers, 'content-length': '40000000', authorization, 'opc-request-id': given });
    connection.write(`POST ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    const answer = await connection.answer();
    expect(answer.status).toBe(413);
    expect(answer.headers['opc-request-id']).toMatch(new RegExp(`^${given}/`));
  });
});

describe('a request that never became one is answered with an id, in JSON', () => {
  test.each([
    ['no HTTP at all', 'HELLO\r\n\r\n', 400, 'CannotParseRequest'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nhost: a\r\nbroken\r\n\r\n', 400, 'CannotParseRequest'],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400, 'CannotParseRequest'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
      'CannotParseRequest',
    ],
    ['headers of more than 16 KiB', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'RequestHeaderFieldsTooLarge'],
    ['a target of more than 16 KiB', `GET /${'y'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'RequestHeaderFieldsTooLarge'],
  ])('%s', async (_what, text, status, code) => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(text);
    const answer = await connection.answer();
    expect(answer.status).toBe(status);
    expect(answer.headers['opc-request-id']).toMatch(threeParts);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.text)).toEqual({ code, message: expect.any(String) });
    await connection.closed();
  });

  test.each([
    ['no Host', 'GET /20180418/streams HTTP/1.1\r\n\r\n', 401],
    ['an expectation nobody knows', 'GET /20180418/streams HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\n\r\n', 401],
    ['an absolute target', 'GET http://elsewhere/20180418/streams HTTP/1.1\r\nhost: a\r\n\r\n', 401],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n', 404],
    ['a content type that is none', 'POST /20180418/streams HTTP/1.1\r\nhost: a\r\ncontent-type: ;;\r\ncontent-length: 0\r\n\r\n', 401],
  ])('%s is answered like any other request', async (_what, text, status) => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(text);
    const answer = await connection.answer();
    expect(answer.status).toBe(status);
    expect(answer.headers['opc-request-id']).toMatch(threeParts);
    expect(JSON.parse(answer.text)).toEqual({ code: expect.any(String), message: expect.any(String) });
  });

  test('the server goes on serving', async () => {
    expect((await running.client.call('GET', `/streams/${streamId}`)).status).toBe(200);
  });
});

describe('an id', () => {
  const ids = new RequestIds(systemRandom);

  test('has a first part of its own when the caller gave none', () => {
    expect(ids.next(undefined)).toMatch(/^[0-9A-F]{32}\/[0-9A-F]{32}\/[0-9A-F]{32}$/);
    expect(ids.next('')).toMatch(/^[0-9A-F]{32}\/[0-9A-F]{32}\/[0-9A-F]{32}$/);
  });

  test('names the process in the second part and the request in the third', () => {
    const [first, second] = [ids.next('a').split('/'), ids.next('a').split('/')];
    expect(first[1]).toBe(second[1]);
    expect(first[2]).not.toBe(second[2]);
  });

  test.each([
    ['line breaks', 'a\r\nset-cookie: x', /^aset-cookie:x$/],
    ['control characters', '\u0000\u0007a\u007f', /^a$/],
    ['letters beyond ASCII', 'idé', /^id$/],
    ['nothing but these', '\r\n', /^[0-9A-F]{32}$/],
    ['more than 255 characters', 'x'.repeat(300), /^x{255}$/],
  ])('is cleaned of %s', (_what, hostile, cleaned) => {
    const [first] = ids.next(hostile).split('/');
    expect(first).toMatch(cleaned);
  });

  test('that is hostile is cleaned at the wire', async () => {
    using connection = await RawConnection.open(running.server.url);
    connection.write('GET /nothing HTTP/1.1\r\nhost: a\r\nopc-request-id: a b\u00e9\tc\r\n\r\n');
    expect((await connection.answer()).headers['opc-request-id']).toMatch(/^abc\/[0-9A-F]{32}\/[0-9A-F]{32}$/);
  });
});
