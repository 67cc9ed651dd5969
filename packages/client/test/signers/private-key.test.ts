// Private keys in every form OCI hands them out are read; everything else is refused with the SDK's words.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InvalidPrivateKey } from '../../src/signers/invalid-private-key.ts';
import { loadPrivateKey, loadPrivateKeyFile, MissingPrivateKeyPassphrase } from '../../src/signers/private-key.ts';
import { UnreadableFile } from '../../src/signers/read-text-file.ts';
import { rsaPair } from './support/keys.ts';

const { privateKey, publicKey } = rsaPair();
const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const passphrase = 'correct horse';
const notPrivate = 'The provided key is not a private key, or the provided passphrase is incorrect.';
const directory = mkdtempSync(join(tmpdir(), 'private-key-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe.each(['pkcs1', 'pkcs8'] as const)('a %s key', (type) => {
  const encrypted = privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();

  test('is read, with and without a passphrase it does not need', () => {
    const pem = privateKey.export({ type, format: 'pem' }).toString();
    expect(loadPrivateKey(pem).equals(privateKey)).toBe(true);
    expect(loadPrivateKey(pem, 'not needed').equals(privateKey)).toBe(true);
  });

  test('is read when the label of the tools follows', () => {
    expect(loadPrivateKey(`${privateKey.export({ type, format: 'pem' })}OCI_API_KEY\n`).equals(privateKey)).toBe(true);
    expect(loadPrivateKey(`${encrypted}OCI_API_KEY`, passphrase).equals(privateKey)).toBe(true);
  });

  test('is read with its passphrase only', () => {
    expect(loadPrivateKey(encrypted, passphrase).equals(privateKey)).toBe(true);
    expect(() => loadPrivateKey(encrypted)).toThrow(new MissingPrivateKeyPassphrase());
    expect(() => loadPrivateKey(encrypted, '')).toThrow(new MissingPrivateKeyPassphrase());
    expect(() => loadPrivateKey(encrypted, 'battery staple')).toThrow(new InvalidPrivateKey(notPrivate));
  });
});

test('a missing passphrase has the text of the SDK', () => {
  expect(new MissingPrivateKeyPassphrase().message).toBe('The provided key requires a passphrase.');
});

test.each(['spki', 'pkcs1'] as const)('a public key (%s) is refused as such', (type) => {
  const pem = publicKey.export({ type, format: 'pem' }).toString();
  const refusal = new InvalidPrivateKey('Authentication requires a private key, but a public key was provided.');
  expect(() => loadPrivateKey(pem)).toThrow(refusal);
  expect(() => loadPrivateKey(pem, passphrase)).toThrow(refusal);
});

test.each(['', 'hello', plain.slice(0, 400), plain.replace('MII', '???')])('what is no key is refused', (text) => {
  expect(() => loadPrivateKey(text)).toThrow(new InvalidPrivateKey(notPrivate));
});

test('a key for another algorithm is refused', () => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() => loadPrivateKey(pem)).toThrow(new InvalidPrivateKey('Expected an RSA private key, got one of type ec.'));
});

test('a key file is read', () => {
  const path = join(directory, 'key.pem');
  writeFileSync(path, plain);
  expect(loadPrivateKeyFile(path).equals(privateKey)).toBe(true);
});

test('a file that cannot be read is named, with ~ expanded', () => {
  const path = join(directory, 'absent.pem');
  expect(() => loadPrivateKeyFile(path)).toThrow(UnreadableFile);
  expect(() => loadPrivateKeyFile(path)).toThrow(`The private key file ${path} cannot be read: ENOENT`);
  expect(() => loadPrivateKeyFile('~/no such directory/key.pem')).toThrow(join(homedir(), 'no such directory', 'key.pem'));
});
