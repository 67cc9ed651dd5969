// From what a client is constructed with to its parts.
import { ApiClient, baseUrlOf } from './api-client.ts';
import { type ClientConfig, validateConfig } from './config/client-config.ts';
import { endpointOf } from './config/endpoint.ts';
import type { RequestSigner, Timeouts, Transport } from './http.ts';
import { NodeTransport } from './node-transport.ts';
import type { RetryStrategy } from './retry/retry-strategy.ts';
import { Signer } from './signers/api-key-signer.ts';
import { InstancePrincipalsSecurityTokenSigner } from './signers/instance-principals-signer.ts';
import { SecurityTokenSigner } from './signers/security-token-signer.ts';

/** What a client takes beside its configuration. */
export interface ClientOptions {
  /** Scheme, host and port, with or without the base path; derived from the region if not given. */
  readonly serviceEndpoint?: string | undefined;
  /** Milliseconds: one number for connecting and for reading, or `[connect, read]`. Without it a call waits for ever. */
  readonly timeout?: number | readonly [connectMs: number | undefined, readMs: number | undefined] | undefined;
  /** Instead of the one the configuration describes. */
  readonly signer?: RequestSigner | undefined;
  /** For all calls, putMessages too; without it nothing is retried. */
  readonly retryStrategy?: RetryStrategy | undefined;
  /** Instead of node:http with connections of the client's own. */
  readonly transport?: Transport | undefined;
}

const optionNames = ['serviceEndpoint', 'timeout', 'signer', 'retryStrategy', 'transport'];

/** The core of a client. Throws, in this order: `InvalidConfig`, what is wrong with the key, what is wrong with endpoint and options. */
export function composeClient(config: ClientConfig, options: ClientOptions = {}): ApiClient {
  checkOptionNames(options);
  const transport = options.transport ?? new NodeTransport();
  const signer = options.signer ?? signerOf(config, transport);
  return new ApiClient({
    endpoint: baseUrlOf(options.serviceEndpoint ?? derivedEndpoint(config, signer)),
    transport,
    signer,
    retryStrategy: options.retryStrategy,
    timeouts: timeoutsOf(options.timeout),
    additionalUserAgent: config.additionalUserAgent ?? '',
  });
}

function checkOptionNames(options: ClientOptions): void {
  const unknown = Object.keys(options).filter((name) => !optionNames.includes(name));
  if (unknown.length > 0) throw new TypeError(`Unknown client options: ${unknown.join(', ')}. Known are ${optionNames.join(', ')}.`);
}

function signerOf(config: ClientConfig, transport: Transport): RequestSigner {
  if (config.authenticationType === 'instance_principal') return new InstancePrincipalsSecurityTokenSigner({ transport });
  validateConfig(config);
  const { tenancy = '', user = '', fingerprint = '', securityTokenFile, keyFile, keyContent, passPhrase, region } = config;
  const key = { keyFile, keyContent, passPhrase, region };
  if (securityTokenFile !== undefined) return new SecurityTokenSigner({ securityTokenFile, ...key });
  return new Signer({ tenancy, user, fingerprint, ...key });
}

function derivedEndpoint({ region }: ClientConfig, signer: RequestSigner): string {
  const found = region ?? process.env['OCI_REGION'] ?? signer.region;
  if (found !== undefined && found !== '') return endpointOf(found, 'streaming');
  throw new TypeError(
    'Neither a region nor a serviceEndpoint is given: expected a region in the configuration, or the option serviceEndpoint.',
  );
}

function timeoutsOf(timeout: ClientOptions['timeout']): Timeouts {
  const [connectMs, readMs] = typeof timeout === 'number' ? [timeout, timeout] : (timeout ?? []);
  for (const ms of [connectMs, readMs]) {
    if (ms !== undefined && ms !== null && !(Number.isFinite(ms) && ms > 0)) {
      throw new RangeError(`timeout: expected more than 0 milliseconds, or a pair of such numbers, got ${String(ms)}.`);
    }
  }
  return { connectMs: connectMs ?? undefined, readMs: readMs ?? undefined };
}
