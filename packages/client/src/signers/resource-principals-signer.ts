// Requests in the name of a resource of OCI, such as a function: whoever starts the program gives it a token and a key in
// environment variables, or in files that it replaces before the token expires.
import type { KeyObject } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { regionNamed } from '../config/endpoint.ts';
import type { Environment } from '../config/environment.ts';
import type { HttpRequest, RequestSigner } from '../http.ts';
import { loadPrivateKey } from './private-key.ts';
import { readTextFile } from './read-text-file.ts';
import { signRequest } from './sign-request.ts';
import { TokenError } from './token-error.ts';
import { expiryOf } from './token-expiry.ts';

/** Where the resource principal is described; nothing needs to be given. */
export interface ResourcePrincipalsOptions {
  /** Variables by name. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** @internal Unix milliseconds. */
  readonly now?: (() => number) | undefined;
}

const version = 'OCI_RESOURCE_PRINCIPAL_VERSION';
const rpst = 'OCI_RESOURCE_PRINCIPAL_RPST';
const privatePem = 'OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM';
const passphrase = 'OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE';
const region = 'OCI_RESOURCE_PRINCIPAL_REGION';

interface Session {
  readonly token: string;
  readonly key: KeyObject;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Files are read again this long before the token expires. */
const jitterMs = 60_000;

/**
 * Signs as the resource that the variables `OCI_RESOURCE_PRINCIPAL_*` describe, in version 2.2. A value that is an absolute path
 * stands for what the file holds: such files are read again from 60 s before the token expires, and after a 401. If they cannot
 * be read then, the old token is used while it is valid; otherwise `sign` throws `TokenError`. A token that is no file is used
 * as it is, for as long as the service takes it.
 *
 * The constructor throws `TypeError` for variables that are missing or do not fit together, `TokenError` for a token that is no JWT
 * with a time of expiry, `UnreadableFile`, and what is wrong with the key.
 */
export class ResourcePrincipalsSigner implements RequestSigner {
  /** The long name, such as `eu-frankfurt-1`. */
  readonly region: string;
  readonly #environment: Environment;
  readonly #now: () => number;
  #session: Session;

  constructor(options: ResourcePrincipalsOptions = {}) {
    const { environment = process.env, now = Date.now } = options;
    checkVariables(environment);
    this.region = regionNamed(valueOf(environment, region));
    this.#environment = { ...environment };
    this.#now = now;
    this.#session = readSession(environment);
  }

  sign(request: HttpRequest): void {
    const now = this.#now();
    if (this.#isInFiles && now >= this.#session.expiresAt - jitterMs) this.#renew(now);
    const { token, key } = this.#session;
    signRequest(request, key, `ST$${token}`, new Date(now));
  }

  /** True if the files hold another token or key than before. Rejects with what the constructor throws, and then keeps the old ones. */
  async refresh(): Promise<boolean> {
    const old = this.#session;
    this.#session = readSession(this.#environment);
    return old.token !== this.#session.token || !old.key.equals(this.#session.key);
  }

  get #isInFiles(): boolean {
    return isAbsolute(this.#environment[rpst] ?? '');
  }

  #renew(now: number): void {
    try {
      this.#session = readSession(this.#environment);
    } catch (cause) {
      if (now < this.#session.expiresAt) return;
      throw new TokenError(`The resource principal's token has expired, and no other could be read: ${String(cause)}`, { cause });
    }
  }
}

const whereItWorks = 'Resource principals work only where OCI starts the program, in a function for instance.';

function checkVariables(environment: Environment): void {
  const missing = [version, rpst, privatePem, region].filter((name) => !environment[name]);
  if (missing.length > 0) throw new TypeError(`Not in the environment: ${missing.join(', ')}. ${whereItWorks}`);
  if (environment[version] !== '2.2') throw new TypeError(`${version}: expected 2.2, got ${JSON.stringify(environment[version])}.`);
  const phrase = environment[passphrase];
  if (phrase && isAbsolute(phrase) !== isAbsolute(environment[privatePem] ?? '')) {
    throw new TypeError(`${privatePem} and ${passphrase}: expected two paths or two values, got one of each.`);
  }
}

function readSession(environment: Environment): Session {
  const key = loadPrivateKey(valueOf(environment, privatePem), valueOf(environment, passphrase));
  const token = valueOf(environment, rpst);
  const expiresAt = expiryOf(token);
  if (expiresAt === undefined) throw new TokenError('The resource principal session token is no JWT with a time of expiry (exp).');
  return { token, key, expiresAt };
}

/** The value of a variable, or of the file it names; without line breaks at its end. */
function valueOf(environment: Environment, name: string): string {
  const value = environment[name] ?? '';
  return (isAbsolute(value) ? readTextFile(value, name) : value).trim();
}
