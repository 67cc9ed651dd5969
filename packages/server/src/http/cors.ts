// What lets a page of another origin call the service (CORS). Any page may: a request counts by its signature, never by cookies or
// by where it comes from. Only requests with `origin`, which browsers alone send, pay for these headers.
import type { IncomingMessage } from 'node:http';
import { header } from 'millrace-protocol';

/** Of our answers, what a page could not read otherwise. */
const exposed: readonly string[] = [
  header.requestId,
  header.nextCursor,
  header.nextPage,
  header.workRequestId,
  header.etag,
  header.retryAfter,
  header.waitMs,
  header.durability,
  'allow',
  'date', // A client measures how far behind it is, and where it began to read, by the service's clock.
  'opc-client-info',
];

/** Name, value, name, value. Origin, methods and credentials are those the service was seen to send. */
export const corsHeaders: readonly string[] = [
  'access-control-allow-origin',
  '*',
  'access-control-allow-methods',
  'POST, PUT, GET, HEAD, DELETE, OPTIONS',
  'access-control-allow-credentials',
  'true',
  'access-control-expose-headers',
  exposed.join(', '),
];

/** Seconds a browser may remember the answer to a preflight; Chromium remembers none for longer. */
const preflightSeconds = 7200;

/** A browser asks whether a page may send a request. `OPTIONS` by itself is a method that no path allows. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** Beside `corsHeaders`. Every header that is asked for may be sent: `*` would leave out `authorization`. */
export function preflightHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const asked = headers['access-control-request-headers'];
  const allowed = asked === undefined ? {} : { 'access-control-allow-headers': asked };
  return { ...allowed, 'access-control-max-age': String(preflightSeconds) };
}
