// Exchanges an instance's certificate for a token: POST /v1/x509 at the authentication service of the region.
import { generateKeyPair, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto';
import { bodyText } from '../body-text.ts';
import type { HttpRequest, HttpResponse, Transport } from '../http.ts';
import { type InstanceIdentity, identityTimeouts, textMember } from './instance-metadata.ts';
import { signRequest } from './sign-request.ts';
import { TokenError } from './token-error.ts';
import { expiryOf, parseJson } from './token-expiry.ts';

/** A token and the key it was issued for; requests are signed with both. */
export interface Session {
  readonly keyId: string;
  readonly key: KeyObject;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/**
 * A session with a key of its own, made here. `endpoint` has no path; `now` is Unix milliseconds. Throws `TokenError`. One
 * attempt only.
 */
export async function openSession(transport: Transport, endpoint: string, identity: InstanceIdentity, now: number): Promise<Session> {
  const { publicKey, privateKey } = await generateKeys();
  const request = tokenRequest(endpoint, identity, publicKey);
  const { certificate, key, tenancy } = identity;
  signRequest(request, key, `${tenancy}/fed-x509/${certificate.fingerprint}`, new Date(now));
  const token = parseToken(await send(transport, request));
  const expiresAt = expiryOf(token);
  if (expiresAt === undefined) throw new TokenError('The token of the federation service is no JWT with a time of expiry (exp).');
  return { keyId: `ST$${token}`, key: privateKey, expiresAt };
}

/** By hand: `promisify` would load node:util, a quarter of the time that importing the client would take. */
function generateKeys(): Promise<KeyPairKeyObjectResult> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: 2048 }, (error, publicKey, privateKey) => {
      if (error === null) resolve({ publicKey, privateKey });
      else reject(error);
    });
  });
}

/** Certificates and key go in as base64 of their DER, which is PEM without the armour. */
function tokenRequest(endpoint: string, { certificate, intermediate }: InstanceIdentity, publicKey: KeyObject): HttpRequest {
  const body = {
    certificate: certificate.raw.toString('base64'),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    intermediateCertificates: [intermediate.raw.toString('base64')],
    purpose: 'DEFAULT',
  };
  const url = new URL(`${endpoint.endsWith('/') ? endpoint.slice(0, -1) : endpoint}/v1/x509`);
  return {
    method: 'POST',
    url,
    target: url.pathname + url.search,
    headers: { accept: 'application/json' },
    body: JSON.stringify(body),
    bodySignature: 'covered',
  };
}

async function send(transport: Transport, request: HttpRequest): Promise<string> {
  const answer = await sent(transport, request);
  const text = bodyText(answer.body);
  if (answer.status === 200) return text;
  throw new TokenError(`The federation service answered ${answer.status} to ${request.url.href}.${reasonIn(text)}`, {
    status: answer.status,
  });
}

async function sent(transport: Transport, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await transport.send(request, identityTimeouts, undefined);
  } catch (cause) {
    throw new TokenError(`The federation service did not answer at ${request.url.href}.`, { cause });
  }
}

/** Code and message of an OCI error body, if it is one, at a length for people. */
function reasonIn(text: string): string {
  const error = parseJson(text);
  const parts = [textMember(error, 'code'), textMember(error, 'message')].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` ${parts.join(': ').slice(0, 500)}`;
}

function parseToken(text: string): string {
  const token = textMember(parseJson(text), 'token');
  if (token === undefined) throw new TokenError('The federation service answered 200, but without a token.');
  return token;
}
