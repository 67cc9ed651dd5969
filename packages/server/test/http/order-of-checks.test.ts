// A request with two faults is refused for the one that is checked first: the order PROTOCOL.md promises.
import { limits } from 'millrace-protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CallOptions } from '../support/signed-client.ts';
import { createStream, startTestServer, type TestServer } from '../support/test-server.ts';

let running: TestServer;
let deleted: string;

beforeAll(async () => {
  running = await startTestServer();
  deleted = (await createStream(running.client)).id;
  await running.client.call('DELETE', `/streams/${deleted}`);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const unsigned: CallOptions = { authorization: '' };
const tooLarge: CallOptions = { body: ' '.repeat(limits.bodyBytes.max + 1) };
const wrongDigest: CallOptions = { body: '{', headers: { 'x-content-sha256': 'AAAA' } };

const rows: readonly [string, string, string, CallOptions, string][] = [
  ['the path before the signature', 'GET', '/nothing', unsigned, 'NotFound'],
  ['the method before the signature', 'PATCH', '/streams', unsigned, 'MethodNotAllowed'],
  ['the signature before the size of the body', 'POST', '/streams', { ...tooLarge, ...unsigned }, 'NotAuthenticated'],
  ['the signature before whether the operation is there', 'GET', '/streampools', unsigned, 'NotAuthenticated'],
  ['the size of the body before its digest', 'POST', '/streams', { ...wrongDigest, ...tooLarge }, 'PayloadTooLarge'],
  ['the size of the body before whether the operation is there', 'POST', '/streampools', tooLarge, 'PayloadTooLarge'],
  ['the digest before whether the operation is there', 'POST', '/streampools', wrongDigest, 'NotAuthenticated'],
  ['the digest before what the body says', 'POST', '/streams', wrongDigest, 'NotAuthenticated'],
  ['whether the operation is there before what the body says', 'POST', '/streampools', { body: '{' }, 'MethodNotImplemented'],
  ['the body of PutMessages before the stream', 'POST', '/streams/absent/messages', { body: '{' }, 'InvalidParameter'],
  ['the body of CreateCursor before the stream', 'POST', '/streams/absent/cursors', { body: '{' }, 'InvalidParameter'],
  ['the body of UpdateStream before the stream', 'PUT', '/streams/absent', { body: '{' }, 'InvalidParameter'],
  ['the query of GetMessages before the stream', 'GET', '/streams/absent/messages?cursor=x&limit=0', {}, 'InvalidParameter'],
  ['the stream before its cursor', 'GET', '/streams/absent/messages?cursor=x', {}, 'NotAuthorizedOrNotFound'],
  [
    'the stream before its partition',
    'POST',
    '/streams/absent/cursors',
    { body: { partition: '99', type: 'LATEST' } },
    'NotAuthorizedOrNotFound',
  ],
  ['the stream before if-match', 'DELETE', '/streams/absent', { headers: { 'if-match': 'x' } }, 'NotAuthorizedOrNotFound'],
];

test.each(rows)('%s', async (_what, method, path, options, code) => {
  const answer = await running.client.call(method, path, options);
  expect(answer.json<{ code: string }>().code).toBe(code);
});

test('that a stream is deleted before if-match', async () => {
  const answer = await running.client.call('PUT', `/streams/${deleted}`, { headers: { 'if-match': 'x' } });
  expect(answer.status).toBe(404);
});
