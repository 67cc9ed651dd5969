// Streams with our own client: made, waited for, listed, tagged and deleted.
import { setTimeout as pause } from 'node:timers/promises';
import { configFromFile, type Stream, StreamAdminClient } from 'millrace-client';

/** An admin client of the service at `endpoint`. */
export function connectAdmin(configPath: string, endpoint: string): StreamAdminClient {
  // #region construct
  const admin = new StreamAdminClient(configFromFile(configPath), { serviceEndpoint: endpoint });
  // #endregion construct
  return admin;
}

/** Makes a stream and waits until it can be used. */
export async function createStream(admin: StreamAdminClient, compartmentId: string, name: string): Promise<Stream> {
  // #region create-stream
  const created = await admin.createStream({ name, partitions: 3, compartmentId });
  await workDone(admin, created.headers.get('opc-work-request-id') ?? '');
  const { data: stream } = await admin.getStream(created.data.id);
  // #endregion create-stream
  return stream;
}

// #region wait
async function workDone(admin: StreamAdminClient, workRequestId: string, signal?: AbortSignal): Promise<void> {
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    const { data: work } = await admin.getWorkRequest(workRequestId, { signal });
    if (work.status === 'SUCCEEDED') return;
    if (work.status === 'FAILED' || work.status === 'CANCELED') throw new Error(`${work.operationType} ended as ${work.status}.`);
    await pause(waitMs, undefined, { signal });
  }
}
// #endregion wait

/** The names of all streams of a compartment that can be used. */
export async function streamNames(admin: StreamAdminClient, compartmentId: string): Promise<string[]> {
  // #region list-streams
  const names: string[] = [];
  let page: string | undefined;
  do {
    const response = await admin.listStreams({ compartmentId, lifecycleState: 'ACTIVE', limit: 2, page });
    names.push(...response.data.map(({ name }) => name));
    page = response.nextPage;
  } while (page !== undefined);
  // #endregion list-streams
  return names;
}

/** Tags a stream unless somebody else changed it meanwhile. */
export async function tag(admin: StreamAdminClient, streamId: string): Promise<Stream> {
  // #region update-stream
  const { headers } = await admin.getStream(streamId);
  const ifMatch = headers.get('etag') ?? undefined;
  const { data: tagged } = await admin.updateStream(streamId, { freeformTags: { team: 'billing' } }, { ifMatch });
  // #endregion update-stream
  return tagged;
}

/** Deletes a stream; answers how many pieces of work its life took. */
export async function remove(admin: StreamAdminClient, streamId: string): Promise<number> {
  // #region delete-stream
  const deleted = await admin.deleteStream(streamId);
  await workDone(admin, deleted.headers.get('opc-work-request-id') ?? '');
  const { data: work } = await admin.listWorkRequests({ resourceId: streamId });
  // #endregion delete-stream
  return work.length;
}
