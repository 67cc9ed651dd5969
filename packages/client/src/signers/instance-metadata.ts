// What a compute instance knows about itself, from the metadata service at a link-local address (version 2 of it).
import { type KeyObject, X509Certificate } from 'node:crypto';
import { bodyText } from '../body-text.ts';
import { regionNamed } from '../config/endpoint.ts';
import type { HttpRequest, HttpResponse, Transport } from '../http.ts';
import { loadPrivateKey } from './private-key.ts';
import { TokenError } from './token-error.ts';

/** The metadata service as seen from any instance. */
export const defaultMetadataBaseUrl = 'http://169.254.169.254/opc/v2';

/** For metadata and federation alike. */
export const identityTimeouts = { connectMs: 10_000, readMs: 60_000 } as const;

/** Where the instance runs. */
export interface InstanceRegion {
  /** Such as `eu-frankfurt-1`. */
  readonly region: string;
  /** Second-level domain of the realm, such as `oraclecloud.com`. */
  readonly domain: string;
}

/** The certificate that proves which instance this is. It is replaced several times a day. */
export interface InstanceIdentity {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly intermediate: X509Certificate;
  /** OCID, out of the certificate's subject. */
  readonly tenancy: string;
}

/** Reads the documents; every failure is a `TokenError` that names the document. */
export class InstanceMetadata {
  readonly #transport: Transport;
  readonly #baseUrl: string;

  /** `baseUrl` with or without a slash at its end. */
  constructor(transport: Transport, baseUrl: string) {
    this.#transport = transport;
    this.#baseUrl = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  }

  /** From `instance/regionInfo`; where that is not served, `instance/region`, which may be a short name, and the commercial realm. */
  async region(): Promise<InstanceRegion> {
    const answer = await this.#get('instance/regionInfo');
    if (answer.status !== 404) return parseRegionInfo(this.#text('instance/regionInfo', answer));
    const region = this.#text('instance/region', await this.#get('instance/region')).trim();
    return { region: regionNamed(region), domain: 'oraclecloud.com' };
  }

  /** Read anew on each call. */
  async identity(): Promise<InstanceIdentity> {
    const [certificatePem, keyPem, intermediatePem] = await Promise.all([
      this.#document('identity/cert.pem'),
      this.#document('identity/key.pem'),
      this.#document('identity/intermediate.pem'),
    ]);
    const certificate = parsed('identity/cert.pem', () => new X509Certificate(certificatePem));
    return {
      certificate,
      key: parsed('identity/key.pem', () => loadPrivateKey(keyPem)),
      intermediate: parsed('identity/intermediate.pem', () => new X509Certificate(intermediatePem)),
      tenancy: tenancyOf(certificate),
    };
  }

  async #document(name: string): Promise<string> {
    return this.#text(name, await this.#get(name));
  }

  async #get(name: string): Promise<HttpResponse> {
    const url = this.#baseUrl + name;
    try {
      return await this.#transport.send(metadataRequest(url), identityTimeouts, undefined);
    } catch (cause) {
      throw new TokenError(`The metadata service did not answer at ${url}. ${whereItWorks}`, { cause });
    }
  }

  #text(name: string, { status, body }: HttpResponse): string {
    if (status !== 200) {
      throw new TokenError(`The metadata service answered ${status} to ${this.#baseUrl}${name}. ${whereItWorks}`, { status });
    }
    return bodyText(body);
  }
}

const whereItWorks = 'Instance principals work only on an OCI compute instance.';

function metadataRequest(href: string): HttpRequest {
  const url = new URL(href);
  return {
    method: 'GET',
    url,
    target: url.pathname + url.search,
    headers: { authorization: 'Bearer Oracle', accept: '*/*' },
    body: undefined,
    bodySignature: 'left-out',
  };
}

function parsed<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new TokenError(`The metadata service's ${name} cannot be used: ${String(cause)}`, { cause });
  }
}

function parseRegionInfo(text: string): InstanceRegion {
  const info: unknown = parsed('instance/regionInfo', () => JSON.parse(text));
  const region = textMember(info, 'regionIdentifier');
  const domain = textMember(info, 'realmDomainComponent');
  if (region === undefined || domain === undefined) {
    throw new TokenError(`Expected regionIdentifier and realmDomainComponent in instance/regionInfo, got ${text.slice(0, 200)}.`);
  }
  return { region, domain };
}

/** A member that is a text and not empty, of whatever was parsed. */
export function textMember(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'string' && member !== '' ? member : undefined;
}

/** Node gives the subject as lines `OU=opc-tenant:ocid1…`, with `+` between the parts of one line. */
function tenancyOf({ subject }: X509Certificate): string {
  const values = subject.split(/[\n+]/).map((part) => part.slice(part.indexOf('=') + 1).trim());
  for (const prefix of ['opc-tenant:', 'opc-identity:']) {
    const found = values.find((value) => value.startsWith(prefix));
    if (found !== undefined) return found.slice(prefix.length);
  }
  throw new TokenError(`The instance's certificate names no tenancy; its subject is ${JSON.stringify(subject)}.`);
}
