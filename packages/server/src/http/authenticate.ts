// Who is calling: verifies the OCI request signature over the headers, before anything of the body is read.
import { verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import {
  header,
  InvalidAuthorization,
  limits,
  type Operation,
  parseAuthorization,
  requiredSignedHeaders,
  signingString,
} from 'millrace-protocol';
import type { ApiKey, Keyring } from '../identity/keyring.ts';
import { legacySignedTarget } from './legacy-signed-target.ts';

/** What a signature is checked against. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as they came over the wire. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** A known caller; `bodyDigest` is the digest the signature vouches for, which the body has yet to prove. */
export interface Authenticated {
  readonly caller: ApiKey;
  readonly bodyDigest: string | undefined;
}

/** The caller is not known. `reason` is for the log; `hint`, if any, is for every caller. */
export class NotAuthenticated extends Error {
  override readonly name = 'NotAuthenticated';
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}

const sessionHint = 'Session tokens (ST$…) are not supported; sign with an API key: <tenancy OCID>/<user OCID>/<fingerprint>.';

/** Verifies the request's signature at `now` (Unix milliseconds); throws `NotAuthenticated`. */
export function authenticate(
  request: SignedRequest,
  bodySignature: Operation['bodySignature'],
  keyring: Keyring,
  now: number,
): Authenticated {
  const { keyId, algorithm, headers: signed, signature } = readAuthorization(request.headers.authorization);
  if (keyId.startsWith('ST$')) throw new NotAuthenticated(sessionHint, sessionHint);
  if (algorithm.toLowerCase() !== 'rsa-sha256') throw new NotAuthenticated(`Expected the algorithm rsa-sha256, got ${algorithm}.`);
  const caller = keyring.find(keyId);
  if (caller === undefined) throw new NotAuthenticated(`No API key has the keyId ${keyId}.`);
  checkCoverage(signed, request.method, bodySignature);
  checkDate(request.headers, signed, now);
  checkSignature(request, signed, signature, caller);
  return { caller, bodyDigest: signed.includes(header.contentSha256) ? headerOf(request.headers, header.contentSha256) : undefined };
}

/** Throws `NotAuthenticated` unless the body's digest is the one that was signed. */
export function checkDigest(signedDigest: string | undefined, computed: string): void {
  if (signedDigest !== undefined && signedDigest !== computed) {
    throw new NotAuthenticated(`${header.contentSha256}: computed ${computed}, sent ${signedDigest}.`);
  }
}

function readAuthorization(value: string | undefined): ReturnType<typeof parseAuthorization> {
  if (value === undefined) throw new NotAuthenticated('There is no Authorization header.');
  try {
    return parseAuthorization(value);
  } catch (error) {
    throw error instanceof InvalidAuthorization ? new NotAuthenticated(`Authorization header: ${error.message}`) : error;
  }
}

function checkCoverage(signed: readonly string[], method: string, bodySignature: Operation['bodySignature']): void {
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  for (const alternatives of requiredSignedHeaders(hasBody && bodySignature === 'required')) {
    if (!alternatives.some((name) => signed.includes(name))) {
      throw new NotAuthenticated(`The signature must cover ${alternatives.join(' or ')}; it covers ${signed.join(' ')}.`);
    }
  }
}

/** Where both are sent, x-date counts. */
function checkDate(headers: IncomingHttpHeaders, signed: readonly string[], now: number): void {
  const name = headers['x-date'] === undefined ? 'date' : 'x-date';
  const value = headerOf(headers, name) ?? '';
  if (!signed.includes(name)) throw new NotAuthenticated(`${name} counts here, but the signature does not cover it.`);
  const skewMs = Date.parse(value) - now;
  if (!(Math.abs(skewMs) <= limits.clockSkewMs)) {
    const served = new Date(now).toUTCString();
    throw new NotAuthenticated(
      `${name}: expected a time within ${limits.clockSkewMs / 60_000} minutes of ${served}, got ${JSON.stringify(value)}.`,
    );
  }
}

function checkSignature(
  { method, target, headers }: SignedRequest,
  signed: readonly string[],
  signature: string,
  { publicKey }: ApiKey,
): void {
  const bytes = Buffer.from(signature, 'base64');
  const textFor = (candidate: string): string => {
    try {
      return signingString(signed, method, candidate, (name) => headerOf(headers, name));
    } catch (error) {
      throw error instanceof InvalidAuthorization ? new NotAuthenticated(error.message) : error;
    }
  };
  const text = textFor(target);
  if (verify('RSA-SHA256', Buffer.from(text), publicKey, bytes)) return;
  const legacy = legacySignedTarget(target);
  if (legacy !== target && verify('RSA-SHA256', Buffer.from(textFor(legacy)), publicKey, bytes)) return;
  throw new NotAuthenticated(
    `The signature is not that of the request as it came. Text to sign, computed here: ${JSON.stringify(text)}; sent: headers=${JSON.stringify(signed.join(' '))}, signature of ${bytes.length} bytes.`,
  );
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  // Names come from the caller: `constructor` is no header.
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}
