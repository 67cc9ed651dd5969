// From what a client is constructed with to its parts.
import { processEnvironment } from '#environment';
import { createTransport, endpointOf, signerOf } from '#runtime';
import { ApiClient, baseUrlOf } from './api-client.ts';
import { type ClientConfig, refuseUnknown, regionOf } from './config/client-config.ts';
import type { RequestSigner, Timeouts, Transport } from './http.ts';
import { longestTimerMs } from './retry/environment.ts';
import type { RetryStrategy } from './retry/retry-strategy.ts';

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
  /** Instead of the runtime's own, on Node node:http with connections of the client's own. It stays the caller's to close, and may serve several clients. */
  readonly transport?: Transport | undefined;
}

const optionNames = ['serviceEndpoint', 'timeout', 'signer', 'retryStrategy', 'transport'];

/**
 * The core of a client. Throws, in this order: `TypeError` for names that do not exist, `InvalidConfig`, what is wrong with the key,
 * what is wrong with the endpoint and the timeout.
 */
export function composeClient(config: ClientConfig, options: ClientOptions = {}): ApiClient {
  checkOptionNames(options);
  refuseUnknown(config);
  const signer = options.signer ?? signerOf(config);
  const transport = options.transport ?? createTransport();
  return new ApiClient({
    endpoint: baseUrlOf(options.serviceEndpoint ?? derivedEndpoint(config, signer)),
    transport,
    signer,
    retryStrategy: options.retryStrategy,
    timeouts: timeoutsOf(options.timeout),
    additionalUserAgent: `${config.additionalUserAgent ?? ''} ${processEnvironment().OCI_SDK_APPEND_USER_AGENT ?? ''}`.trim(),
    close: () => {
      if (options.transport === undefined) transport.close();
    },
  });
}

function checkOptionNames(options: ClientOptions): void {
  const unknown = Object.keys(options).filter((name) => !optionNames.includes(name));
  if (unknown.length > 0) throw new TypeError(`Unknown client options: ${unknown.join(', ')}. Known are ${optionNames.join(', ')}.`);
}

function derivedEndpoint(config: ClientConfig, signer: RequestSigner): string {
  const region = regionOf(config);
  if (region !== undefined) return endpointOf(region);
  if (signer.region !== undefined && signer.region !== '') return endpointOf(signer.region, signer.realmDomain);
  throw new TypeError(
    'Neither a region nor a serviceEndpoint is given: expected a region in the configuration, a signer that knows its own, or the option serviceEndpoint.',
  );
}

function timeoutsOf(timeout: ClientOptions['timeout']): Timeouts {
  const [connectMs, readMs] = typeof timeout === 'number' ? [timeout, timeout] : (timeout ?? []);
  for (const ms of [connectMs, readMs]) {
    if (ms !== undefined && ms !== null && !(ms > 0 && ms <= longestTimerMs)) {
      throw new RangeError(
        `timeout: expected more than 0 milliseconds and at most ${longestTimerMs}, or a pair of such numbers, got ${String(ms)}.`,
      );
    }
  }
  return { connectMs: connectMs ?? undefined, readMs: readMs ?? undefined };
}
