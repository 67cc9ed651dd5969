// Consumer groups with our own client: a consumer, and the five operations one by one.
import { type Group, type Message, ServiceError, type StreamClient } from 'millrace-client';

/** Joins a group; answers the cursor to read with. */
export async function join(client: StreamClient, streamId: string): Promise<string> {
  // #region create-group-cursor
  const { data: cursor } = await client.createGroupCursor(streamId, {
    groupName: 'billing',
    instanceName: 'billing-1',
    type: 'TRIM_HORIZON',
    commitOnGet: false,
  });
  // #endregion create-group-cursor
  return cursor.value;
}

/** Hands every message to `handle`, and commits it afterwards, until `signal` aborts. */
export async function consume(
  client: StreamClient,
  streamId: string,
  handle: (message: Message) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // #region consume
  let cursor = await join(client, streamId);
  while (!signal.aborted) {
    const { data: messages, nextCursor = cursor } = await client.getMessages(streamId, cursor, { limit: 100, waitMs: 5000, signal });
    for (const message of messages) await handle(message);
    try {
      const { data: committed } = await client.consumerCommit(streamId, nextCursor);
      cursor = committed.value;
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 400)) throw error;
      cursor = await join(client, streamId); // It took too long; whoever holds the partitions now gets the messages again.
    }
  }
  // #endregion consume
}

/** Commits what was read; answers the cursor to go on with. */
export async function commit(client: StreamClient, streamId: string, cursor: string): Promise<string> {
  // #region consumer-commit
  const { data: committed } = await client.consumerCommit(streamId, cursor);
  const next = committed.value;
  // #endregion consumer-commit
  return next;
}

/** Keeps the consumer's partitions during long work; answers the cursor to go on with. */
export async function stay(client: StreamClient, streamId: string, cursor: string): Promise<string> {
  // #region consumer-heartbeat
  const { data: kept } = await client.consumerHeartbeat(streamId, cursor);
  const next = kept.value;
  // #endregion consumer-heartbeat
  return next;
}

/** Who holds which partition. */
export async function holders(client: StreamClient, streamId: string): Promise<Group> {
  // #region get-group
  const { data: group } = await client.getGroup(streamId, 'billing');
  for (const { partition, reservedInstance, committedOffset } of group.reservations ?? []) {
    console.log(`${partition}: ${reservedInstance ?? 'nobody'}, committed up to ${committedOffset ?? 'nothing'}`);
  }
  // #endregion get-group
  return group;
}

/** Lets the group begin again at a time. */
export async function rewind(client: StreamClient, streamId: string, time: Date): Promise<number> {
  // #region update-group
  const { status } = await client.updateGroup(streamId, 'billing', { type: 'AT_TIME', time });
  // #endregion update-group
  return status;
}
