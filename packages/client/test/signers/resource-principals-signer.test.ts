// A resource signs with the token and the key that variables hold, or files they name, which are read again in time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import common from 'oci-common';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UnreadableFile } from '../../src/signers/read-text-file.ts';
import { ResourcePrincipalsSigner } from '../../src/signers/resource-principals-signer.ts';
import { TokenError } from '../../src/signers/token-error.ts';
import { StreamClient } from '../../src/stream-client.ts';
import { rsaPair } from './support/keys.ts';
import { received, request } from './support/request.ts';
import { verifySignature } from './support/verify-signature.ts';

const pair = rsaPair();
const otherPair = rsaPair();
const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const otherPem = otherPair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const encrypted = pair.privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' }).toString();
const directory = mkdtempSync(join(tmpdir(), 'resource-principals-'));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** The hour in which tokens are good. */
const start = Date.UTC(2026, 10, 24);
const end = start + 3_600_000;
let time: number;
const now = () => time;
beforeEach(() => {
  time = start;
  writeFileSync(file('token'), `${token(1)}\n`);
  writeFileSync(file('key'), pem);
});

function file(name: string): string {
  return join(directory, name);
}

function token(number: number, expiresAt = end): string {
  const parts = [{ alg: 'RS256' }, { exp: expiresAt / 1000, number }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.unchecked`;
}

function variables(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string | undefined> {
  const values = { VERSION: '2.2', RPST: token(1), PRIVATE_PEM: pem, REGION: 'eu-frankfurt-1', ...changes };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`OCI_RESOURCE_PRINCIPAL_${name}`, value]));
}

const inFiles = { RPST: file('token'), PRIVATE_PEM: file('key') };

function signerOf(changes?: Readonly<Record<string, string | undefined>>): ResourcePrincipalsSigner {
  return new ResourcePrincipalsSigner({ environment: variables(changes), now });
}

function keyIdOf(signer: ResourcePrincipalsSigner, { publicKey } = pair): string {
  const signed = request('/20180418/streams', { method: 'POST', body: '{}' });
  signer.sign(signed);
  return verifySignature(received(signed), publicKey, true).keyId;
}

/** The tokens with which one call came to a service that takes `accepted` only. */
async function tokensOf(signer: ResourcePrincipalsSigner, accepted: string): Promise<string[]> {
  const tokens: string[] = [];
  const transport = {
    async send({ headers }: { readonly headers: Readonly<Record<string, string>> }) {
      const used = headers.authorization?.split('"ST$')[1]?.split('"')[0] ?? '';
      tokens.push(used);
      return { status: used === accepted ? 200 : 401, rawHeaders: [], body: [Buffer.from('{"value":"next","code":"NotAuthenticated"}')] };
    },
    close: () => {},
  };
  await using client = new StreamClient({}, { serviceEndpoint: 'http://127.0.0.1:8080', signer, transport });
  await client.consumerCommit('s', 'c').catch(() => {});
  return tokens;
}

describe('what the variables say', () => {
  test('values and paths of files are the same to a signer, and the process has the variables by itself', () => {
    expect(keyIdOf(signerOf())).toBe(`ST$${token(1)}`);
    expect(keyIdOf(signerOf(inFiles))).toBe(`ST$${token(1)}`);
    for (const [name, value] of Object.entries(variables())) vi.stubEnv(name, value);
    expect(keyIdOf(new ResourcePrincipalsSigner())).toBe(`ST$${token(1)}`);
  });

  test('is what oci-common takes from them', async () => {
    for (const [name, value] of Object.entries(variables({ ...inFiles, REGION: 'fra' }))) vi.stubEnv(name, value);
    const official = common.ResourcePrincipalAuthenticationDetailsProvider.builder();
    const ours = new ResourcePrincipalsSigner();
    writeFileSync(file('token'), token(1));
    expect(keyIdOf(ours)).toBe(await official.getKeyId());
    expect(ours.region).toBe(official.getRegion().regionId);
  });

  test('a passphrase opens the key, as a value or in a file', () => {
    expect(keyIdOf(signerOf({ PRIVATE_PEM: encrypted, PRIVATE_PEM_PASSPHRASE: 'open' }))).toBe(`ST$${token(1)}`);
    writeFileSync(file('key'), encrypted);
    writeFileSync(file('passphrase'), 'open\n');
    expect(keyIdOf(signerOf({ ...inFiles, PRIVATE_PEM_PASSPHRASE: file('passphrase') }))).toBe(`ST$${token(1)}`);
  });

  test('a region is a name, a short name or a file, and leads to the endpoint', () => {
    writeFileSync(file('region'), 'phx\n');
    expect(signerOf({ REGION: 'fra' }).region).toBe('eu-frankfurt-1');
    const { endpoint } = new StreamClient({}, { signer: signerOf({ REGION: file('region') }) });
    expect(endpoint).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com/20180418');
  });

  test.each([
    [{ VERSION: undefined, RPST: '' }, 'Not in the environment: OCI_RESOURCE_PRINCIPAL_VERSION, OCI_RESOURCE_PRINCIPAL_RPST.'],
    [{ PRIVATE_PEM: undefined, REGION: undefined }, 'OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM, OCI_RESOURCE_PRINCIPAL_REGION.'],
    [{ VERSION: '3.0' }, 'OCI_RESOURCE_PRINCIPAL_VERSION: expected 2.2, got "3.0".'],
    [{ PRIVATE_PEM_PASSPHRASE: file('passphrase') }, 'expected two paths or two values, got one of each.'],
    [{ ...inFiles, PRIVATE_PEM_PASSPHRASE: 'open' }, 'expected two paths or two values, got one of each.'],
  ])('%j is refused', (changes, problem) => {
    expect(() => signerOf(changes)).toThrow(TypeError);
    expect(() => signerOf(changes)).toThrow(problem);
  });

  test('a token that is none, and a file that is not there, are refused', () => {
    expect(() => signerOf({ RPST: 'abc' })).toThrow(TokenError);
    expect(() => signerOf({ RPST: file('absent') })).toThrow(UnreadableFile);
  });

  test('the token is not shown when a signer is printed', () => {
    expect(inspect(signerOf(), { showHidden: true })).not.toContain(token(1));
  });
});

describe('a token that expires', () => {
  test('is read again from 60 seconds before on, with its key', () => {
    const signer = signerOf(inFiles);
    writeFileSync(file('token'), token(2, end + 3_600_000));
    writeFileSync(file('key'), otherPem);
    time = end - 60_001;
    expect(keyIdOf(signer)).toBe(`ST$${token(1)}`);
    time += 1;
    expect(keyIdOf(signer, otherPair)).toBe(`ST$${token(2, end + 3_600_000)}`);
  });

  test('serves while it is valid if its file cannot be read, and then no more, until it can', () => {
    const signer = signerOf(inFiles);
    rmSync(file('token'));
    time = end - 1;
    expect(keyIdOf(signer)).toBe(`ST$${token(1)}`);
    time = end;
    expect(() => keyIdOf(signer)).toThrow(TokenError);
    writeFileSync(file('token'), token(2));
    expect(keyIdOf(signer)).toBe(`ST$${token(2)}`);
  });

  test('goes on to be used if it is no file: only the service can tell', () => {
    const signer = signerOf({ PRIVATE_PEM: file('key') });
    rmSync(file('key'));
    time = end + 1;
    expect(keyIdOf(signer)).toBe(`ST$${token(1)}`);
  });
});

describe('a client whose token the service refuses', () => {
  test('reads its files again and sends its request once more', async () => {
    const signer = signerOf(inFiles);
    writeFileSync(file('token'), token(2));
    expect(await tokensOf(signer, token(2))).toEqual([token(1), token(2)]);
  });

  test('does not do so if they hold what was refused', async () => {
    expect(await tokensOf(signerOf(inFiles), token(2))).toEqual([token(1)]);
    expect(await tokensOf(signerOf(), token(2))).toEqual([token(1)]);
  });

  test('a refresh that fails keeps the old token and key', async () => {
    const signer = signerOf(inFiles);
    writeFileSync(file('token'), token(2));
    writeFileSync(file('key'), 'no key');
    await expect(signer.refresh()).rejects.toThrow('not a private key');
    expect(keyIdOf(signer)).toBe(`ST$${token(1)}`);
  });

  test('a key alone that was replaced counts as new', async () => {
    const signer = signerOf(inFiles);
    writeFileSync(file('key'), otherPem);
    expect(await signer.refresh()).toBe(true);
    expect(keyIdOf(signer, otherPair)).toBe(`ST$${token(1)}`);
  });
});
