// Requests in the name of a user, with an API key, where there is WebCrypto. A page may not set `date`, so `x-date` is signed.
import { formatAuthorization, header, signingString } from 'millrace-protocol';
import type { HttpRequest, RequestSigner } from '../http.ts';
import { toBase64, utf8Bytes } from './codec.ts';
import { importPrivateKey, type SigningKey, signatureAlgorithm } from './private-key.ts';
import { sentUrl } from './sent-url.ts';

/** Whose API key it is, and the key: exactly one of `keyContent` and `cryptoKey`. */
export interface SignerOptions {
  /** OCID of the tenancy. */
  readonly tenancy: string;
  /** OCID of the user. */
  readonly user: string;
  /** Of the public key: 16 pairs of lower-case hex digits with colons. */
  readonly fingerprint: string;
  /** PEM text of an RSA key that is not encrypted, PKCS#8 or PKCS#1. */
  readonly keyContent?: string | undefined;
  /** A private key for RSASSA-PKCS1-v1_5 with SHA-256 that may sign; it need not be extractable. */
  readonly cryptoKey?: SigningKey | undefined;
  /** Such as `eu-frankfurt-1`. */
  readonly region?: string | undefined;
}

const withoutBody: readonly string[] = ['x-date', '(request-target)', 'host'];
const withBody: readonly string[] = [...withoutBody, 'content-length', 'content-type', header.contentSha256];

/**
 * Signs with an API key. The constructor throws `TypeError` unless there is exactly one key, and `InvalidPrivateKey`; a key that
 * only WebCrypto finds wrong fails the calls with `InvalidPrivateKey`.
 */
export class Signer implements RequestSigner {
  readonly region: string | undefined;
  readonly #keyId: string;
  readonly #key: Promise<SigningKey>;

  constructor({ tenancy, user, fingerprint, keyContent, cryptoKey, region }: SignerOptions) {
    this.region = region;
    this.#keyId = `${tenancy}/${user}/${fingerprint}`;
    this.#key = keyOf(keyContent, cryptoKey);
    this.#key.catch(() => {}); // Every call reports it.
  }

  async sign(request: HttpRequest): Promise<void> {
    const { method, url, headers, body = '' } = request;
    headers['x-date'] = new Date().toUTCString();
    headers.host = url.host;
    const covered = request.bodySignature === 'covered' && (method === 'POST' || method === 'PUT');
    if (covered) await describeBody(headers, typeof body === 'string' ? utf8Bytes(body) : Uint8Array.from(body));
    const names = covered ? withBody : withoutBody;
    const { pathname, search } = sentUrl(request);
    const text = signingString(names, method, pathname + search, (name) => headers[name]);
    const signature = await crypto.subtle.sign(signatureAlgorithm, await this.#key, utf8Bytes(text));
    headers.authorization = formatAuthorization({
      keyId: this.#keyId,
      algorithm: 'rsa-sha256',
      headers: names,
      signature: toBase64(new Uint8Array(signature)),
    });
  }
}

function keyOf(keyContent: string | undefined, cryptoKey: SigningKey | undefined): Promise<SigningKey> {
  if (keyContent !== undefined && cryptoKey === undefined) return importPrivateKey(keyContent);
  if (cryptoKey !== undefined && keyContent === undefined) return Promise.resolve(cryptoKey);
  throw new TypeError(`Expected one of keyContent and cryptoKey, got ${keyContent === undefined ? 'neither' : 'both'}.`);
}

async function describeBody(headers: Record<string, string>, body: Uint8Array<ArrayBuffer>): Promise<void> {
  headers['content-length'] = String(body.length);
  headers['content-type'] ??= 'application/json';
  headers[header.contentSha256] = toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', body)));
}
