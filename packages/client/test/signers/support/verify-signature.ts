// The other side of a signature, with the protocol's words and node's crypto.
import { createHash, type KeyObject, verify } from 'node:crypto';
import { type Authorization, parseAuthorization, requiredSignedHeaders, signingString } from 'millrace-protocol';

/** What arrived. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What the Authorization header says. Throws unless the signature is `publicKey`'s, covers what it must, and fits the body. */
export function verifySignature({ method, target, headers, body }: Received, publicKey: KeyObject, bodySigned: boolean): Authorization {
  const authorization = parseAuthorization(String(headers.authorization));
  const text = signingString(authorization.headers, method, target, (name) => headers[name]?.toString());
  if (!verify('sha256', Buffer.from(text), publicKey, Buffer.from(authorization.signature, 'base64'))) {
    throw new Error(`Not a signature of ${JSON.stringify(text)}.`);
  }
  const missing = requiredSignedHeaders(bodySigned).filter((names) => !names.some((name) => authorization.headers.includes(name)));
  if (missing.length > 0) throw new Error(`Not signed: ${missing.join(' ')}.`);
  const digest = createHash('sha256').update(body).digest('base64');
  if (bodySigned && headers['x-content-sha256'] !== digest) throw new Error(`The digest of the body is ${digest}.`);
  return authorization;
}
