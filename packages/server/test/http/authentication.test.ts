// Request signatures at the wire: who gets in, who does not, and what each of them is told.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { standardMessage } from 'millrace-protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIdentity } from '../../src/identity/local-identity.ts';
import { systemRandom } from '../../src/random.ts';
import { SignedClient } from '../support/signed-client.ts';
import { TestClock } from '../support/test-clock.ts';
import { base64, createStream, startTestServer, type TestServer } from '../support/test-server.ts';
import { recordingLogger } from './recording-logger.ts';

const json = 'application/json';
const withoutBody = ['date', '(request-target)', 'host'];
const withBody = [...withoutBody, 'content-length', 'content-type', 'x-content-sha256'];
const puts = JSON.stringify({ messages: [{ value: base64('hello') }] });

let explaining: TestServer;
let streamId: string;

beforeAll(async () => {
  explaining = await startTestServer({ explainAuth: true });
  streamId = (await createStream(explaining.client)).id;
});

afterAll(async () => {
  await explaining[Symbol.asyncDispose]();
});

interface Signed {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  /** Names in signing order. */
  readonly names: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes the finished Authorization header. */
  readonly rewrite?: (authorization: string) => string;
}

/** Sends a request whose signature covers `names`; the status and the reason. */
async function send({ method = 'GET', path = `/streams/${streamId}`, body = '', names, headers = {}, rewrite = (text) => text }: Signed) {
  const target = `/20180418${path}`;
  const all: Record<string, string> = {
    host: new URL(explaining.server.url).host,
    date: new Date().toUTCString(),
    ...(method === 'POST' || method === 'PUT' ? contentHeaders(body) : {}),
    ...headers,
  };
  const authorization = rewrite(explaining.client.authorization(method, target, all, names));
  const answer = await explaining.client.send(method, target, { body, headers: all, authorization, bodySignature: 'unsigned' });
  return { status: answer.status, reason: answer.status === 401 ? answer.json<{ message: string }>().message : answer.text };
}

function contentHeaders(body: string): Record<string, string> {
  return { 'content-type': json, 'content-length': String(Buffer.byteLength(body)), 'x-content-sha256': digestOf(body) };
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('base64');
}

const mixCase = (text: string): string => text.replace('content-length content-type', 'Content-Length Content-TYPE');
/** The parameters the other way round, and one more in front. */
const turnAround = (text: string): string => `Signature unknown="x", ${text.replace('Signature ', '').split(',').toReversed().join(', ')}`;

describe('what a signature must cover', () => {
  test.each(['GET', 'DELETE'])('%s: method and target, host and date, in any order', async (method) => {
    for (const names of [withoutBody, withoutBody.toReversed()]) {
      expect(await send({ method, path: '/streams/absent', names })).toMatchObject({ status: 404 });
    }
  });

  test.each(['POST', 'PUT'])('%s: the content headers too, in any order', async (method) => {
    const path = method === 'POST' ? '/streams/absent/cursors' : '/streams/absent';
    const body = method === 'POST' ? JSON.stringify({ partition: '0', type: 'LATEST' }) : '{}';
    for (const names of [withBody, withBody.toReversed()]) {
      expect(await send({ method, path, body, names })).toMatchObject({ status: 404 });
    }
  });

  test.each(withoutBody)('GET without %s is refused', async (name) => {
    const { status, reason } = await send({ names: withoutBody.filter((other) => other !== name) });
    expect(status).toBe(401);
    expect(reason).toContain(`must cover ${name === 'date' ? 'date or x-date' : name}`);
  });

  test.each(withBody)('PUT without %s is refused', async (name) => {
    const names = withBody.filter((other) => other !== name);
    expect(await send({ method: 'PUT', path: `/streams/${streamId}`, body: '{}', names })).toMatchObject({ status: 401 });
  });

  test('more headers than required may be signed', async () => {
    const headers = { 'opc-request-id': 'abc', accept: '*/*' };
    expect(await send({ names: [...withoutBody, 'accept', 'opc-request-id'], headers })).toMatchObject({ status: 200 });
  });

  test('names may be in mixed case, as the TypeScript SDK writes them', async () => {
    expect(await send({ method: 'PUT', body: '{}', names: withBody, rewrite: mixCase })).toMatchObject({ status: 200 });
  });

  test('x-date may stand for date', async () => {
    const headers = { 'x-date': new Date().toUTCString() };
    expect(await send({ names: ['x-date', '(request-target)', 'host'], headers })).toMatchObject({ status: 200 });
  });

  test('where both are sent x-date counts: it must be signed and in time', async () => {
    const long = new Date(0).toUTCString();
    const now = new Date().toUTCString();
    expect(await send({ names: ['x-date', '(request-target)', 'host'], headers: { date: long, 'x-date': now } })).toMatchObject({
      status: 200,
    });
    expect(await send({ names: withoutBody, headers: { date: now, 'x-date': now } })).toMatchObject({
      status: 401,
      reason: expect.stringContaining('x-date counts here, but the signature does not cover it.'),
    });
    const both = ['date', 'x-date', '(request-target)', 'host'];
    expect(await send({ names: both, headers: { date: now, 'x-date': long } })).toMatchObject({ status: 401 });
  });

  test('a header that is signed but was not sent is refused, also one named like a part of the language', async () => {
    for (const name of ['x-absent', 'constructor', '__proto__']) {
      const rewrite = (text: string): string => text.replace('host"', `host ${name}"`);
      const { status, reason } = await send({ names: withoutBody, rewrite });
      expect(status).toBe(401);
      expect(reason).toContain(`The header ${name} is signed but was not sent.`);
    }
  });
});

const put = (names: readonly string[], headers: Record<string, string> = {}) =>
  send({ method: 'POST', path: `/streams/${streamId}/messages`, body: puts, names, headers });

describe('the body of PutMessages', () => {
  test('may be left out of the signature, as the SDKs do', async () => {
    expect(await put(withoutBody)).toMatchObject({ status: 200 });
  });

  test('may be signed, as oci raw-request does, and is verified then', async () => {
    expect(await put(withBody)).toMatchObject({ status: 200 });
    const wrong = await put(withBody, { 'x-content-sha256': digestOf('another body') });
    expect(wrong.status).toBe(401);
    expect(wrong.reason).toContain(`x-content-sha256: computed ${digestOf(puts)}, sent ${digestOf('another body')}.`);
  });

  test('is verified as soon as the digest alone is signed', async () => {
    const names = [...withoutBody, 'x-content-sha256'];
    expect(await put(names)).toMatchObject({ status: 200 });
    expect(await put(names, { 'x-content-sha256': digestOf('another body') })).toMatchObject({ status: 401 });
  });

  test('a digest that is sent but not signed proves nothing and is ignored', async () => {
    expect(await put(withoutBody, { 'x-content-sha256': digestOf('another body') })).toMatchObject({ status: 200 });
  });

  test.each([262_143, 262_144, 1_000_000])('a body of %i bytes is held to its digest', async (bytes) => {
    const path = `/streams/${streamId}/messages`;
    const body = puts + ' '.repeat(bytes - puts.length);
    expect((await send({ method: 'POST', path, body, names: withBody })).status).toBe(200);
    const wrong = { 'x-content-sha256': digestOf(puts) };
    expect(await send({ method: 'POST', path, body, names: withBody, headers: wrong })).toMatchObject({
      status: 401,
      reason: expect.stringContaining(`computed ${digestOf(body)}, sent ${digestOf(puts)}`),
    });
  });

  test('nothing of a body with a wrong digest is stored', async () => {
    const stream = await createStream(explaining.client, { name: 'untouched' });
    const headers = { 'x-content-sha256': digestOf('another body') };
    await send({ method: 'POST', path: `/streams/${stream.id}/messages`, body: puts, names: withBody, headers });
    const latest = { partition: '0', type: 'AT_OFFSET', offset: 0 };
    const cursor = await explaining.client.call('POST', `/streams/${stream.id}/cursors`, { body: latest });
    expect(cursor.json<{ message: string }>().message).toContain('the partition holds no messages');
  });
});

test('a wrong digest of any other body is refused, an empty one included', async () => {
  for (const body of ['{}', '']) {
    const headers = { 'x-content-sha256': digestOf('another body') };
    expect(await send({ method: 'PUT', body, names: withBody, headers })).toMatchObject({ status: 401 });
  }
  expect(await send({ method: 'PUT', body: '', names: withBody })).toMatchObject({ status: 200 });
});

describe('the time of a request', () => {
  test.each([
    [-300_000, 200],
    [300_000, 200],
    [-301_000, 401],
    [301_000, 401],
  ])('%i ms beside the clock of the server is answered %i', async (skewMs, status) => {
    const clock = new TestClock();
    await using skewed = await startTestServer({}, { clock });
    const compartment = `/streams?compartmentId=${skewed.server.identity.tenancyId}`;
    const date = new Date(clock.now() + skewMs);
    expect((await skewed.client.call('GET', compartment, { date })).status).toBe(status);
  });

  test('a date that is none is refused with what came', async () => {
    const { status, reason } = await send({ names: withoutBody, headers: { date: 'yesterday' } });
    expect(status).toBe(401);
    expect(reason).toMatch(/date: expected a time within 5 minutes of .* GMT, got "yesterday"\./);
  });
});

describe('the Authorization header', () => {
  test.each([
    ['another scheme', 'Basic dXNlcjpwYXNzd29yZA==', 'Expected the scheme Signature, got "Basic".'],
    ['nothing behind the scheme', 'Signature ', 'Expected the scheme Signature'],
    ['an open quote', 'Signature keyId="a', 'The parameter headers is missing.'],
    ['no keyId', 'Signature algorithm="rsa-sha256",headers="date",signature="AAAA"', 'The parameter keyId is missing.'],
    ['no signature', 'Signature keyId="k",algorithm="rsa-sha256",headers="date"', 'The parameter signature is missing.'],
    ['an empty parameter', 'Signature keyId="",algorithm="rsa-sha256",headers="date",signature="AAAA"', 'The parameter keyId is missing.'],
    [
      'a parameter twice',
      'Signature keyId="a",keyId="b",algorithm="rsa-sha256",headers="date",signature="A"',
      'The parameter keyId stands twice.',
    ],
    ['another key', 'Signature keyId="a/b/c",algorithm="rsa-sha256",headers="date",signature="AAAA"', 'No API key has the keyId a/b/c.'],
    [
      'another algorithm',
      'Signature keyId="a",algorithm="hmac-sha256",headers="date",signature="A"',
      'Expected the algorithm rsa-sha256, got hmac-sha256.',
    ],
  ])('%s is refused with the reason', async (_what, authorization, reason) => {
    const answer = await explaining.client.call('GET', `/streams/${streamId}`, { authorization });
    expect(answer.status).toBe(401);
    expect(answer.json<{ message: string }>().message).toContain(reason);
  });

  test('its parameters may stand in any order, with unknown ones among them', async () => {
    expect(await send({ names: withoutBody, rewrite: turnAround })).toMatchObject({ status: 200 });
  });

  test('a signature of another key under a known keyId is refused', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const other = await createIdentity(systemRandom, privateKey);
    const impostor = new SignedClient(explaining.server.url, { ...explaining.server.identity, privateKey: other.privateKey });
    expect((await impostor.call('GET', `/streams/${streamId}`)).status).toBe(401);
  });

  test('a signature for another method, target or date is refused', async () => {
    expect((await explaining.client.call('GET', `/streams/${streamId}`, { signedTarget: '/20180418/streams/other' })).status).toBe(401);
    const rewritten = explaining.client.authorization(
      'DELETE',
      `/20180418/streams/${streamId}`,
      { host: new URL(explaining.server.url).host, date: new Date().toUTCString() },
      withoutBody,
    );
    expect((await explaining.client.call('GET', `/streams/${streamId}`, { authorization: rewritten })).status).toBe(401);
  });

  test('a session token is refused with what is supported, to everybody', async () => {
    await using plain = await startTestServer();
    const authorization =
      'Signature version="1",keyId="ST$eyJh",algorithm="rsa-sha256",headers="date (request-target) host",signature="AAAA"';
    const answer = await plain.client.call('GET', '/streams/x', { authorization });
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({
      code: 'NotAuthenticated',
      message: `${standardMessage.notAuthenticated} Session tokens (ST$…) are not supported; sign with an API key: <tenancy OCID>/<user OCID>/<fingerprint>.`,
    });
  });
});

describe('what a 401 says', () => {
  const wrong = { signedTarget: '/20180418/streams/another' };

  test('by default exactly the words of OCI, whatever the reason', async () => {
    await using plain = await startTestServer();
    for (const options of [wrong, { authorization: '' }, { authorization: 'Basic x' }, { date: new Date(0) }]) {
      const answer = await plain.client.call('GET', '/streams/x', options);
      expect(answer.status).toBe(401);
      expect(answer.json()).toEqual({
        code: 'NotAuthenticated',
        message: 'The required information to complete authentication was not provided or was incorrect.',
      });
    }
  });

  test('with --explain-auth also what was computed and what was sent', async () => {
    const date = new Date();
    const answer = await explaining.client.call('GET', '/streams/x', { ...wrong, date });
    const { message } = answer.json<{ message: string }>();
    const computed = JSON.stringify(
      `date: ${date.toUTCString()}\n(request-target): get /20180418/streams/x\nhost: ${new URL(explaining.server.url).host}`,
    );
    expect(message).toContain(standardMessage.notAuthenticated);
    expect(message).toContain(`Text to sign, computed here: ${computed}; sent: headers="date (request-target) host"`);
  });

  test('the reason is in the log of the server, under the request id of the answer', async () => {
    const recorded = recordingLogger();
    await using plain = await startTestServer({}, { logger: recorded.logger });
    const answer = await plain.client.call('GET', '/streams/x', { authorization: '' });
    const [line] = recorded.lines().filter(({ msg }) => msg === 'request refused: not authenticated');
    expect(line).toMatchObject({ reason: 'There is no Authorization header.', requestId: answer.headers['opc-request-id'], level: 40 });
  });
});

test('a caller is known before anything else is judged: an unknown one learns nothing of what is there', async () => {
  const existing = await explaining.client.call('GET', `/streams/${streamId}`, { authorization: '' });
  const absent = await explaining.client.call('GET', '/streams/absent', { authorization: '' });
  const unsupported = await explaining.client.call('GET', '/connectharnesses', { authorization: '' });
  expect([existing.status, absent.status, unsupported.status]).toEqual([401, 401, 401]);
  expect(absent.text).toBe(existing.text);
});
