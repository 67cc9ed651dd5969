// The example of packages/client/README.md. A test compiles and runs it against the package as it is published.
// #region example
import { configFromFile, StreamClient } from 'millrace-client';

/** Puts a message, and reads its partition from the beginning. */
export async function greet(configPath: string, serviceEndpoint: string, streamId: string): Promise<string[]> {
  const client = new StreamClient(configFromFile(configPath), { serviceEndpoint });
  const put = await client.putMessages(streamId, { messages: [{ value: Buffer.from('hello') }] });
  if (put.data.failures > 0) throw new Error(JSON.stringify(put.data.entries));

  const partition = put.data.entries[0]?.partition ?? '0';
  const cursor = await client.createCursor(streamId, { partition, type: 'TRIM_HORIZON' });
  const messages = await client.getMessages(streamId, cursor.data.value);
  client.close();
  return messages.data.map(({ value }) => Buffer.from(value, 'base64').toString());
}
// #endregion example
