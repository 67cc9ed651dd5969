import type { HttpRequest } from '../../../src/http.ts';
import type { Received } from './verify-signature.ts';

/** A request to 127.0.0.1; GET without a body unless said otherwise. */
export function request(target: string, parts: Partial<HttpRequest> = {}): HttpRequest {
  const url = new URL('http://127.0.0.1:8080');
  return { method: 'GET', url, target, headers: {}, body: undefined, bodySignature: 'covered', ...parts };
}

/** The request as the other side sees it. */
export function received({ method, target, headers, body }: HttpRequest): Received {
  return { method, target, headers, body: Buffer.from(body ?? '').toString() };
}
