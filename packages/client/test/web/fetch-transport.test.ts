// The transport of pages, on Node's own fetch, against servers that answer, and servers that do not.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ConnectionError, TimeoutError } from '../../src/errors.ts';
import type { HttpRequest } from '../../src/http.ts';
import { FetchTransport } from '../../src/web/fetch-transport.ts';

const forever = { connectMs: undefined, readMs: undefined };
const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

async function listen(serve: RequestListener): Promise<URL> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function get(url: URL, parts: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, target: '/x?a=%2F', headers: {}, body: undefined, bodySignature: 'covered', ...parts };
}

test('sends target, headers and body, and gives back status, headers and body', async () => {
  const arrived: unknown[] = [];
  const url = await listen((request, response) => {
    arrived.push(request.method, request.url, request.headers['x-date'], request.headers['content-length']);
    request.on('data', (chunk: Buffer) => arrived.push(chunk.toString()));
    request.on('end', () => response.writeHead(201, { 'opc-next-cursor': 'next' }).end('né'));
  });
  const headers = { 'x-date': 'today', host: 'not mine', 'content-length': '99', 'user-agent': 'me' };
  const { status, rawHeaders, body } = await new FetchTransport().send(
    get(url, { method: 'POST', headers, body: 'é' }),
    forever,
    undefined,
  );
  expect(arrived).toEqual(['POST', '/x?a=%2F', 'today', '2', 'é']);
  expect([status, Buffer.concat(body).toString()]).toEqual([201, 'né']);
  expect(rawHeaders[rawHeaders.indexOf('opc-next-cursor') + 1]).toBe('next');
});

test('joins an answer that comes in pieces, and knows an empty one', async () => {
  const url = await listen((request, response) => {
    if (request.method === 'DELETE') return response.writeHead(204).end();
    response.write('one');
    return setImmediate(() => response.end('two'));
  });
  const transport = new FetchTransport();
  expect(Buffer.concat((await transport.send(get(url), forever, undefined)).body).toString()).toBe('onetwo');
  expect((await transport.send(get(url, { method: 'DELETE' }), forever, undefined)).body).toHaveLength(0);
});

test('nothing from the server in time is a TimeoutError, before an answer and within one', async () => {
  const url = await listen((request, response) => {
    if (request.method === 'POST') response.write('half');
  });
  for (const method of ['GET', 'POST'] as const) {
    const failure = new FetchTransport().send(get(url, { method }), { connectMs: 1, readMs: 20 }, undefined);
    await expect(failure).rejects.toThrow(TimeoutError);
    await expect(failure).rejects.toMatchObject({ phase: 'read', timeoutMs: 20, effect: 'unknown' });
  }
});

test('an abort ends the request with its reason, and the connection with it', async () => {
  const abort = new AbortController();
  const arrived = Promise.withResolvers<Socket>();
  const url = await listen((request) => arrived.resolve(request.socket));
  const answer = new FetchTransport().send(get(url), forever, abort.signal);
  const socket = await arrived.promise;
  const closed = once(socket, 'close');
  abort.abort(new Error('enough'));
  await expect(answer).rejects.toThrow('enough');
  await closed;
});

test('an abort before the call sends nothing', async () => {
  const url = await listen(() => expect.unreachable());
  await expect(new FetchTransport().send(get(url), forever, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
});

test('a connection that breaks, or is refused, is a ConnectionError with its cause', async () => {
  const url = await listen((request) => request.socket.destroy());
  const failure: unknown = await new FetchTransport().send(get(url, { method: 'POST' }), forever, undefined).catch((error) => error);
  expect(failure).toBeInstanceOf(ConnectionError);
  expect(failure).toMatchObject({ effect: 'unknown', cause: expect.any(TypeError) });
});

test('a redirect is not followed', async () => {
  const url = await listen((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  await expect(new FetchTransport().send(get(url), forever, undefined)).rejects.toThrow(ConnectionError);
});
