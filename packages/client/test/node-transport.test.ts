// The transport against servers that misbehave: sockets that never answer, answers that break off, aborts.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { giveBack } from '../src/give-back.ts';
import { ConnectionError, type HttpRequest, NodeTransport, TimeoutError } from '../src/index.ts';
import { serverCertificate } from './signers/support/certificate.ts';

const forever = { connectMs: undefined, readMs: undefined };
const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A server that hands each connection to `serve`. */
async function listen(serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<{ server: Server; url: URL; connections: Socket[] }> {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  opened.push(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : '';
  return { server, url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`), connections };
}

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const certificate = serverCertificate(keys, 'localhost');
const hasIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));

/** A server that answers `secret` by HTTPS. */
async function listenSecure(): Promise<{ url: URL }> {
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const server = createSecureServer({ key, cert: certificate }, (_, response) => response.end('secret'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(() => server.close());
  return { url: new URL(`https://localhost:${(server.address() as AddressInfo).port}`) };
}

/** Waits until the client has ended its one connection. */
async function expectClosed(connections: readonly Socket[]): Promise<void> {
  expect(connections).toHaveLength(1);
  const [socket] = connections;
  if (socket !== undefined && !socket.destroyed) await once(socket, 'close');
}

const blockedServer = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A port whose queue of connections is full and whose owner accepts none: further ones are not answered. */
async function neverAccepting(): Promise<URL> {
  const worker = new Worker(blockedServer, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  opened.push(() => {
    for (const filler of fillers) filler.destroy();
    void worker.terminate();
  });
  await once(fillers[0] as Socket, 'connect');
  return new URL(`http://127.0.0.1:${port}`);
}

function get(url: URL): HttpRequest {
  return { method: 'GET', url, target: '/x', headers: {}, body: undefined, bodySignature: 'covered' };
}

function transport(): NodeTransport {
  const made = new NodeTransport();
  opened.push(() => made.close());
  return made;
}

const answer = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

describe('the transport', () => {
  test('keeps its connection for the next request', async () => {
    const { url, connections } = await listen((socket) => socket.on('data', () => socket.write(answer('yes'))));
    const one = transport();
    for (let count = 0; count < 3; count += 1) {
      const { status, body } = await one.send(get(url), forever, undefined);
      expect([status, Buffer.concat(body).toString()]).toEqual([200, 'yes']);
    }
    expect(connections).toHaveLength(1);
  });

  test('an error about bytes that are no HTTP keeps these, whatever another server answers then', async () => {
    const odd = await listen((socket) => socket.on('data', () => socket.write('no http\r\n\r\n')));
    const other = await listen((socket) => socket.on('data', () => socket.write(answer('another secret'))));
    const one = transport();
    const { cause } = (await one.send(get(odd.url), forever, undefined).catch((error: unknown) => error)) as ConnectionError;
    await one.send(get(other.url), forever, undefined);
    const { rawPacket } = cause as { readonly rawPacket: Uint8Array };
    expect(Buffer.from(rawPacket.buffer).toString()).toBe('no http\r\n\r\n');
  });

  test('gives the memory of a long body back when it is released, and leaves a short one to the garbage collector', async () => {
    const long = 'x'.repeat(200_000);
    const { url } = await listen((socket) => socket.on('data', () => socket.write(answer(long))));
    const { body, release } = await transport().send(get(url), forever, undefined);
    expect(Buffer.concat(body).toString()).toBe(long);
    release?.();
    const hasTransfer = 'transfer' in ArrayBuffer.prototype; // not in Node 20
    expect(body.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(hasTransfer ? 4096 * body.length : long.length + 1);
    const short = await listen((socket) => socket.on('data', () => socket.write(answer('yes'))));
    const small = await transport().send(get(short.url), forever, undefined);
    small.release?.();
    expect(Buffer.concat(small.body).toString()).toBe('yes');
  });

  test('gives no memory back that somebody else may use', () => {
    const whole = Buffer.alloc(64 * 1024, 'a');
    const part = whole.subarray(0, 8192);
    giveBack(part);
    const shared = new Uint8Array(new SharedArrayBuffer(8192));
    giveBack(shared);
    expect([whole.length, part.length, shared.length]).toEqual([64 * 1024, 8192, 8192]);
  });

  test('keeps apart what comes on two connections in turn', async () => {
    const letters = ['a', 'b'];
    const asked: Socket[] = [];
    const writeInTurn = async (): Promise<void> => {
      for (let part = 0; part < 40; part += 1) {
        for (const [index, socket] of asked.entries()) {
          await new Promise((written) => socket.write((letters[index] ?? '').repeat(5000), written));
        }
      }
    };
    const { url } = await listen((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n');
        if (asked.push(socket) === 2) void writeInTurn();
      }),
    );
    const one = transport();
    const answers = await Promise.all([one.send(get(url), forever, undefined), one.send(get(url), forever, undefined)]);
    const bodies = answers.map(({ body }) => Buffer.concat(body).toString()).toSorted();
    expect(bodies).toEqual(letters.map((letter) => letter.repeat(200_000)));
  });

  test('a server that never answers ends in a TimeoutError of phase read, effect unknown, and its connection is cut', async () => {
    const { url, connections } = await listen((socket) => socket.resume());
    const failure = await transport()
      .send(get(url), { connectMs: undefined, readMs: 20 }, undefined)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TimeoutError);
    expect(failure).toMatchObject({ phase: 'read', timeoutMs: 20, effect: 'unknown' });
    await expectClosed(connections);
    expect(connections).toHaveLength(1);
  });

  test('an answer that stops in the middle ends in a TimeoutError as well', async () => {
    const { url } = await listen((socket) => socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')));
    await expect(transport().send(get(url), { connectMs: undefined, readMs: 20 }, undefined)).rejects.toThrow(TimeoutError);
  });

  test('a socket that never accepts ends in a TimeoutError of phase connect, effect none', async () => {
    const url = await neverAccepting();
    const failure = await transport()
      .send(get(url), { connectMs: 20, readMs: undefined }, undefined)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TimeoutError', phase: 'connect', timeoutMs: 20, effect: 'none' });
  });

  test('a TLS handshake that never ends is no connection yet', async () => {
    const { url } = await listen((socket) => socket.resume());
    const secure = new URL(url.href.replace('http:', 'https:'));
    const failure = await transport()
      .send(get(secure), { connectMs: 20, readMs: undefined }, undefined)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TimeoutError', phase: 'connect', effect: 'none' });
  });

  test('speaks HTTPS with a server whose certificate is trusted, and with no other', async () => {
    const { url } = await listenSecure();
    const failure = await transport()
      .send(get(url), forever, undefined)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ConnectionError', effect: 'none', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });

    setDefaultCACertificates([...getCACertificates(), certificate]);
    const one = transport();
    for (let count = 0; count < 2; count += 1) {
      expect(Buffer.concat((await one.send(get(url), forever, undefined)).body).toString()).toBe('secret');
    }
  });

  test.skipIf(!hasIPv6)('reaches an address of IPv6', async () => {
    const { url } = await listen((socket) => socket.on('data', () => socket.write(answer('yes'))), '::1');
    expect(url.hostname).toBe('[::1]');
    expect((await transport().send(get(url), forever, undefined)).status).toBe(200);
  });

  test('one signal ends any number of calls, and each frees its connection', async () => {
    const controller = new AbortController();
    const { url, connections } = await listen((socket) => {
      socket.resume();
      if (connections.length === 20) controller.abort(new Error('enough'));
    });
    const one = transport();
    const calls = Array.from({ length: 20 }, () => one.send(get(url), forever, controller.signal));
    for (const call of await Promise.allSettled(calls)) expect(call).toEqual({ status: 'rejected', reason: new Error('enough') });
    await Promise.all(connections.map(async (socket) => socket.destroyed || (await once(socket, 'close'))));
  });

  test('a port where nobody listens is a ConnectionError with effect none', async () => {
    const { server, url } = await listen((socket) => socket.resume());
    server.close();
    await once(server, 'close');
    const failure = await transport()
      .send(get(url), forever, undefined)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure).toMatchObject({ effect: 'none' });
  });

  test.each(['', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', 'no http\r\n\r\n'])(
    'a connection that breaks behind %j is a ConnectionError with effect unknown',
    async (said) => {
      const { url } = await listen((socket) => socket.on('data', () => socket.end(said)));
      const failure = await transport()
        .send(get(url), forever, undefined)
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ConnectionError);
      expect(failure).toMatchObject({ effect: 'unknown' });
    },
  );

  test('an abort ends the request at once with its reason, and frees the connection', async () => {
    const { url, connections } = await listen((socket) => socket.on('data', () => controller.abort(new Error('enough'))));
    const controller = new AbortController();
    await expect(transport().send(get(url), forever, controller.signal)).rejects.toThrow('enough');
    await expectClosed(connections);
  });

  test('an aborted signal sends nothing', async () => {
    const { url, connections } = await listen((socket) => socket.resume());
    await expect(transport().send(get(url), forever, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    expect(connections).toHaveLength(0);
  });

  test('a read on a kept connection that the server has just ended is sent again, a write is not', async () => {
    // Answers, then ends the connection as soon as anything more arrives on it.
    const { url, connections } = await listen((socket) => {
      socket.once('data', () => {
        socket.write(answer('yes'));
        socket.once('data', () => socket.resetAndDestroy());
      });
    });
    const one = transport();
    await one.send(get(url), forever, undefined);
    expect((await one.send(get(url), forever, undefined)).status).toBe(200);
    expect(connections).toHaveLength(2);
    await expect(one.send({ ...get(url), method: 'POST' }, forever, undefined)).rejects.toMatchObject({ effect: 'unknown' });
    expect(connections).toHaveLength(2);
  });

  test('a read on a kept connection that ends by timeout or abort is not sent again', async () => {
    const controller = new AbortController();
    let requests = 0;
    const { url, connections } = await listen((socket) => {
      socket.on('data', () => {
        requests += 1;
        if (requests % 2 === 1) socket.write(answer('yes'));
        if (requests === 4) controller.abort(new Error('enough'));
      });
    });
    const one = transport();
    await one.send(get(url), forever, undefined);
    await expect(one.send(get(url), { connectMs: undefined, readMs: 20 }, undefined)).rejects.toThrow(TimeoutError);
    await one.send(get(url), forever, undefined);
    await expect(one.send(get(url), forever, controller.signal)).rejects.toThrow('enough');
    await Promise.all(connections.map(async (socket) => socket.destroyed || (await once(socket, 'close'))));
    expect([requests, connections.length]).toEqual([4, 2]);
  });

  test('closing lets the request under way end, keeps none of its connections, and none of later ones', async () => {
    const one = transport();
    const { url, connections } = await listen((socket) => {
      socket.on('data', () => {
        one.close();
        socket.write(answer('yes'));
      });
    });
    expect((await one.send(get(url), forever, undefined)).status).toBe(200);
    await expectClosed(connections);
    connections.length = 0;
    expect((await one.send(get(url), forever, undefined)).status).toBe(200);
    await expectClosed(connections);
  });

  test('an answer that comes before the request is sent ends its connection', async () => {
    const { url, connections } = await listen((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(answer('no'));
      });
    });
    const body = 'x'.repeat(32 * 1024 * 1024);
    const request = { ...get(url), method: 'POST', body, headers: { 'content-length': String(body.length) } } as const;
    expect((await transport().send(request, forever, undefined)).status).toBe(200);
    connections[0]?.resume();
    await expectClosed(connections);
  });

  test('a switch of protocols is a ConnectionError', async () => {
    const { url } = await listen((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')),
    );
    await expect(transport().send(get(url), forever, undefined)).rejects.toThrow(ConnectionError);
  });

  test('closing ends the connections that are kept', async () => {
    const { url, connections } = await listen((socket) => socket.on('data', () => socket.write(answer('yes'))));
    const one = transport();
    await one.send(get(url), forever, undefined);
    one.close();
    await expectClosed(connections);
  });
});
