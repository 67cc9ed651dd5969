// A signer with a delegation token signs as the one within, and its signature covers the token.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { parseAuthorization } from 'millrace-protocol';
import common from 'oci-common';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import type { RequestSigner } from '../../src/http.ts';
import { Signer } from '../../src/signers/api-key-signer.ts';
import { DelegationTokenSigner } from '../../src/signers/delegation-token-signer.ts';
import { SecurityTokenSigner } from '../../src/signers/security-token-signer.ts';
import { StreamClient } from '../../src/stream-client.ts';
import { InstanceServices } from './support/instance-services.ts';
import { rsaPair } from './support/keys.ts';
import { received, request } from './support/request.ts';
import { verifySignature } from './support/verify-signature.ts';

const { privateKey, publicKey } = rsaPair();
const keyContent = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const apiKey = new Signer({ tenancy: 't', user: 'u', fingerprint: 'f', keyContent, region: 'eu-frankfurt-1' });
const directory = mkdtempSync(join(tmpdir(), 'delegation-'));
const delegationTokenFile = join(directory, 'token');
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

test.each(['GET', 'DELETE', 'POST', 'PUT'] as const)(
  '%s: the token is signed, with the headers the official signer signs',
  async (method) => {
    const body = method === 'POST' || method === 'PUT' ? '{}' : undefined;
    const signed = request('/20180418/streams', { method, body });
    await new DelegationTokenSigner(apiKey, { token: 'the.users' }).sign(signed);
    expect(signed.headers['opc-obo-token']).toBe('the.users');
    const { keyId, headers } = verifySignature(received(signed), publicKey, body !== undefined);
    expect(keyId).toBe('t/u/f');

    const official = { method, uri: 'http://127.0.0.1:8080/20180418/streams', headers: new Headers(), body };
    await officialSigner('the.users').signHttpRequest(official);
    const theirs = parseAuthorization(official.headers.get('authorization') ?? '').headers;
    expect(headers).toContain('opc-obo-token');
    expect(headers.toSorted()).toEqual(theirs.map((name) => (name === 'x-date' ? 'date' : name.toLowerCase())).toSorted());
  },
);

/** That of oci-common for a profile with a delegation token, for which an API key stands in as the one who acts. */
function officialSigner(token: string): common.DefaultRequestSigner {
  const actor = new common.SimpleAuthenticationDetailsProvider('t', 'u', 'f', keyContent, null);
  const provider = new common.SimpleAuthenticationDetailsProvider('', '', '', '', '', undefined, 'instance_principal', token);
  provider.setProvider(actor);
  return new common.DefaultRequestSigner(provider);
}

test('the region and the realm are those of the signer within', () => {
  expect(new DelegationTokenSigner(apiKey, { token: 'a' }).region).toBe('eu-frankfurt-1');
  const within = { sign: () => {}, realmDomain: 'oraclecloud9.com' };
  expect(new DelegationTokenSigner(within, { token: 'a' }).realmDomain).toBe('oraclecloud9.com');
});

test('a token in a file may be wrapped into lines, and is read again on refresh', async () => {
  writeFileSync(delegationTokenFile, 'fir\r\nst\n');
  const signer = new DelegationTokenSigner(apiKey, { delegationTokenFile });
  expect(await tokenOf(signer)).toBe('first');
  expect(await signer.refresh()).toBe(false);
  writeFileSync(delegationTokenFile, 'second');
  expect(await signer.refresh()).toBe(true);
  expect(await tokenOf(signer)).toBe('second');
});

async function tokenOf(signer: RequestSigner): Promise<string | undefined> {
  const signed = request('/x');
  await signer.sign(signed);
  return signed.headers['opc-obo-token'];
}

test('a refresh also renews the signer within, and is as new as that', async () => {
  const securityTokenFile = join(directory, 'session');
  writeFileSync(securityTokenFile, 'first');
  const signer = new DelegationTokenSigner(new SecurityTokenSigner({ securityTokenFile, keyContent }), { token: 'a' });
  expect(await signer.refresh()).toBe(false);
  writeFileSync(securityTokenFile, 'second');
  expect(await signer.refresh()).toBe(true);
});

test('exactly one token is needed, and not an empty one', () => {
  expect(() => new DelegationTokenSigner(apiKey, {})).toThrow('Expected one of token and delegationTokenFile, got neither.');
  expect(() => new DelegationTokenSigner(apiKey, { token: 'a', delegationTokenFile })).toThrow('got both');
  expect(() => new DelegationTokenSigner(apiKey, { token: '\n' })).toThrow('Expected a delegation token, got an empty text.');
  expect(() => new DelegationTokenSigner(apiKey, { delegationTokenFile: join(directory, 'absent') })).toThrow('delegation token file');
});

test('the token is not shown when a signer is printed', () => {
  expect(inspect(new DelegationTokenSigner(apiKey, { token: 'secret' }), { showHidden: true })).not.toContain('secret');
});

test('a configuration with authentication_type instance_principal has the instance sign for the user of the token', async () => {
  await using services = await InstanceServices.start(['opc-certtype:instance', 'opc-tenant:ocid1.tenancy.oc1..t']);
  vi.stubEnv('OCI_METADATA_BASE_URL', services.metadataBaseUrl);
  // The endpoint of its tokens follows from its region and is beyond this machine: it comes as far as its certificate.
  services.documents.delete('identity/cert.pem');
  writeFileSync(delegationTokenFile, 'of.the.user');
  const config = { authenticationType: 'instance_principal', delegationTokenFile };
  await using client = new StreamClient(config, { serviceEndpoint: 'http://127.0.0.1:1' });
  await expect(client.getGroup('s', 'g')).rejects.toThrow(`answered 404 to ${services.metadataBaseUrl}/identity/cert.pem`);
});
