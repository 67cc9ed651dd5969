// Who may sign requests: public keys by the keyId of their signatures.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** A user with one API key, and the tenancy both belong to. */
export interface ApiKey {
  readonly tenancyId: string;
  readonly userId: string;
  /** 16 colon-separated lower-case hex pairs: MD5 of the public key's DER. */
  readonly fingerprint: string;
  /** RSA, 2048 bits or more. */
  readonly publicKey: KeyObject;
}

/** API keys, found by `<tenancy>/<user>/<fingerprint>`. */
export class Keyring {
  readonly #keys: ReadonlyMap<string, ApiKey>;

  constructor(keys: readonly ApiKey[]) {
    this.#keys = new Map(keys.map((key) => [keyIdOf(key), key]));
  }

  find(keyId: string): ApiKey | undefined {
    return this.#keys.get(keyId);
  }
}

/** The keyId under which `key` signs. */
export function keyIdOf({ tenancyId, userId, fingerprint }: Omit<ApiKey, 'publicKey'>): string {
  return `${tenancyId}/${userId}/${fingerprint}`;
}

/** The fingerprint OCI gives a key; `key` may be private or public. */
export function fingerprintOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const digest = createHash('md5').update(der).digest('hex');
  return (digest.match(/../g) ?? []).join(':');
}
