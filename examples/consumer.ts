// Consuming a stream as a member of a group: batch by batch, message by message, and by hand.
import { Consumer, type ConsumerEvent, type ReceivedMessage, type StreamClient } from 'millrace-client';

/** Batch by batch, until so many messages are handled. */
export async function batches(client: StreamClient, streamId: string, enough: number): Promise<string[]> {
  const texts: string[] = [];
  // #region batches
  const consumer = new Consumer(client, streamId, { groupName: 'billing', instanceName: 'billing-1' });
  for await (const batch of consumer) {
    for (const message of batch.messages) texts.push(message.text());
    if (texts.length < enough) continue; // Commits the batch, and waits for the next one.
    await batch.commit();
    break; // Closes the consumer; commits nothing by itself.
  }
  // #endregion batches
  return texts;
}

/** Message by message, until the signal aborts. */
export async function work(
  client: StreamClient,
  streamId: string,
  bill: (order: unknown) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // #region run
  const consumer = new Consumer(client, streamId, { groupName: 'billing', concurrency: 8, orderPer: 'key', signal });
  await consumer.run(async (message) => {
    await bill(message.json());
  });
  // #endregion run
}

/** A message that cannot be handled goes to another stream, and the others go on. */
export function withDeadLetters(client: StreamClient, streamId: string, deadLetters: string, signal: AbortSignal): Consumer {
  // #region dead-letter
  const consumer = new Consumer(client, streamId, {
    groupName: 'billing',
    attempts: 5,
    deadLetter: { streamId: deadLetters },
    signal,
  });
  // #endregion dead-letter
  return consumer;
}

/** Commits when a whole window of messages is stored elsewhere. */
export async function byHand(
  client: StreamClient,
  streamId: string,
  store: (messages: readonly ReceivedMessage[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // #region manual
  const consumer = new Consumer(client, streamId, { groupName: 'archive', commit: 'manual', signal });
  let window: ReceivedMessage[] = [];
  for await (const batch of consumer) {
    window.push(...batch.messages);
    if (window.length < 100) continue;
    await store(window);
    await batch.commit(); // This batch and all before it.
    window = [];
  }
  // #endregion manual
}

/** What happened, as lines of a log. */
export function logged(client: StreamClient, streamId: string, log: (line: string) => void): Consumer {
  // #region events
  const onEvent = (event: ConsumerEvent): void => {
    if (event.kind === 'rebalance') log(`has partitions ${event.partitions.join(', ')}`);
    if (event.kind === 'commit') log(`committed ${event.count} message(s)`);
    if (event.kind === 'lag') log(`partition ${event.partition} is ${event.behindMs} ms behind`);
    if (event.kind === 'error') log(`${event.operation} failed and is tried again: ${String(event.error)}`);
  };
  const consumer = new Consumer(client, streamId, { groupName: 'billing', onEvent });
  // #endregion events
  return consumer;
}
