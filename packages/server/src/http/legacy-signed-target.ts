// The official npm client signs the URL as Node's legacy parser writes it, but sends it as WHATWG URLs are written. This is
// the way back from what was sent to what was signed (seen with oci-common 2.139.1; mended there in 2.142.1).

const escapedOnlyWhenSigned = /[{}|\\^`]/g;
/** One character beyond ASCII in UTF-8, as a URL escapes it: in capitals. Other escapes are the caller's own, and were signed as they are. */
const nonAscii = /%(?:[CD][0-9A-F]|(?:E[0-9A-F]|F[0-7]%[89AB][0-9A-F])%[89AB][0-9A-F])%[89AB][0-9A-F]/g;

/** The form of `target` (path and query as sent) that the npm client may have signed; `target` itself if there is no other. */
export function legacySignedTarget(target: string): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark);
  return path.replaceAll("'", '%27') + query.replace(escapedOnlyWhenSigned, encodeURIComponent).replace(nonAscii, decodeIfUtf8);
}

function decodeIfUtf8(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return escapes;
  }
}
