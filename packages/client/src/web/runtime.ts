// What a client takes from a page, or any other runtime with fetch and WebCrypto, when it is not given. There are no files.
import { type ClientConfig, fileKeys } from '../config/client-config.ts';
import { type ConfigProblem, InvalidConfig } from '../errors.ts';
import type { RequestSigner, Transport } from '../http.ts';
import { FetchTransport } from './fetch-transport.ts';
import { Signer } from './signer.ts';

const needed = ['user', 'tenancy', 'fingerprint', 'keyContent'] as const;
const fromFiles = ['keyFile', 'securityTokenFile', 'authenticationType', 'delegationTokenFile'] as const;

/** The runtime's `fetch`. */
export function createTransport(): Transport {
  return new FetchTransport();
}

/** Who asks, as the configuration says. Throws `TypeError` if it names files, `InvalidConfig`, and what is wrong with the key. */
export function signerOf(config: ClientConfig): RequestSigner {
  const file = fromFiles.find((name) => config[name]);
  if (file !== undefined) throw new TypeError(`${file}: there are no files here; give keyContent, or the option signer.`);
  const missing = needed.filter((name) => !config[name]).map((name): [string, ConfigProblem] => [fileKeys[name], 'missing']);
  if (missing.length > 0) throw new InvalidConfig(Object.fromEntries(missing));
  const { user = '', tenancy = '', fingerprint = '', keyContent, region } = config;
  return new Signer({ user, tenancy, fingerprint, keyContent, region });
}

/** Throws: a page is not sent the table of regions. */
export function endpointOf(region: string): string {
  throw new TypeError(`The option serviceEndpoint is needed: this build of the client does not know where the region ${region} is.`);
}
