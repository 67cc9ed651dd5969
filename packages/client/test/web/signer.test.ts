// Signatures by WebCrypto hold against node's own crypto, and cover what the service requires in the form `fetch` sends it.
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../src/http.ts';
import { InvalidPrivateKey } from '../../src/signers/invalid-private-key.ts';
import { Signer } from '../../src/web/signer.ts';
import { rsaPair } from '../signers/support/keys.ts';
import { received, request } from '../signers/support/request.ts';
import { verifySignature } from '../signers/support/verify-signature.ts';

const { privateKey, publicKey } = rsaPair();
const identity = { tenancy: 'tenancy', user: 'user', fingerprint: 'aa:bb' };
const keyId = 'tenancy/user/aa:bb';
const keyContent = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

async function signed(parts: Partial<HttpRequest>, target = '/20180418/streams?limit=1', signer?: Signer): Promise<HttpRequest> {
  const unsigned = request(target, parts);
  await (signer ?? new Signer({ ...identity, keyContent })).sign(unsigned);
  return unsigned;
}

test('a request without a body is signed with x-date, target and host', async () => {
  const result = await signed({});
  const { signature: _, ...rest } = verifySignature(received(result), publicKey, false);
  expect(rest).toEqual({ keyId, algorithm: 'rsa-sha256', headers: ['x-date', '(request-target)', 'host'] });
  expect(result.headers['date']).toBeUndefined();
  expect(Date.parse(result.headers['x-date'] ?? '')).not.toBeNaN();
});

test.each(['POST', 'PUT'] as const)('%s: length in bytes, type and digest are signed too', async (method) => {
  const result = await signed({ method, body: '{"name":"Grüße 🌊"}' });
  expect(verifySignature(received(result), publicKey, true).keyId).toBe(keyId);
  expect(result.headers).toMatchObject({ 'content-length': '23', 'content-type': 'application/json' });
});

test('no body is signed as an empty one', async () => {
  const result = await signed({ method: 'POST' });
  expect(verifySignature(received(result), publicKey, true).keyId).toBe(keyId);
  expect(result.headers['content-length']).toBe('0');
});

test('the body of PutMessages is left out', async () => {
  const result = await signed({ method: 'POST', body: '{}', bodySignature: 'left-out' });
  expect(verifySignature(received(result), publicKey, false).headers).toHaveLength(3);
});

test('the target is signed as fetch will send it: an apostrophe in the query is escaped there', async () => {
  const result = await signed({}, "/20180418/streams/it's?name=it's");
  expect(verifySignature({ ...received(result), target: "/20180418/streams/it's?name=it%27s" }, publicKey, false).keyId).toBe(keyId);
});

test('a path that fetch would shorten is refused', async () => {
  await expect(signed({}, '/20180418/streams/x/groups/..')).rejects.toThrow(
    new TypeError('fetch cannot send the path /20180418/streams/x/groups/..: it would go to /20180418/streams/x/.'),
  );
});

describe('a key', () => {
  test.each(['pkcs1', 'pkcs8'] as const)('in PEM (%s) is read, whatever stands around it', async (type) => {
    const pem = `label\n${privateKey.export({ type, format: 'pem' })}OCI_API_KEY\n`;
    const result = await signed({}, '/x', new Signer({ ...identity, keyContent: pem }));
    expect(verifySignature(received(result), publicKey, false).keyId).toBe(keyId);
  });

  test.each([3072, 4096])('of %i bits in PKCS#1 is read', async (modulusLength) => {
    const pair = generateKeyPairSync('rsa', { modulusLength });
    const pem = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const result = await signed({}, '/x', new Signer({ ...identity, keyContent: pem }));
    expect(verifySignature(received(result), pair.publicKey, false).keyId).toBe(keyId);
  });

  test('can be a CryptoKey that cannot be exported', async () => {
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const cryptoKey = await webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign']);
    const result = await signed({}, '/x', new Signer({ ...identity, cryptoKey }));
    expect(verifySignature(received(result), publicKey, false).keyId).toBe(keyId);
  });

  test('is needed, and one only', () => {
    expect(() => new Signer(identity)).toThrow(new TypeError('Expected one of keyContent and cryptoKey, got neither.'));
  });

  test.each(['pkcs1', 'pkcs8'] as const)('that is encrypted (%s) is refused with the reason', (type) => {
    const pem = privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();
    expect(() => new Signer({ ...identity, keyContent: pem })).toThrow(
      new InvalidPrivateKey('The key is encrypted, which WebCrypto does not open; give it decrypted.'),
    );
  });

  test.each(['', 'hello', publicKey.export({ type: 'spki', format: 'pem' }).toString()])('that is none is refused at once', (pem) => {
    expect(() => new Signer({ ...identity, keyContent: pem })).toThrow(InvalidPrivateKey);
  });

  test('that is broken, or not RSA, fails every call', async () => {
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const pem of [curve, '-----BEGIN PRIVATE KEY-----\nAAAAA\n-----END PRIVATE KEY-----']) {
      const signer = new Signer({ ...identity, keyContent: pem });
      await expect(signed({}, '/x', signer)).rejects.toThrow(InvalidPrivateKey);
      await expect(signed({}, '/x', signer)).rejects.toThrow(InvalidPrivateKey);
    }
  });
});
