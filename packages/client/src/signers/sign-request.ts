// The signature of one request, RSA-SHA256 over a few header lines. On the path of every message: beside the RSA operation
// itself (a quarter of a millisecond) nothing here counts, so it is not done twice for one text.
import { hash, type KeyObject, sign } from 'node:crypto';
import { formatAuthorization, signingString } from 'millrace-protocol';
import type { HttpRequest, RequestBody } from '../http.ts';

// In the order of the Python SDK.
const withoutBody: readonly string[] = ['date', '(request-target)', 'host'];
const withBody: readonly string[] = [...withoutBody, 'content-length', 'content-type', 'x-content-sha256'];

/** Of a put without its body only method, target, host and date are signed: a text that changes once a second. */
const signaturesOfPuts = new WeakMap<KeyObject, Map<string, string>>();
/** Streams that are written to at a time by one key; more cost a signature a put again. */
const mostTexts = 32;

/** Holds the token of whom a request is made for. A request that has it is signed with it. */
export const delegationHeader = 'opc-obo-token';

/**
 * Sets `date`, `host` and `authorization`. For a POST or PUT whose body is covered also `content-length`, `x-content-sha256` and,
 * if there is none yet, `content-type: application/json`. An `opc-obo-token` is signed if there is one. Signing the same request
 * again, for another attempt, replaces them.
 */
export function signRequest(request: HttpRequest, key: KeyObject, keyId: string, date: Date): void {
  const { method, url, target, headers } = request;
  headers.date = date.toUTCString();
  headers.host = url.host;
  const covered = request.bodySignature === 'covered' && (method === 'POST' || method === 'PUT');
  if (covered) describeBody(headers, request.body ?? '');
  const always = covered ? withBody : withoutBody;
  const names = headers[delegationHeader] === undefined ? always : always.toSpliced(withoutBody.length, 0, delegationHeader);
  const text = signingString(names, method, target, (name) => headers[name]);
  const signature = method === 'POST' && !covered ? putSignature(text, key) : signatureOf(text, key);
  headers.authorization = formatAuthorization({ keyId, algorithm: 'rsa-sha256', headers: names, signature });
}

function signatureOf(text: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(text), key).toString('base64');
}

/** The same for the same text (PKCS #1 v1.5 takes no random number), so one that was made before is as good. */
function putSignature(text: string, key: KeyObject): string {
  const made = signaturesOfPuts.get(key) ?? new Map<string, string>();
  const known = made.get(text);
  if (known !== undefined) return known;
  const signature = signatureOf(text, key);
  if (made.size >= mostTexts) made.clear();
  signaturesOfPuts.set(key, made.set(text, signature));
  return signature;
}

function describeBody(headers: Record<string, string>, body: RequestBody): void {
  headers['content-length'] = String(Buffer.byteLength(body));
  headers['content-type'] ??= 'application/json';
  headers['x-content-sha256'] = hash('sha256', body, 'base64');
}
