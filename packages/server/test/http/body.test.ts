// How bodies arrive: in pieces, too large, too slow, not at all; and that the server goes on serving whatever came.
import { setImmediate } from 'node:timers/promises';
import { limits } from 'millrace-protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CallOptions } from '../support/signed-client.ts';
import { base64, createStream, startTestServer, type TestServer } from '../support/test-server.ts';
import { composeServer } from './composed-server.ts';
import { RawConnection } from './raw-connection.ts';
import { recordingLogger } from './recording-logger.ts';

const recorded = recordingLogger();
let running: TestServer;
let path: string;

beforeAll(async () => {
  running = await startTestServer({}, { logger: recorded.logger });
  path = `/streams/${(await createStream(running.client)).id}/messages`;
});

afterEach(async () => {
  const { status } = await fetch(`${running.server.url}/health/ready`);
  if (status !== 200) throw new Error(`After the test the server is not ready: ${status}.`);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const put = (options: CallOptions) => running.client.call('POST', path, { bodySignature: 'unsigned', ...options });
const oneMessage = JSON.stringify({ messages: [{ value: base64('hello') }] });

/** The head of a signed PutMessages with `headers` beside the signed ones. */
function putHead(headers: Readonly<Record<string, string>>, { client, url, target } = target0()): string {
  const signed = { host: new URL(url).host, date: new Date().toUTCString() };
  const authorization = client.authorization('POST', target, signed, ['date', '(request-target)', 'host']);
  const all = { ...signed, 'content-type': 'application/json', authorization, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function target0() {
  return { client: running.client, url: running.server.url, target: `/20180418${path}` };
}

/** CreateStream with a body of `size` bytes. */
function create(name: string, size: number) {
  const body = JSON.stringify({ name, partitions: 1, compartmentId: 'c' }).padEnd(size, ' ');
  return running.client.call('POST', '/streams', { body });
}

describe('the size of a body', () => {
  test('PutMessages reads 32 MiB of JSON, and nothing of one byte more', async () => {
    const fits = oneMessage.padEnd(limits.putBodyBytes.max, ' ');
    expect((await put({ body: fits })).status).toBe(200);
    const answer = await put({ body: `${fits} ` });
    expect(answer.status).toBe(413);
    expect(answer.json()).toEqual({
      code: 'PayloadTooLarge',
      message: 'The body has 33,554,433 bytes or more; at most 33,554,432 are read.',
    });
  });

  test('the room bodies take is given back, whatever became of them', async () => {
    const large = ' '.repeat(limits.putBodyBytes.max - 200);
    for (const body of [large, oneMessage + large, `{${large}`, large]) expect((await put({ body })).status).toBeLessThan(413);
    expect((await put({ body: oneMessage.padEnd(limits.putBodyBytes.max) })).status).toBe(200);
  });

  test('any other operation reads 256 KiB', async () => {
    expect((await create('fits', limits.bodyBytes.max)).status).toBe(200);
    const answer = await create('does not', limits.bodyBytes.max + 1);
    expect(answer.status).toBe(413);
    expect(answer.json<{ message: string }>().message).toBe('The body has 262,145 bytes or more; at most 262,144 are read.');
  });

  test('a body announced too large is refused before any of it is sent', async () => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(putHead({ 'content-length': String(limits.putBodyBytes.max + 1) }));
    expect((await connection.answer()).status).toBe(413);
  });

  test('an unknown caller is refused before any of a large body is sent', async () => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(putHead({ 'content-length': String(limits.putBodyBytes.max), date: new Date(0).toUTCString() }));
    expect((await connection.answer()).status).toBe(401);
  });

  test('a chunked body that grows too large is refused, and its sender, still writing, gets to read that', async () => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(putHead({ 'transfer-encoding': 'chunked' }));
    const mebibyte = Buffer.alloc(1 << 20, ' ');
    for (let sent = 0; sent < 48; sent += 1) {
      connection.write('100000\r\n');
      connection.write(mebibyte);
      connection.write('\r\n');
    }
    expect((await connection.answer()).status).toBe(413);
    connection.write('0\r\n\r\n');
    connection.write(putHead({ 'content-length': String(oneMessage.length) }) + oneMessage);
    expect((await connection.answer()).status).toBe(200);
  });
});

describe('the way a body arrives', () => {
  test('in chunks without a length', async () => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(putHead({ 'transfer-encoding': 'chunked' }));
    for (const character of oneMessage) connection.write(`1\r\n${character}\r\n`);
    connection.write('0\r\n\r\n');
    expect((await connection.answer()).status).toBe(200);
  });

  test('in chunks only where the signature leaves it out: a length that is signed must be there', async () => {
    const target = '/20180418/streams';
    const headers = { host: new URL(running.server.url).host, date: new Date().toUTCString(), 'content-type': 'application/json' };
    const names = ['date', '(request-target)', 'host', 'content-type', 'content-length', 'x-content-sha256'];
    const signed = { ...headers, 'content-length': '2', 'x-content-sha256': 'x' };
    const authorization = running.client.authorization('POST', target, signed, names);
    using connection = await RawConnection.open(running.server.url);
    const lines = Object.entries({ ...headers, authorization, 'transfer-encoding': 'chunked', 'x-content-sha256': 'x' });
    connection.write(
      `POST ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n2\r\n{}\r\n0\r\n\r\n`,
    );
    expect((await connection.answer()).status).toBe(401);
  });

  test('after an invitation, where the caller waits for one and is known', async () => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(putHead({ 'content-length': String(oneMessage.length), expect: '100-continue' }));
    expect((await connection.answer()).status).toBe(100);
    connection.write(oneMessage);
    expect((await connection.answer()).status).toBe(200);
  });

  test('an unknown caller is not invited, and the connection ends', async () => {
    using connection = await RawConnection.open(running.server.url);
    connection.write(putHead({ 'content-length': '20', expect: '100-continue', date: new Date(0).toUTCString() }));
    const answer = await connection.answer();
    expect(answer.status).toBe(401);
    expect(answer.headers['connection']).toBe('close');
    await connection.closed();
  });

  test('one behind the other without waiting: answers keep the order', async () => {
    using connection = await RawConnection.open(running.server.url);
    const length = String(oneMessage.length);
    const requests = [
      putHead({ 'content-length': length, 'opc-request-id': 'first' }) + oneMessage,
      putHead({ 'content-length': length, 'opc-request-id': 'second', date: new Date(0).toUTCString() }) + oneMessage,
      putHead({ 'content-length': '2', 'opc-request-id': 'third' }) + '{}',
      putHead({ 'content-length': length, 'opc-request-id': 'fourth' }) + oneMessage,
    ];
    connection.write(requests.join(''));
    const answers = [await connection.answer(), await connection.answer(), await connection.answer(), await connection.answer()];
    const summary = answers.map(({ status, headers }) => [headers['opc-request-id']?.split('/')[0], status]);
    expect(summary).toEqual([
      ['first', 200],
      ['second', 401],
      ['third', 400],
      ['fourth', 200],
    ]);
  });

  test('whatever its content type says', async () => {
    for (const type of ['text/plain', 'nonsense', 'application/json; charset=latin1']) {
      expect((await put({ body: oneMessage, headers: { 'content-type': type } })).status).toBe(200);
    }
  });
});

describe('a body that does not arrive', () => {
  test('because its sender is slow is answered 408 and cut', async () => {
    await using impatient = await composeServer({ requestTimeoutMs: 10 });
    const target = '/20180418/streams/any/messages';
    using connection = await RawConnection.open(impatient.url);
    connection.write(putHead({ 'content-length': '1000' }, { client: impatient.client, url: impatient.url, target }));
    connection.write('{"mess');
    const answer = await connection.answer();
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.text)).toEqual({ code: 'RequestTimeout', message: 'The request did not arrive whole in time.' });
    await connection.closed();
    expect((await fetch(`${impatient.url}/health/ready`)).status).toBe(200);
  });

  test('because headers never end is answered 408 and cut', async () => {
    await using impatient = await composeServer({ requestTimeoutMs: 10 });
    using connection = await RawConnection.open(impatient.url);
    connection.write('POST /20180418/streams HTTP/1.1\r\nhost: a\r\n');
    expect((await connection.answer()).status).toBe(408);
    await connection.closed();
  });

  test('because its sender went away is nothing to alarm anybody about', async () => {
    const before = recorded.lines().length;
    const connection = await RawConnection.open(running.server.url);
    connection.write(putHead({ 'content-length': '1000', 'opc-request-id': 'gone' }));
    connection.write('{"mess');
    connection[Symbol.dispose]();
    const chunked = await RawConnection.open(running.server.url);
    chunked.write(putHead({ 'transfer-encoding': 'chunked', 'opc-request-id': 'gone' }));
    chunked.write('6\r\n{"mess\r\n');
    chunked[Symbol.dispose]();
    const noted = () =>
      recorded
        .lines()
        .slice(before)
        .filter(({ requestId }) => String(requestId).startsWith('gone/'));
    while (noted().length < 2) await setImmediate();
    for (const line of noted()) expect(line).toMatchObject({ level: 20, reason: 'The connection ended before the body did.' });
  });
});
