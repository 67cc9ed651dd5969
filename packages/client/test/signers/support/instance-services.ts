// A stand-in for what an instance talks to: the metadata service and the service that issues tokens. It checks every signature.
import { createPublicKey, type KeyObject, type KeyPairKeyObjectResult, X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { selfSignedCertificate } from './certificate.ts';
import { rsaPair } from './keys.ts';
import { verifySignature } from './verify-signature.ts';

/** One token that was issued. */
export interface Issued {
  readonly token: string;
  readonly sessionKey: KeyObject;
  /** Of the request for it. */
  readonly keyId: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const leaf = rsaPair();
const intermediate = selfSignedCertificate(rsaPair(), ['an intermediate']);

/** Both services on 127.0.0.1, with one tenancy's instance in them. Its fields can be changed while it runs. */
export class InstanceServices implements AsyncDisposable {
  /** Unix milliseconds, for the services and for whoever is given `now`. */
  time: number = Date.UTC(2026, 10, 24);
  /** Answers by path below the base URL; what is not here is a 404. */
  readonly documents: Map<string, string> = new Map();
  /** Served by the federation service instead of a token. */
  refusal: Answer | undefined;
  /** Before the federation service answers. */
  beforeAnswer: () => void | Promise<void> = () => {};
  /** Seconds. */
  tokenLifetime = 1200;
  readonly issued: Issued[] = [];
  readonly metadataRequests: string[] = [];
  readonly #metadata: Server = createServer();
  readonly #federation: Server = createServer();
  #certificate = '';

  static async start(units: readonly string[]): Promise<InstanceServices> {
    const services = new InstanceServices();
    services.setCertificate(units);
    services.documents.set('identity/key.pem', leaf.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
    services.documents.set('identity/intermediate.pem', intermediate);
    const place = { realmKey: 'oc1', realmDomainComponent: 'oraclecloud.test', regionKey: 'FRA', regionIdentifier: 'eu-frankfurt-1' };
    services.documents.set('instance/regionInfo', JSON.stringify(place));
    services.documents.set('instance/region', 'fra');
    serve(services.#metadata, (request) => services.#answerMetadata(request));
    serve(services.#federation, (request) => services.#answerFederation(request));
    await Promise.all([listen(services.#metadata), listen(services.#federation)]);
    return services;
  }

  get metadataBaseUrl(): string {
    return `${urlOf(this.#metadata)}/opc/v2`;
  }

  get federationEndpoint(): string {
    return urlOf(this.#federation);
  }

  /** What a signer needs to find the services. */
  get options(): { metadataBaseUrl: string; federationEndpoint: string; now: () => number } {
    return { metadataBaseUrl: this.metadataBaseUrl, federationEndpoint: this.federationEndpoint, now: () => this.time };
  }

  /** Gives the instance a certificate with these organizational units. */
  setCertificate(units: readonly string[], pair: KeyPairKeyObjectResult = leaf): void {
    this.#certificate = selfSignedCertificate(pair, units);
    this.documents.set('identity/cert.pem', this.#certificate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#metadata, this.#federation].map(stop));
  }

  async #answerMetadata({ url = '', headers }: IncomingMessage): Promise<Answer> {
    this.metadataRequests.push(url);
    if (headers.authorization !== 'Bearer Oracle') return { status: 401, body: '' };
    const body = url.startsWith('/opc/v2/') ? this.documents.get(url.slice('/opc/v2/'.length)) : undefined;
    return body === undefined ? { status: 404, body: 'not here' } : { status: 200, body };
  }

  async #answerFederation(request: IncomingMessage): Promise<Answer> {
    const { method = '', url: target = '', headers } = request;
    const body = await text(request);
    await this.beforeAnswer();
    if (this.refusal !== undefined) return this.refusal;
    if (target !== '/v1/x509') return { status: 404, body: '' };
    const { keyId } = verifySignature({ method, target, headers, body }, leaf.publicKey, true);
    if (Date.parse(headers.date ?? '') !== Math.floor(this.time / 1000) * 1000) throw new Error(`date: ${headers.date}`);
    return { status: 200, body: JSON.stringify({ token: this.#issue(keyId, this.#sessionKeyIn(body)) }) };
  }

  #sessionKeyIn(body: string): KeyObject {
    const { publicKey, ...rest } = JSON.parse(body);
    const expected = {
      certificate: withoutArmour(this.#certificate),
      intermediateCertificates: [withoutArmour(intermediate)],
      purpose: 'DEFAULT',
    };
    if (JSON.stringify(sorted(rest)) !== JSON.stringify(expected)) throw new Error(`Unexpected body ${body}.`);
    return createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
  }

  #issue(keyId: string, sessionKey: KeyObject): string {
    const exp = Math.floor(this.time / 1000) + this.tokenLifetime;
    const parts = [{ alg: 'RS256' }, { exp, jti: this.issued.length }].map((part) => base64url(JSON.stringify(part)));
    const token = `${parts.join('.')}.${base64url('not checked')}`;
    this.issued.push({ token, sessionKey, keyId });
    return token;
  }

  /** SHA-1 of the instance's certificate, upper-case hex with colons. */
  get fingerprint(): string {
    return new X509Certificate(this.#certificate).fingerprint;
  }
}

function serve(server: Server, answer: (request: IncomingMessage) => Promise<Answer>): void {
  server.on('request', (request, response) => {
    answer(request).then(
      ({ status, body }) => response.writeHead(status).end(body),
      (error: unknown) => response.writeHead(401).end(JSON.stringify({ code: 'NotAuthenticated', message: String(error) })),
    );
  });
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function urlOf(server: Server): string {
  // Listening on TCP, so it is no pipe's path.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function withoutArmour(pem: string): string {
  return pem
    .split('\n')
    .filter((line) => !line.startsWith('-----'))
    .join('');
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function base64url(value: string): string {
  return Buffer.from(value).toString('base64url');
}
