// Requests in the name of the compute instance the program runs on: no key is configured, the instance proves itself with a
// certificate of the metadata service and gets a short-lived token for it.

import type { HttpRequest, RequestSigner, Transport } from '../http.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { openSession, type Session } from './federation.ts';
import { defaultMetadataBaseUrl, InstanceMetadata } from './instance-metadata.ts';
import { signRequest } from './sign-request.ts';

/** Everything has a default; on an instance nothing needs to be given. */
export interface InstancePrincipalsOptions {
  /** Default: the environment variable `OCI_METADATA_BASE_URL`, else `http://169.254.169.254/opc/v2`. */
  readonly metadataBaseUrl?: string | undefined;
  /** Base URL of the service that issues tokens. Default: `https://auth.<region>.<domain of the realm>`. */
  readonly federationEndpoint?: string | undefined;
  /** For metadata and tokens; it stays the caller's to close. Default: one of the signer's own while a token is fetched. */
  readonly transport?: Transport | undefined;
  /** @internal Unix milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** Where the instance is, and who gives it tokens. */
interface Place {
  readonly region: string;
  readonly realmDomain: string;
  readonly endpoint: string;
}

/** A token is replaced this long before it expires. */
const jitterMs = 60_000;

/**
 * Signs as the instance. The first token is fetched with the first request, or by `create`; every later one 60 s before the
 * last expires. Concurrent requests share one fetch. If it fails, the old token is used while it is valid; otherwise `sign`
 * rejects with `TokenError`.
 */
export class InstancePrincipalsSecurityTokenSigner implements RequestSigner {
  readonly #options: InstancePrincipalsOptions;
  readonly #now: () => number;
  #place: Place | undefined;
  #session: Session | undefined;
  #fetching: Promise<Session> | undefined;

  constructor(options: InstancePrincipalsOptions = {}) {
    this.#options = { ...options };
    this.#now = options.now ?? Date.now;
  }

  /** A signer that has its first token, and so knows its region. Rejects with `TokenError`, or the signal's reason. */
  static async create(options?: InstancePrincipalsOptions, signal?: AbortSignal): Promise<InstancePrincipalsSecurityTokenSigner> {
    const signer = new InstancePrincipalsSecurityTokenSigner(options);
    await signer.refresh(signal);
    return signer;
  }

  /** Of the instance; undefined before the first token. */
  get region(): string | undefined {
    return this.#place?.region;
  }

  /** Domain of the instance's realm, such as `oraclecloud.com`; undefined before the first token. */
  get realmDomain(): string | undefined {
    return this.#place?.realmDomain;
  }

  sign(request: HttpRequest): void | Promise<void> {
    const session = this.#session;
    if (session === undefined || this.#now() >= session.expiresAt - jitterMs) return this.#signRenewed(request, session);
    this.#signWith(session, request);
  }

  /** A new token, whatever the old one is worth. Rejects with `TokenError`; an abort ends the waiting, not the shared fetch. */
  async refresh(signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    await unlessAborted(this.#renew(), signal);
    return true;
  }

  async #signRenewed(request: HttpRequest, old: Session | undefined): Promise<void> {
    const session = await this.#renew().catch((error: unknown) => {
      if (old !== undefined && this.#now() < old.expiresAt) return old;
      throw error;
    });
    this.#signWith(session, request);
  }

  #signWith({ key, keyId }: Session, request: HttpRequest): void {
    signRequest(request, key, keyId, new Date(this.#now()));
  }

  #renew(): Promise<Session> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<Session> {
    const given = this.#options.transport;
    const transport = given ?? (await ownTransport());
    try {
      this.#session = await this.#federate(transport);
      return this.#session;
    } finally {
      if (given === undefined) transport.close();
    }
  }

  async #federate(transport: Transport): Promise<Session> {
    const { metadataBaseUrl = process.env.OCI_METADATA_BASE_URL ?? defaultMetadataBaseUrl, federationEndpoint } = this.#options;
    const metadata = new InstanceMetadata(transport, metadataBaseUrl);
    this.#place ??= await findPlace(metadata, federationEndpoint);
    return openSession(transport, this.#place.endpoint, await metadata.identity(), this.#now());
  }
}

async function findPlace(metadata: InstanceMetadata, endpoint: string | undefined): Promise<Place> {
  const { region, domain } = await metadata.region();
  return { region, realmDomain: domain, endpoint: endpoint ?? `https://auth.${region}.${domain}` };
}

/** Loaded when needed: with a transport of the caller's, the runtime need not have Node's. */
async function ownTransport(): Promise<Transport> {
  const { NodeTransport } = await import('../node-transport.ts');
  return new NodeTransport();
}
