// Signs requests as the OCI SDKs do (draft-cavage-http-signatures-08, RSA-SHA256). Own code, shared with neither server, so
// that no two sides can agree on the same mistake.
import { hash, type KeyObject, sign } from 'node:crypto';

export interface Credentials {
  /** `<tenancy>/<user>/<fingerprint>`. */
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

export interface UnsignedRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path and query, exactly as sent. */
  readonly target: string;
  readonly body?: Buffer;
}

export interface SignedRequest extends UnsignedRequest {
  readonly port: number;
  /** All headers of the request; `content-length` is among them only if it is signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `with-digest` signs the body too; `headers-only` is what SDKs do for GET and for PutMessages. */
export type Coverage = 'headers-only' | 'with-digest';

/** The request, signed for 127.0.0.1 at `port`: good for five minutes from `date`. */
export function signRequest(
  request: UnsignedRequest,
  port: number,
  who: Credentials,
  coverage: Coverage,
  date: Date = new Date(),
): SignedRequest {
  const headers: Record<string, string> = { date: date.toUTCString(), host: `127.0.0.1:${port}` };
  const signed = ['date', '(request-target)', 'host'];
  if (request.method === 'POST') headers['content-type'] = 'application/json';
  if (coverage === 'with-digest') {
    const body = request.body ?? Buffer.alloc(0);
    headers['content-length'] = String(body.length);
    headers['x-content-sha256'] = hash('sha256', body, 'base64');
    signed.push('content-length', 'content-type', 'x-content-sha256');
  }
  const target = `${request.method.toLowerCase()} ${request.target}`;
  const lines = signed.map((name) => `${name}: ${name === '(request-target)' ? target : headers[name]}`);
  const signature = sign('sha256', Buffer.from(lines.join('\n')), who.privateKey).toString('base64');
  const parameters = { version: '1', keyId: who.keyId, algorithm: 'rsa-sha256', headers: signed.join(' '), signature };
  const quoted = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return { ...request, port, headers: { ...headers, authorization: `Signature ${quoted.join(',')}` } };
}
