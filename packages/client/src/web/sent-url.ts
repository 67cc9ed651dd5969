// The address of a request as `fetch` writes it.
import type { HttpRequest } from '../http.ts';

/**
 * Where `fetch` will send the request: of the query it escapes `'`, so this, not the target, is what the signature must cover. Throws
 * `TypeError` if it would send another path, as it would for `..`.
 */
export function sentUrl({ url, target }: HttpRequest): URL {
  const sent = new URL(url.origin + target);
  const [path = ''] = target.split('?', 1);
  if (sent.pathname === path) return sent;
  throw new TypeError(`fetch cannot send the path ${path}: it would go to ${sent.pathname}.`);
}
