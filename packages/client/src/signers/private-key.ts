// Private keys as OCI hands them out: RSA in PEM, possibly encrypted, possibly followed by a label. The error texts are those
// of the Python SDK.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { InvalidPrivateKey } from './invalid-private-key.ts';
import { readTextFile } from './read-text-file.ts';

/** The key is encrypted and no passphrase was given. */
export class MissingPrivateKeyPassphrase extends Error {
  override readonly name = 'MissingPrivateKeyPassphrase';

  constructor(options?: ErrorOptions) {
    super('The provided key requires a passphrase.', options);
  }
}

/** Where a signer has its private key from: exactly one of `keyFile` and `keyContent`. */
export interface PrivateKeySource {
  /** Path of a PEM file; a leading `~` is the home directory. */
  readonly keyFile?: string | undefined;
  /** The PEM text itself. */
  readonly keyContent?: string | undefined;
  /** Needed if the key is encrypted, ignored if it is not. */
  readonly passPhrase?: string | undefined;
}

/** Reads the key; throws `TypeError` unless it comes from exactly one place, else what `loadPrivateKeyFile` throws. */
export function loadPrivateKeyFrom({ keyFile, keyContent, passPhrase }: PrivateKeySource): KeyObject {
  if (keyFile !== undefined && keyContent !== undefined) throw new TypeError('Expected one of keyFile and keyContent, got both.');
  if (keyContent !== undefined) return loadPrivateKey(keyContent, passPhrase);
  if (keyFile !== undefined) return loadPrivateKeyFile(keyFile, passPhrase);
  throw new TypeError('Expected one of keyFile and keyContent, got neither.');
}

/** Reads a PEM file, synchronously; throws `UnreadableFile` and what `loadPrivateKey` throws. */
export function loadPrivateKeyFile(path: string, passPhrase?: string): KeyObject {
  return loadPrivateKey(readTextFile(path, 'private key'), passPhrase);
}

/**
 * Reads an RSA key in PEM, PKCS#1 or PKCS#8. Text around it is ignored, such as the `OCI_API_KEY` label that OCI's tools append,
 * and so is a passphrase the key does not need. Throws `MissingPrivateKeyPassphrase` or `InvalidPrivateKey`.
 */
export function loadPrivateKey(pem: string, passPhrase?: string): KeyObject {
  const key = parsePrivateKey(pem, passPhrase === '' ? undefined : passPhrase);
  if (key.asymmetricKeyType !== 'rsa') {
    throw new InvalidPrivateKey(`Expected an RSA private key, got one of type ${key.asymmetricKeyType}.`);
  }
  return key;
}

function parsePrivateKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    const key = armoured(pem);
    return createPrivateKey(passphrase === undefined ? key : { key, passphrase });
  } catch (cause) {
    if (passphrase === undefined && isEncrypted(pem)) throw new MissingPrivateKeyPassphrase({ cause });
    throw new InvalidPrivateKey(
      isPublicKey(pem)
        ? 'Authentication requires a private key, but a public key was provided.'
        : 'The provided key is not a private key, or the provided passphrase is incorrect.',
      { cause },
    );
  }
}

/** The key without the text around it, which Node passes over, but Deno does not; `pem` itself if there is none. */
function armoured(pem: string): string {
  return /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^]+?-----END (?:[A-Z]+ )?PRIVATE KEY-----/.exec(pem)?.[0] ?? pem;
}

/** Read off the text, PKCS#8 or PKCS#1: Node's error for it is another one from version to version. */
function isEncrypted(pem: string): boolean {
  return pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || pem.includes('Proc-Type: 4,ENCRYPTED');
}

function isPublicKey(pem: string): boolean {
  return pem.includes('-----BEGIN PUBLIC KEY-----') || pem.includes('-----BEGIN RSA PUBLIC KEY-----');
}
