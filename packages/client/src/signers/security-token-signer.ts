// Requests in the name of a session, as `oci session authenticate` opens one: a token and the private key it was issued for.
import type { KeyObject } from 'node:crypto';
import type { HttpRequest, RequestSigner } from '../http.ts';
import { loadPrivateKeyFrom, type PrivateKeySource } from './private-key.ts';
import { readTextFile } from './read-text-file.ts';
import { signRequest } from './sign-request.ts';

/** The session: exactly one of `token` and `securityTokenFile`, and its key. */
export interface SecurityTokenSignerOptions extends PrivateKeySource {
  /** The token itself, without `ST$`. */
  readonly token?: string | undefined;
  /** Path of the file the token is kept in; a leading `~` is the home directory. */
  readonly securityTokenFile?: string | undefined;
  /** Such as `eu-frankfurt-1`. */
  readonly region?: string | undefined;
}

/**
 * Signs with a session token. With a file, token and key are read again on `refresh`, so a session renewed by another program is
 * taken up. The constructor throws `TypeError`, `UnreadableFile` and what `loadPrivateKey` throws.
 */
export class SecurityTokenSigner implements RequestSigner {
  readonly region: string | undefined;
  readonly #options: SecurityTokenSignerOptions;
  #token: string;
  #key: KeyObject;

  constructor(options: SecurityTokenSignerOptions) {
    this.region = options.region;
    this.#options = { ...options };
    this.#token = readToken(options);
    this.#key = loadPrivateKeyFrom(options);
  }

  sign(request: HttpRequest): void {
    signRequest(request, this.#key, `ST$${this.#token}`, new Date());
  }

  /** True if the files hold another session than before. Rejects with what the constructor throws, and then keeps the old one. */
  async refresh(): Promise<boolean> {
    const token = readToken(this.#options);
    const key = loadPrivateKeyFrom(this.#options);
    const changed = token !== this.#token || !key.equals(this.#key);
    this.#token = token;
    this.#key = key;
    return changed;
  }
}

function readToken({ token, securityTokenFile }: SecurityTokenSignerOptions): string {
  if (token !== undefined && securityTokenFile !== undefined) {
    throw new TypeError('Expected one of token and securityTokenFile, got both.');
  }
  if (token === undefined && securityTokenFile === undefined) {
    throw new TypeError('Expected one of token and securityTokenFile, got neither.');
  }
  const text = (token ?? readTextFile(securityTokenFile ?? '', 'security token')).trim();
  if (text === '')
    throw new TypeError(`Expected a security token, got an empty text${securityTokenFile ? ` in ${securityTokenFile}` : ''}.`);
  return text;
}
