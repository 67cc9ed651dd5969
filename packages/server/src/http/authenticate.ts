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

/** What an Authorization header claims; `verifiedText` is a text of which its signature is known to be the key's. */
interface Claim {
  readonly caller: ApiKey;
  readonly signed: readonly string[];
  readonly signature: string;
  readonly verifiedText: string | undefined;
}

/** Headers of puts that are remembered, about a kilobyte each. */
const maxRemembered = 1024;

/** Verifies signatures of requests with the keys of a keyring. */
export class Authenticator {
  readonly #keyring: Keyring;
  /**
   * By Authorization header, the oldest first. SDKs leave the body out of what they sign of PutMessages. What is left (method,
   * target, host, date) changes once a second, and an RSA signature is the same for the same text: all puts of a client to a
   * stream within a second carry the same header, and need one verification. Other operations' headers hardly ever come twice.
   */
  readonly #puts = new Map<string, Claim>();

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** Verifies the request's signature at `now` (Unix milliseconds); throws `NotAuthenticated`. */
  authenticate(request: SignedRequest, bodySignature: Operation['bodySignature'], now: number): Authenticated {
    const { method, headers } = request;
    const { authorization } = headers;
    const isPut = bodySignature === 'optional' && authorization !== undefined;
    const claim = (isPut && this.#puts.get(authorization)) || readClaim(authorization, method, bodySignature, this.#keyring);
    const { caller, signed, verifiedText } = claim;
    checkDate(headers, signed, now);
    const text = signedText(request, signed, request.target);
    if (text !== verifiedText) {
      checkSignature(request, claim, text);
      if (isPut) this.#remember(authorization, { ...claim, verifiedText: text });
    }
    return { caller, bodyDigest: signed.includes(header.contentSha256) ? headerOf(headers, header.contentSha256) : undefined };
  }

  #remember(authorization: string, claim: Claim): void {
    const [oldest] = this.#puts.keys();
    if (this.#puts.size >= maxRemembered && oldest !== undefined) this.#puts.delete(oldest);
    this.#puts.set(authorization, claim);
  }
}

/** Throws `NotAuthenticated` unless the body's digest is the one that was signed. */
export function checkDigest(signedDigest: string | undefined, computed: string): void {
  if (signedDigest !== undefined && signedDigest !== computed) {
    throw new NotAuthenticated(`${header.contentSha256}: computed ${computed}, sent ${signedDigest}.`);
  }
}

function readClaim(value: string | undefined, method: string, bodySignature: Operation['bodySignature'], keyring: Keyring): Claim {
  const { keyId, algorithm, headers: signed, signature } = readAuthorization(value);
  if (keyId.startsWith('ST$')) throw new NotAuthenticated(sessionHint, sessionHint);
  if (algorithm.toLowerCase() !== 'rsa-sha256') throw new NotAuthenticated(`Expected the algorithm rsa-sha256, got ${algorithm}.`);
  const caller = keyring.find(keyId);
  if (caller === undefined) throw new NotAuthenticated(`No API key has the keyId ${keyId}.`);
  checkCoverage(signed, method, bodySignature);
  return { caller, signed, signature, verifiedText: undefined };
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

function checkSignature(request: SignedRequest, { caller: { publicKey }, signed, signature }: Claim, text: string): void {
  const bytes = Buffer.from(signature, 'base64');
  if (verify('RSA-SHA256', Buffer.from(text), publicKey, bytes)) return;
  const legacy = legacySignedTarget(request.target);
  if (legacy !== request.target && verify('RSA-SHA256', Buffer.from(signedText(request, signed, legacy)), publicKey, bytes)) return;
  throw new NotAuthenticated(
    `The signature is not that of the request as it came. Text to sign, computed here: ${JSON.stringify(text)}; sent: headers=${JSON.stringify(signed.join(' '))}, signature of ${bytes.length} bytes.`,
  );
}

function signedText({ method, headers }: SignedRequest, signed: readonly string[], target: string): string {
  try {
    return signingString(signed, method, target, (name) => headerOf(headers, name));
  } catch (error) {
    throw error instanceof InvalidAuthorization ? new NotAuthenticated(error.message) : error;
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  // Names come from the caller: `constructor` is no header.
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}
