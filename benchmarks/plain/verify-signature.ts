// Request signatures (draft-cavage-http-signatures-08, RSA-SHA256) as OCI asks for them, checked the ordinary way.
import { createHash, type KeyObject, verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const maxSkewMs = 5 * 60 * 1000;
const bodyHeaders = ['x-content-sha256', 'content-type', 'content-length'];

/** Whether the request's body must be covered by its signature (it may always be). */
export type BodySigning = 'required' | 'optional';

/** A request that is not signed by a known key; answered 401. */
export class NotAuthenticated extends Error {}

/**
 * Throws `NotAuthenticated` unless the headers are signed by one of `keys` (public keys by keyId), no more than five
 * minutes ago, with the headers OCI asks for; and the body has the digest that was signed, if one was.
 */
export function verifySignature(
  request: IncomingMessage,
  body: Buffer,
  keys: ReadonlyMap<string, KeyObject>,
  bodySigning: BodySigning,
): void {
  const parameters = parseAuthorization(request.headers.authorization);
  const key = keys.get(parameters.get('keyId') ?? '');
  if (key === undefined || parameters.get('algorithm') !== 'rsa-sha256') throw new NotAuthenticated('Unknown key.');
  const names = (parameters.get('headers') ?? '').toLowerCase().split(' ');
  requireHeaders(request, names, bodySigning);
  const signature = Buffer.from(parameters.get('signature') ?? '', 'base64');
  if (!verify('sha256', Buffer.from(signingString(request, names)), key, signature)) {
    throw new NotAuthenticated('The signature does not match.');
  }
  if (names.includes('x-content-sha256') && request.headers['x-content-sha256'] !== sha256(body)) {
    throw new NotAuthenticated('The body does not match x-content-sha256.');
  }
}

function parseAuthorization(authorization: string | undefined): Map<string, string> {
  if (!authorization?.startsWith('Signature ')) throw new NotAuthenticated('Expected a Signature.');
  const matches = authorization.matchAll(/(\w+)="([^"]*)"/g);
  return new Map(Array.from(matches, ([, name, value]) => [name ?? '', value ?? '']));
}

function requireHeaders(request: IncomingMessage, names: readonly string[], bodySigning: BodySigning): void {
  const date = names.includes('x-date') ? 'x-date' : 'date';
  const required = ['(request-target)', 'host', date, ...(bodySigning === 'required' ? bodyHeaders : [])];
  const missing = required.find((name) => !names.includes(name));
  if (missing !== undefined) throw new NotAuthenticated(`Expected ${missing} to be signed.`);
  const skewMs = Math.abs(Date.now() - Date.parse(String(request.headers[date])));
  if (!(skewMs <= maxSkewMs)) throw new NotAuthenticated(`Expected ${date} within five minutes of now.`);
}

function signingString(request: IncomingMessage, names: readonly string[]): string {
  return names.map((name) => `${name}: ${headerValue(request, name)}`).join('\n');
}

function headerValue(request: IncomingMessage, name: string): string {
  if (name === '(request-target)') return `${request.method?.toLowerCase()} ${request.url}`;
  const value = request.headers[name];
  if (typeof value !== 'string') throw new NotAuthenticated(`Expected the signed header ${name}.`);
  return value;
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64');
}
