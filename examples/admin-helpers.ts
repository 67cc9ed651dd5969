// Waiting for a change of streams, and lists without pages.
import { paginate, type Stream, type StreamAdminClient, waitForWork } from 'millrace-client';

/** Makes a stream and waits until it is there. */
export async function createAndWait(admin: StreamAdminClient, compartmentId: string, name: string): Promise<Stream> {
  // #region wait
  const created = await admin.createStream({ name, partitions: 3, compartmentId });
  await waitForWork(admin, created.headers.get('opc-work-request-id') ?? '', { timeoutMs: 60_000 });
  const { data: stream } = await admin.getStream(created.data.id);
  // #endregion wait
  return stream;
}

/** Names of all streams. */
export async function allNames(admin: StreamAdminClient, compartmentId: string): Promise<string[]> {
  // #region paginate
  const names: string[] = [];
  for await (const { name } of paginate((options) => admin.listStreams(options), { compartmentId, limit: 50 })) names.push(name);
  // #endregion paginate
  return names;
}
