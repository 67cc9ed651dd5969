// What a service takes from a recorded request: two requests that are understood alike ask for the same, however they spell it.
import { createHash, createPublicKey, type KeyLike, verify } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { parseAuthorization, signingString } from 'millrace-protocol';
import type { RecordedRequest } from './recording-server.ts';

/** One request as a service understands it. All of it is compared. */
export interface Understood {
  readonly method: string;
  /** The segments of the path, each decoded by itself. */
  readonly path: readonly string[];
  /** Decoded parameters, sorted by name; a plus sign is a plus sign. */
  readonly query: readonly (readonly [string, string])[];
  /** Parsed JSON, `empty` for no bytes. */
  readonly body: unknown;
  readonly contentType: string;
  readonly contentLength: 'absent' | 'right' | 'wrong';
  readonly contentSha256: 'absent' | 'right' | 'wrong';
  /** The one that was given, else `generated` or `absent`. */
  readonly requestId: string;
  readonly ifMatch: string;
  readonly keyId: string;
  readonly algorithm: string;
  /** Sorted; `date` also stands for `x-date`. */
  readonly signedHeaders: readonly string[];
  readonly date: 'RFC 1123' | 'malformed';
  /** Over the raw target and the raw header values. */
  readonly signature: 'verifies' | 'does not verify';
}

/** What became of one call: nothing left the client, or one request did and its answer was taken or not. */
export type Outcome = { readonly sent: 'no' } | ({ readonly sent: 'yes'; readonly call: 'resolves' | 'rejects' } & Understood);

/** One field in which two outcomes differ. */
export interface Difference {
  readonly field: string;
  readonly official: unknown;
  readonly ours: unknown;
}

/** Every field that differs; of a request that was not sent, only that. */
export function differences(official: Outcome, ours: Outcome): Difference[] {
  if (official.sent !== ours.sent) return [{ field: 'sent', official: official.sent, ours: ours.sent }];
  const expected: Readonly<Record<string, unknown>> = { ...official };
  return Object.entries(ours)
    .map(([field, value]) => ({ field, official: expected[field], ours: value as unknown }))
    .filter((pair) => !isDeepStrictEqual(pair.official, pair.ours));
}

/** Throws if the request has no Authorization header that can be read, or a body that is no JSON. */
export function understand(request: RecordedRequest, publicKey: KeyLike): Understood {
  const { method, target, body } = request;
  const [path = '', ...query] = target.split('?');
  const { keyId, algorithm, headers } = parseAuthorization(headerOf(request, 'authorization') ?? '');
  return {
    method,
    path: path.split('/').slice(1).map(decode),
    query: parameters(query.join('?')),
    body: body.length === 0 ? 'empty' : (JSON.parse(body.toString()) as unknown),
    contentType: headerOf(request, 'content-type') ?? 'absent',
    contentLength: compared(headerOf(request, 'content-length'), String(body.length)),
    contentSha256: compared(headerOf(request, 'x-content-sha256'), createHash('sha256').update(body).digest('base64')),
    requestId: requestIdOf(request),
    ifMatch: headerOf(request, 'if-match') ?? 'absent',
    keyId,
    algorithm,
    signedHeaders: headers.map((name) => (name === 'x-date' ? 'date' : name)).toSorted(),
    date: dateOf(request, headers),
    signature: verifies(request, publicKey) ? 'verifies' : 'does not verify',
  };
}

/** The value of a header, by lower-case name; one that was sent twice gives both. */
function headerOf({ rawHeaders }: RecordedRequest, name: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(', ');
}

function parameters(query: string): [string, string][] {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const decoded = pairs.map((pair): [string, string] => {
    const [name = '', ...value] = pair.split('=');
    return [decode(name), decode(value.join('='))];
  });
  return decoded.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

/** Percent-decoded; text with a malformed escape stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function compared(actual: string | undefined, expected: string): 'absent' | 'right' | 'wrong' {
  if (actual === undefined) return 'absent';
  return actual === expected ? 'right' : 'wrong';
}

function requestIdOf(request: RecordedRequest): string {
  const id = headerOf(request, 'opc-request-id') ?? 'absent';
  return /^[\dA-F-]{32,36}$/i.test(id) ? 'generated' : id;
}

function dateOf(request: RecordedRequest, signed: readonly string[]): Understood['date'] {
  const date = headerOf(request, signed.includes('x-date') ? 'x-date' : 'date') ?? '';
  return new Date(date).toUTCString() === date ? 'RFC 1123' : 'malformed';
}

function verifies(request: RecordedRequest, publicKey: KeyLike): boolean {
  const { headers, signature } = parseAuthorization(headerOf(request, 'authorization') ?? '');
  const text = signingString(headers, request.method, request.target, (name) => headerOf(request, name));
  return verify('sha256', Buffer.from(text), createPublicKey(publicKey), Buffer.from(signature, 'base64'));
}
