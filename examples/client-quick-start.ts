// The first five minutes with our own client: a message into a stream, and back.

/** Puts a message into a stream of one partition; answers the texts of all its messages. */
export async function clientQuickStart(configPath: string, endpoint: string, streamId: string): Promise<string[]> {
  // #region quick-start
  const { configFromFile, StreamClient } = await import('millrace-client');

  await using client = new StreamClient(configFromFile(configPath), { serviceEndpoint: endpoint });
  const { data: result } = await client.putMessages(streamId, { messages: [{ value: Buffer.from('hello') }] });
  if (result.failures > 0) throw new Error(JSON.stringify(result.entries));

  const { data: cursor } = await client.createCursor(streamId, { partition: '0', type: 'TRIM_HORIZON' });
  const { data: messages } = await client.getMessages(streamId, cursor.value);
  const texts = messages.map(({ value }) => Buffer.from(value, 'base64').toString());
  // #endregion quick-start
  return texts;
}
