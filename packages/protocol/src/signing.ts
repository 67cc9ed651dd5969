// OCI request signatures (draft-cavage-http-signatures-08 with RSA-SHA256): the texts that are signed and sent. No keys and
// no crypto here, so that client and server share the words and nothing else. Source: OCI "Request Signatures".

/** The parameters of an `Authorization: Signature …` header. */
export interface Authorization {
  /** `<tenancy>/<user>/<fingerprint>` for an API key, `ST$<token>` for a session. */
  readonly keyId: string;
  /** Always `rsa-sha256`. */
  readonly algorithm: string;
  /** Names of the signed headers in signing order, lower-case here whatever case was sent (the TypeScript SDK mixes it). */
  readonly headers: readonly string[];
  /** Base64. */
  readonly signature: string;
}

/** The header is no signature of this scheme; the message says why. */
export class InvalidAuthorization extends Error {
  override readonly name = 'InvalidAuthorization';
}

/** The pseudo-header for method and target. */
const requestTarget = '(request-target)';

/**
 * The headers a signature must cover; each inner list names alternatives. With `bodySigned` (POST, PUT and PATCH, but not
 * PutMessages, which may leave its body out) the content headers are among them.
 */
export function requiredSignedHeaders(bodySigned: boolean): readonly (readonly string[])[] {
  const always = [[requestTarget], ['host'], ['date', 'x-date']];
  return bodySigned ? [...always, ['x-content-sha256'], ['content-type'], ['content-length']] : always;
}

/**
 * The text that is signed: a line for each of `headers`, in order. `target` is path and query exactly as sent, never decoded
 * or normalised; `valueOf` gives a header's value by lower-case name. Throws `InvalidAuthorization` if one is absent.
 */
export function signingString(
  headers: readonly string[],
  method: string,
  target: string,
  valueOf: (name: string) => string | undefined,
): string {
  let text = '';
  for (const name of headers) {
    const value = name === requestTarget ? `${method.toLowerCase()} ${target}` : valueOf(name);
    if (value === undefined) throw new InvalidAuthorization(`The header ${name} is signed but was not sent.`);
    text += text === '' ? `${name}: ${value}` : `\n${name}: ${value}`;
  }
  return text;
}

/** The value of the Authorization header for these parameters. */
export function formatAuthorization({ keyId, algorithm, headers, signature }: Authorization): string {
  return `Signature version="1",keyId="${keyId}",algorithm="${algorithm}",headers="${headers.join(' ')}",signature="${signature}"`;
}

/** Reads an Authorization header: parameters in any order, unknown ones ignored. Throws `InvalidAuthorization`. */
export function parseAuthorization(value: string): Authorization {
  if (!/^signature\s/i.test(value)) {
    throw new InvalidAuthorization(`Expected the scheme Signature, got ${JSON.stringify(value.split(' ', 1)[0]?.slice(0, 32))}.`);
  }
  const parameters = parseParameters(value);
  const parameter = (name: string): string => {
    const found = parameters.get(name);
    if (found === undefined || found === '') throw new InvalidAuthorization(`The parameter ${name} is missing.`);
    return found;
  };
  const headers = parameter('headers')
    .toLowerCase()
    .split(' ')
    .filter((name) => name !== '');
  return { keyId: parameter('keyId'), algorithm: parameter('algorithm'), headers, signature: parameter('signature') };
}

/** name="value" pairs separated by commas; values hold no quotes (none of OCI's do). */
function parseParameters(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  let at = value.indexOf(' ');
  while (at !== -1 && at < value.length) {
    const equals = value.indexOf('="', at);
    const end = equals === -1 ? -1 : value.indexOf('"', equals + 2);
    if (end === -1) break;
    const name = value.slice(at, equals).replace(/[\s,]/g, '');
    if (parameters.has(name)) throw new InvalidAuthorization(`The parameter ${name} stands twice.`);
    parameters.set(name, value.slice(equals + 2, end));
    at = end + 1;
  }
  return parameters;
}
