// An API key or a session's token and key, given as text or as files, sign requests under the right keyId.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Signer } from '../../src/signers/api-key-signer.ts';
import { UnreadableFile } from '../../src/signers/read-text-file.ts';
import { SecurityTokenSigner } from '../../src/signers/security-token-signer.ts';
import { rsaPair } from './support/keys.ts';
import { received, request } from './support/request.ts';
import { verifySignature } from './support/verify-signature.ts';

const pair = rsaPair();
const otherPair = rsaPair();
const keyContent = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const directory = mkdtempSync(join(tmpdir(), 'signers-'));
const keyFile = join(directory, 'key.pem');
const securityTokenFile = join(directory, 'token');
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  writeFileSync(keyFile, keyContent);
  writeFileSync(securityTokenFile, 'first.token\n');
});

function keyIdOf(signer: Signer | SecurityTokenSigner, { publicKey } = pair): string {
  const signed = request('/20180418/streams', { method: 'POST', body: '{}' });
  signer.sign(signed);
  return verifySignature(received(signed), publicKey, true).keyId;
}

describe('Signer', () => {
  const user = { tenancy: 'ocid1.tenancy.oc1..t', user: 'ocid1.user.oc1..u', fingerprint: 'aa:bb' };

  test('signs as tenancy/user/fingerprint with a key from a file or from text', () => {
    const keyId = 'ocid1.tenancy.oc1..t/ocid1.user.oc1..u/aa:bb';
    expect(keyIdOf(new Signer({ ...user, keyFile }))).toBe(keyId);
    expect(keyIdOf(new Signer({ ...user, keyContent, keyFile: undefined }))).toBe(keyId);
  });

  test('needs exactly one source of the key', () => {
    expect(() => new Signer(user)).toThrow(new TypeError('Expected one of keyFile and keyContent, got neither.'));
    expect(() => new Signer({ ...user, keyFile, keyContent })).toThrow(new TypeError('Expected one of keyFile and keyContent, got both.'));
  });

  test('knows its region', () => {
    expect(new Signer({ ...user, keyContent, region: 'eu-frankfurt-1' }).region).toBe('eu-frankfurt-1');
  });
});

describe('SecurityTokenSigner', () => {
  test('signs as ST$ and the token, given or in a file', () => {
    expect(keyIdOf(new SecurityTokenSigner({ token: 'given.token', keyContent }))).toBe('ST$given.token');
    expect(keyIdOf(new SecurityTokenSigner({ securityTokenFile, keyFile }))).toBe('ST$first.token');
  });

  test('refresh finds nothing new while the files are the same', async () => {
    expect(await new SecurityTokenSigner({ securityTokenFile, keyFile }).refresh()).toBe(false);
    expect(await new SecurityTokenSigner({ token: 'given.token', keyContent }).refresh()).toBe(false);
  });

  test('refresh takes up a new token, and a new key with it', async () => {
    const signer = new SecurityTokenSigner({ securityTokenFile, keyFile });
    writeFileSync(securityTokenFile, 'second.token');
    expect(await signer.refresh()).toBe(true);
    expect(keyIdOf(signer)).toBe('ST$second.token');
    writeFileSync(keyFile, otherPair.privateKey.export({ type: 'pkcs1', format: 'pem' }));
    expect(await signer.refresh()).toBe(true);
    expect(keyIdOf(signer, otherPair)).toBe('ST$second.token');
  });

  test('a refresh that fails keeps the old session', async () => {
    const signer = new SecurityTokenSigner({ securityTokenFile, keyFile });
    writeFileSync(securityTokenFile, 'second.token');
    rmSync(keyFile);
    await expect(signer.refresh()).rejects.toThrow(keyFile);
    expect(keyIdOf(signer)).toBe('ST$first.token');
  });

  test('needs exactly one token, and not an empty one', () => {
    expect(() => new SecurityTokenSigner({ keyContent })).toThrow('Expected one of token and securityTokenFile, got neither.');
    expect(() => new SecurityTokenSigner({ keyContent, token: 't', securityTokenFile })).toThrow('got both');
    writeFileSync(securityTokenFile, '\n');
    expect(() => new SecurityTokenSigner({ keyContent, securityTokenFile })).toThrow(`got an empty text in ${securityTokenFile}`);
    const absent = join(directory, 'absent');
    expect(() => new SecurityTokenSigner({ keyContent, securityTokenFile: absent })).toThrow(UnreadableFile);
  });

  test('does not show its token when printed', () => {
    expect(inspect(new SecurityTokenSigner({ token: 'secret.token', keyContent }), { showHidden: true })).not.toContain('secret');
  });
});
