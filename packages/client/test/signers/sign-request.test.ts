// A signature covers what OCI requires, in the form it is sent, and holds against node's own crypto.
import { describe, expect, test } from 'vitest';
import { signRequest } from '../../src/signers/sign-request.ts';
import { rsaPair } from './support/keys.ts';
import { received, request } from './support/request.ts';
import { verifySignature } from './support/verify-signature.ts';

const { privateKey, publicKey } = rsaPair();
const date = new Date('2026-11-24T10:20:30.456Z');
const withoutBody = ['date', '(request-target)', 'host'];
const withBody = [...withoutBody, 'content-length', 'content-type', 'x-content-sha256'];

function signed(...parts: Parameters<typeof request>): ReturnType<typeof request> {
  const unsigned = request(...parts);
  signRequest(unsigned, privateKey, 'tenancy/user/aa:bb', date);
  return unsigned;
}

describe('a request whose body is not covered', () => {
  test.each([
    ['GET', { method: 'GET' }],
    ['DELETE', { method: 'DELETE' }],
    ['PutMessages', { method: 'POST', body: '{"messages":[]}', bodySignature: 'left-out' }],
  ] as const)('%s: date, target and host are signed', (_, parts) => {
    const result = signed('/20180418/streams/ocid1.stream/messages?cursor=a%2Fb+c&limit=1', parts);
    const { signature: _signature, ...rest } = verifySignature(received(result), publicKey, false);
    expect(rest).toEqual({ keyId: 'tenancy/user/aa:bb', algorithm: 'rsa-sha256', headers: withoutBody });
    const { authorization: _authorization, ...headers } = result.headers;
    expect(headers).toEqual({ date: 'Tue, 24 Nov 2026 10:20:30 GMT', host: '127.0.0.1:8080' });
  });
});

describe('a request whose body is covered', () => {
  test.each(['POST', 'PUT'] as const)('%s: length in bytes, type and digest are signed too', (method) => {
    const result = signed('/20180418/streams', { method, body: '{"name":"Grüße 🌊"}' });
    expect(verifySignature(received(result), publicKey, true).headers).toEqual(withBody);
    expect(result.headers).toMatchObject({ 'content-length': '23', 'content-type': 'application/json' });
  });

  test('no body is signed as an empty one', () => {
    const result = signed('/20180418/streams', { method: 'POST' });
    verifySignature(received(result), publicKey, true);
    expect(result.headers).toMatchObject({
      'content-length': '0',
      'x-content-sha256': '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    });
  });

  test('a content type that is there stays', () => {
    const result = signed('/x', { method: 'PUT', body: 'text', headers: { 'content-type': 'text/plain' } });
    expect(result.headers['content-type']).toBe('text/plain');
    verifySignature(received(result), publicKey, true);
  });
});

test('the target is signed as given, dot segments and escapes included', () => {
  const arrived = received(signed("/20180418/streams/../groups/%2e%41'?b=%zz&a={}"));
  expect(verifySignature(arrived, publicKey, false).headers).toEqual(withoutBody);
});

test('a second signature replaces the first', () => {
  const again = signed('/x', { method: 'POST', body: '{}' });
  const first = again.headers.authorization;
  signRequest(again, privateKey, 'tenancy/user/aa:bb', new Date(date.getTime() + 1000));
  expect(again.headers.date).toBe('Tue, 24 Nov 2026 10:20:31 GMT');
  expect(again.headers.authorization).not.toBe(first);
  verifySignature(received(again), publicKey, true);
});

test('a signature does not hold for another target, body or key', () => {
  const result = signed('/a', { method: 'POST', body: '{}' });
  const arrived = received(result);
  expect(() => verifySignature({ ...arrived, target: '/b' }, publicKey, true)).toThrow('Not a signature');
  expect(() => verifySignature({ ...arrived, body: '[]' }, publicKey, true)).toThrow('The digest');
  expect(() => verifySignature(arrived, rsaPair().publicKey, true)).toThrow('Not a signature');
});

test('of puts to many streams, second by second and by two keys, every signature is that of its own text and key', () => {
  const keys = [{ privateKey, publicKey }, rsaPair()];
  const put = { method: 'POST', body: '{"messages":[]}', bodySignature: 'left-out' } as const;
  const signatures = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    for (let stream = 0; stream < 40; stream += 1) {
      for (const key of keys) {
        const sent = request(`/20180418/streams/${stream}/messages`, put);
        signRequest(sent, key.privateKey, 'tenancy/user/aa:bb', new Date(date.getTime() + (round % 2) * 1000));
        signatures.add(verifySignature(received(sent), key.publicKey, false).signature);
      }
    }
  }
  // The third round is the first one again, and signs what that signed.
  expect(signatures.size).toBe(2 * 40 * keys.length);
});
