// The providers of oci-common as signers of ours. They are known by their methods, so any version of that package will do.
import type { KeyObject } from 'node:crypto';
import type { HttpRequest, RequestSigner } from '../http.ts';
import { DelegationTokenSigner } from '../signers/delegation-token-signer.ts';
import { InstancePrincipalsSecurityTokenSigner } from '../signers/instance-principals-signer.ts';
import { loadPrivateKey } from '../signers/private-key.ts';
import { signRequest } from '../signers/sign-request.ts';

/** A region as oci-common describes it. */
export interface Region {
  readonly regionId: string;
  readonly realm: { readonly secondLevelDomain: string };
}

/** Who signs: what every provider of oci-common has, and in the second half what some have. */
export interface AuthenticationDetailsProvider {
  /** Asked before each request, and so the place to renew a session. */
  getKeyId(): Promise<string>;
  /** PEM; asked after `getKeyId`, before each request. */
  getPrivateKey(): string;
  getPassphrase(): string | null;
  /** Of `StreamAdminClient`'s endpoint. */
  getRegion?(): Region | undefined;
  /** `instance_principal`: another one signs, in the name of whom the delegation token says. */
  getAuthType?(): string | undefined;
  /** Who signs instead; without one it is the instance. */
  getProvider?(): AuthenticationDetailsProvider | null | undefined;
  getDelegationToken?(): string | undefined;
  /** Called once after a 401. */
  refresh?(): Promise<unknown>;
  closeProvider?(): void;
}

/** Throws `TypeError` for what is no provider, and what is wrong with its key. */
export function signerOf(given: AuthenticationDetailsProvider | RequestSigner): RequestSigner {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`authenticationDetailsProvider: expected a provider of oci-common or a signer, got ${String(given)}.`);
  }
  if ('sign' in given) return given;
  const type = given.getAuthType?.();
  const actor = given.getProvider?.();
  if (!type) return new ProviderSigner(actor ?? given);
  if (type !== 'instance_principal') throw new TypeError(`getAuthType: expected instance_principal, got ${JSON.stringify(type)}.`);
  const signer = actor ? new ProviderSigner(actor) : new InstancePrincipalsSecurityTokenSigner();
  const token = given.getDelegationToken?.();
  return token ? new DelegationTokenSigner(signer, { token }) : signer;
}

class ProviderSigner implements RequestSigner {
  readonly #provider: AuthenticationDetailsProvider;
  #loaded: { readonly pem: string; readonly key: KeyObject };

  constructor(provider: AuthenticationDetailsProvider) {
    this.#provider = provider;
    this.#loaded = loadKey(provider);
  }

  async sign(request: HttpRequest): Promise<void> {
    const keyId = await this.#provider.getKeyId();
    if (this.#provider.getPrivateKey() !== this.#loaded.pem) this.#loaded = loadKey(this.#provider);
    signRequest(request, this.#loaded.key, keyId, new Date());
  }

  /** The next keyId tells whether there are new credentials. */
  async refresh(): Promise<boolean> {
    await this.#provider.refresh?.();
    return false;
  }
}

function loadKey(provider: AuthenticationDetailsProvider): { readonly pem: string; readonly key: KeyObject } {
  const pem = provider.getPrivateKey();
  return { pem, key: loadPrivateKey(pem, provider.getPassphrase() ?? undefined) };
}
