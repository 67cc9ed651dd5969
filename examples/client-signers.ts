// A client of a program that OCI itself started. The pages of docs/ show the part between the markers.
import { DelegationTokenSigner, ResourcePrincipalsSigner, StreamClient } from 'millrace-client';

/** A client of the resource's region that acts for the user whose token the file holds. */
export function connectForUser(delegationTokenFile: string): StreamClient {
  // #region delegation
  const signer = new DelegationTokenSigner(new ResourcePrincipalsSigner(), { delegationTokenFile });
  const client = new StreamClient({}, { signer });
  // #endregion delegation
  return client;
}
