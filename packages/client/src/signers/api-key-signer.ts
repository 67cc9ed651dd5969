// Requests in the name of a user, with an API key: the usual case.
import type { KeyObject } from 'node:crypto';
import type { HttpRequest, RequestSigner } from '../http.ts';
import { loadPrivateKeyFrom, type PrivateKeySource } from './private-key.ts';
import { signRequest } from './sign-request.ts';

/** Whose API key it is, and where it is kept. */
export interface SignerOptions extends PrivateKeySource {
  /** OCID of the tenancy. */
  readonly tenancy: string;
  /** OCID of the user. */
  readonly user: string;
  /** Of the public key: 16 pairs of lower-case hex digits with colons. */
  readonly fingerprint: string;
  /** Such as `eu-frankfurt-1`. */
  readonly region?: string | undefined;
}

/** Signs with an API key. The key is read once, by the constructor, which throws what `loadPrivateKeyFrom` throws. */
export class Signer implements RequestSigner {
  readonly region: string | undefined;
  readonly #keyId: string;
  readonly #key: KeyObject;

  constructor(options: SignerOptions) {
    this.region = options.region;
    this.#keyId = `${options.tenancy}/${options.user}/${options.fingerprint}`;
    this.#key = loadPrivateKeyFrom(options);
  }

  sign(request: HttpRequest): void {
    signRequest(request, this.#key, this.#keyId, new Date());
  }
}
