// A strict program as it is written for oci-streaming, which names the entry in its place. A test compiles it against the package
// as it is published.
import { models, OciError, type requests, type responses, StreamAdminClient, StreamClient } from 'millrace-client/oci';

type Provider = ConstructorParameters<typeof StreamClient>[0]['authenticationDetailsProvider'];

/** The texts of a partition, or the code of the refusal. */
export async function textsOrCode(authenticationDetailsProvider: Provider, endpoint: string, streamId: string): Promise<string[] | string> {
  const client = new StreamClient({ authenticationDetailsProvider });
  client.endpoint = endpoint;
  const createCursorDetails: models.CreateCursorDetails = { partition: '0', type: models.CreateCursorDetails.Type.TrimHorizon };
  try {
    const { cursor } = await client.createCursor({ streamId, createCursorDetails });
    const request: requests.GetMessagesRequest = { streamId, cursor: cursor.value };
    request.limit = 10;
    const response: responses.GetMessagesResponse = await client.getMessages(request);
    return response.items.map(({ value, timestamp }) => `${new Date(timestamp).toISOString()} ${Buffer.from(value, 'base64')}`);
  } catch (error) {
    if (error instanceof OciError) return error.serviceCode;
    throw error;
  }
}

/** Deletes a stream, and waits until it is gone. */
export async function remove(authenticationDetailsProvider: Provider, streamId: string): Promise<models.Stream.LifecycleState | undefined> {
  const admin = new StreamAdminClient({ authenticationDetailsProvider });
  admin.regionId = 'eu-frankfurt-1';
  await admin.deleteStream({ streamId });
  const gone = await admin.createWaiters().forStream({ streamId }, models.Stream.LifecycleState.Deleted);
  return gone?.stream.lifecycleState;
}

/** What must not compile. */
export async function misuse(client: StreamClient): Promise<void> {
  // @ts-expect-error There is no such type of cursor.
  await client.createCursor({ streamId: 's', createCursorDetails: { partition: '0', type: 'FIRST' } });
  const { items } = await client.getMessages({ streamId: 's', cursor: 'c' });
  // @ts-expect-error What arrives is text.
  items[0]?.timestamp.getTime();
}
