// A program for oci-streaming that runs on our client: its import is all that changed.
// #region import
import { models, StreamClient } from 'millrace-client/oci'; // It was 'oci-streaming'.
import common from 'oci-common';
// #endregion import

/** Puts a message with the names of the official client, and reads its partition from the beginning. */
export async function greet(configPath: string, endpoint: string, streamId: string): Promise<string[]> {
  // #region program
  const authenticationDetailsProvider = new common.ConfigFileAuthenticationDetailsProvider(configPath, 'DEFAULT');
  const client = new StreamClient({ authenticationDetailsProvider });
  client.endpoint = endpoint;
  const messages = [{ value: Buffer.from('hello').toString('base64') }];
  const { putMessagesResult } = await client.putMessages({ streamId, putMessagesDetails: { messages } });
  const partition = putMessagesResult.entries[0]?.partition ?? '0';
  const createCursorDetails = { partition, type: models.CreateCursorDetails.Type.TrimHorizon };
  const { cursor } = await client.createCursor({ streamId, createCursorDetails });
  const { items } = await client.getMessages({ streamId, cursor: cursor.value });
  client.close();
  // #endregion program
  return items.map(({ value }) => Buffer.from(value, 'base64').toString());
}
