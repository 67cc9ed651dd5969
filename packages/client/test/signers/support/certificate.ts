// A minimal self-signed X.509 certificate, put together from DER: tests need no openssl.
import { type KeyPairKeyObjectResult, sign } from 'node:crypto';

/** Object identifiers of the parts of a name, DER. */
const commonName = '550403';
const organizationalUnit = '55040b';

/** PEM of a certificate (version 1, valid 2020 to 2049) whose subject and issuer are the given organizational units. */
export function selfSignedCertificate(keys: KeyPairKeyObjectResult, units: readonly string[]): string {
  return selfSigned(keys, sequence(...units.map((unit) => namePart(organizationalUnit, unit))));
}

/** The same for a server of this name, as TLS checks it. */
export function serverCertificate(keys: KeyPairKeyObjectResult, host: string): string {
  return selfSigned(keys, sequence(namePart(commonName, host)));
}

function selfSigned({ publicKey, privateKey }: KeyPairKeyObjectResult, name: Buffer): string {
  const validity = sequence(element(0x17, Buffer.from('200101000000Z')), element(0x17, Buffer.from('491231235959Z')));
  const algorithm = sequence(element(0x06, Buffer.from('2a864886f70d01010b', 'hex')), element(0x05, Buffer.alloc(0)));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const serial = element(0x02, Buffer.from([1]));
  const signed = sequence(serial, algorithm, name, validity, name, key);
  const signature = sign('sha256', signed, privateKey);
  const certificate = sequence(signed, algorithm, element(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function namePart(identifier: string, text: string): Buffer {
  const type = element(0x06, Buffer.from(identifier, 'hex'));
  return element(0x31, sequence(type, element(0x0c, Buffer.from(text))));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
