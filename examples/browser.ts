// The client in a page: who asks, and a message there and back. A test runs it with the client's build for browsers.
import { Producer, Reader, Signer, type SignerOptions, StreamClient } from 'millrace-client/browser';

/** With the text of a key. */
export function clientWithText({ tenancy, user, fingerprint, keyContent }: SignerOptions, serviceEndpoint: string): StreamClient {
  // #region text
  const client = new StreamClient({ tenancy, user, fingerprint, keyContent }, { serviceEndpoint });
  // #endregion text
  return client;
}

/** With a key that nobody can read out of the page. */
export async function clientWithKey(
  { tenancy, user, fingerprint }: SignerOptions,
  pkcs8: Uint8Array<ArrayBuffer>,
  serviceEndpoint: string,
): Promise<StreamClient> {
  // #region key
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const cryptoKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const signer = new Signer({ tenancy, user, fingerprint, cryptoKey });
  const client = new StreamClient({}, { serviceEndpoint, signer });
  // #endregion key
  return client;
}

/** Sends what a visitor did, and reads what all did; the texts of it all. */
export async function thereAndBack(client: StreamClient, streamId: string): Promise<string[]> {
  const texts: string[] = [];
  // #region there-and-back
  await using producer = new Producer(client, streamId);
  await producer.send({ key: 'visitor-7', json: { page: '/prices' } });

  for await (const { messages } of new Reader(client, streamId, { until: 'end' })) {
    for (const message of messages) texts.push(message.text());
  }
  // #endregion there-and-back
  return texts;
}
