// Reading a stream without a group: all of it, from a time on, and on from where one was.
import { Reader, type ReaderPosition, type StreamClient } from 'millrace-client';

/** Every message there is now. */
export async function replay(client: StreamClient, streamId: string, apply: (order: unknown) => void): Promise<void> {
  // #region replay
  const reader = new Reader(client, streamId, { until: 'end' });
  for await (const { messages } of reader) {
    for (const message of messages) apply(message.json());
  }
  // #endregion replay
}

/** Follows the stream from the saved position, if there is one, and saves it behind every batch. */
export async function follow(
  client: StreamClient,
  streamId: string,
  saved: string | undefined,
  save: (position: string) => Promise<void>,
  apply: (order: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  // #region resume
  const start = saved === undefined ? 'TRIM_HORIZON' : (JSON.parse(saved) as ReaderPosition);
  for await (const { messages, position } of new Reader(client, streamId, { start, signal })) {
    for (const message of messages) apply(message.json());
    await save(JSON.stringify(position));
  }
  // #endregion resume
}
