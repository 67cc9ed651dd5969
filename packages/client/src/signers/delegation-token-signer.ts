// Requests of one in the name of another: an instance, for instance, that acts for the user whose delegation token it has.
import type { HttpRequest, RequestSigner } from '../http.ts';
import { readTextFile } from './read-text-file.ts';
import { delegationHeader } from './sign-request.ts';

/** On whose behalf: exactly one of `token` and `delegationTokenFile`. */
export interface DelegationTokenSignerOptions {
  /** The token itself. */
  readonly token?: string | undefined;
  /** Path of the file the token is kept in; a leading `~` is the home directory. */
  readonly delegationTokenFile?: string | undefined;
}

/**
 * Has `signer` sign each request with the token in the header `opc-obo-token`, which the signers of this package cover with their
 * signature, as OCI requires; one of your own has to do so too. With a file, the token is read again on `refresh`. The constructor
 * throws `TypeError` and `UnreadableFile`.
 */
export class DelegationTokenSigner implements RequestSigner {
  readonly #signer: RequestSigner;
  readonly #options: DelegationTokenSignerOptions;
  #token: string;

  constructor(signer: RequestSigner, options: DelegationTokenSignerOptions) {
    this.#signer = signer;
    this.#options = { ...options };
    this.#token = readToken(options);
  }

  /** Of the signer within. */
  get region(): string | undefined {
    return this.#signer.region;
  }

  /** Of the signer within. */
  get realmDomain(): string | undefined {
    return this.#signer.realmDomain;
  }

  sign(request: HttpRequest): void | Promise<void> {
    request.headers[delegationHeader] = this.#token;
    return this.#signer.sign(request);
  }

  /** True if the token's file holds another one than before, or the signer within has new credentials. Rejects as either does. */
  async refresh(signal?: AbortSignal): Promise<boolean> {
    const old = this.#token;
    this.#token = readToken(this.#options);
    const isInnerNew = (await this.#signer.refresh?.(signal)) ?? false;
    return isInnerNew || this.#token !== old;
  }
}

/** Without line breaks, with which a file may wrap it, and which no header can hold. */
function readToken({ token, delegationTokenFile }: DelegationTokenSignerOptions): string {
  if (token !== undefined && delegationTokenFile !== undefined) {
    throw new TypeError('Expected one of token and delegationTokenFile, got both.');
  }
  if (token === undefined && delegationTokenFile === undefined) {
    throw new TypeError('Expected one of token and delegationTokenFile, got neither.');
  }
  const text = (token ?? readTextFile(delegationTokenFile ?? '', 'delegation token')).replaceAll(/[\r\n]/g, '').trim();
  if (text === '') {
    throw new TypeError(`Expected a delegation token, got an empty text${delegationTokenFile ? ` in ${delegationTokenFile}` : ''}.`);
  }
  return text;
}
