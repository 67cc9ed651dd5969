// A consumer of a group with the official TypeScript client: it shares the stream's partitions with the other consumers of its
// group, and commits what it has dealt with.
import { setTimeout as pause } from 'node:timers/promises';
import streaming from 'oci-streaming';

/** Hands the text of every message to `handle`, until `signal` aborts. */
export async function consume(
  client: streaming.StreamClient,
  streamId: string,
  instanceName: string,
  handle: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // #region consumer-group
  const type = streaming.models.CreateGroupCursorDetails.Type.TrimHorizon;
  const createGroupCursorDetails = { groupName: 'billing', instanceName, type, commitOnGet: false };
  let { cursor } = await client.createGroupCursor({ streamId, createGroupCursorDetails });
  while (!signal.aborted) {
    const { items, opcNextCursor } = await client.getMessages({ streamId, cursor: cursor.value, limit: 100 });
    for (const { value } of items) await handle(Buffer.from(value, 'base64').toString());
    ({ cursor } = await client.consumerCommit({ streamId, cursor: opcNextCursor }));
    if (items.length === 0) await pause(200);
  }
  // #endregion consumer-group
}
