// The first five minutes with the official TypeScript client: a stream, two messages, and back.
//
//   node examples/quick-start.ts <OCI config file> <endpoint> <compartment OCID>
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

/** Puts two messages into a new stream and answers what was read back. */
export async function quickStart(configPath: string, endpoint: string, compartmentId: string): Promise<string[]> {
  // #region quick-start
  const { default: common } = await import('oci-common');
  const { default: streaming } = await import('oci-streaming');

  const authenticationDetailsProvider = new common.ConfigFileAuthenticationDetailsProvider(configPath, 'DEFAULT');
  const admin = new streaming.StreamAdminClient({ authenticationDetailsProvider });
  admin.endpoint = endpoint;
  const created = await admin.createStream({ createStreamDetails: { name: 'greetings', partitions: 1, compartmentId } });
  const streamId = created.stream.id;
  await admin.createWaiters().forWorkRequest({ workRequestId: created.opcWorkRequestId });

  const client = new streaming.StreamClient({ authenticationDetailsProvider });
  client.endpoint = created.stream.messagesEndpoint;
  const messages = ['hello', 'world'].map((text) => ({ value: Buffer.from(text).toString('base64') }));
  const { putMessagesResult } = await client.putMessages({ streamId, putMessagesDetails: { messages } });
  if (putMessagesResult.failures > 0) throw new Error(JSON.stringify(putMessagesResult.entries));

  const type = streaming.models.CreateCursorDetails.Type.TrimHorizon;
  const { cursor } = await client.createCursor({ streamId, createCursorDetails: { partition: '0', type } });
  const { items } = await client.getMessages({ streamId, cursor: cursor.value });
  const texts = items.map(({ value }) => Buffer.from(value, 'base64').toString());
  // #endregion quick-start
  return texts;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [, , configPath = '', endpoint = '', compartmentId = ''] = argv;
  console.log(await quickStart(configPath, endpoint, compartmentId));
}
