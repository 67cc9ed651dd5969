// Private keys for WebCrypto, which reads PKCS#8 alone: RSA keys in PEM, as OCI hands them out, PKCS#1 too.
import { InvalidPrivateKey } from '../signers/invalid-private-key.ts';
import { fromBase64 } from './codec.ts';

/** A `CryptoKey`, as the runtime's types have it. */
export type SigningKey = Parameters<typeof globalThis.crypto.subtle.sign>[1];

/** How the service signs: RSA-SHA256, PKCS #1 v1.5. */
export const signatureAlgorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

const armour = /-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END /;

/**
 * Reads an RSA key in PEM that is not encrypted; text around it is ignored. The key cannot be exported again. Throws or rejects with
 * `InvalidPrivateKey`.
 */
export function importPrivateKey(pem: string): Promise<SigningKey> {
  if (pem.includes('ENCRYPTED')) throw new InvalidPrivateKey('The key is encrypted, which WebCrypto does not open; give it decrypted.');
  const [, kind, text] = armour.exec(pem) ?? [];
  if (text === undefined) throw new InvalidPrivateKey('Expected a private key in PEM, which begins with -----BEGIN PRIVATE KEY-----.');
  return importBase64(text, kind === undefined ? (pkcs8) => pkcs8 : pkcs8Of);
}

async function importBase64(text: string, toPkcs8: (der: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Promise<SigningKey> {
  const { subtle } = globalThis.crypto;
  // The types do not know that a page has it only if it came by https, or from its own machine.
  if ((subtle as unknown) === undefined)
    throw new TypeError('There is no WebCrypto here: a page that signs must come by https, or from localhost.');
  try {
    return await subtle.importKey('pkcs8', toPkcs8(fromBase64(text)), signatureAlgorithm, false, ['sign']);
  } catch (cause) {
    throw new InvalidPrivateKey('The provided key is not an RSA private key.', { cause });
  }
}

/** PrivateKeyInfo around an RSAPrivateKey (RFC 5208): version 0, the algorithm rsaEncryption without parameters, the key. */
function pkcs8Of(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  const versionAndAlgorithm = [2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
  const [sequence, octets] = [0x30, 4];
  return element(sequence, Uint8Array.from([...versionAndAlgorithm, ...element(octets, pkcs1)]));
}

/** DER with a length of two bytes: an RSA key of 2,048 bits has more than 1,000. */
function element(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([tag, 0x82, content.length >> 8, content.length & 0xff, ...content]);
}
