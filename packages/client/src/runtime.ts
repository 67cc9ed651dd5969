// What a client takes from Node when it is not given. In a page `web/runtime.ts` stands in for this module: see `imports` in package.json.
import { type ClientConfig, regionOf, validateConfig } from './config/client-config.ts';
import type { RequestSigner, Transport } from './http.ts';
import { NodeTransport } from './node-transport.ts';
import { Signer } from './signers/api-key-signer.ts';
import { DelegationTokenSigner } from './signers/delegation-token-signer.ts';
import { InstancePrincipalsSecurityTokenSigner } from './signers/instance-principals-signer.ts';
import { SecurityTokenSigner } from './signers/security-token-signer.ts';

export { endpointOf } from './config/endpoint.ts';

/** node:http, with connections of its own. */
export function createTransport(): Transport {
  return new NodeTransport();
}

/** Who asks, as the configuration says. Throws `InvalidConfig`, and what is wrong with the key. */
export function signerOf(config: ClientConfig): RequestSigner {
  validateConfig(config);
  const { tenancy = '', user = '', fingerprint = '', securityTokenFile, authenticationType, delegationTokenFile } = config;
  // The only type there is: an instance that acts for a user.
  if (authenticationType) return new DelegationTokenSigner(new InstancePrincipalsSecurityTokenSigner(), { delegationTokenFile });
  const region = regionOf(config);
  // As the checks have it: empty is not given, and the key itself goes before its file.
  const key = config.keyContent ? { keyContent: config.keyContent } : { keyFile: config.keyFile ?? '' };
  const secret = { ...key, passPhrase: config.passPhrase || undefined, region };
  if (securityTokenFile) return new SecurityTokenSigner({ securityTokenFile, ...secret });
  return new Signer({ tenancy, user, fingerprint, ...secret });
}
