// Sending messages with a producer: batches, order, back-pressure, and what became of them.
import { Producer, type StreamClient, UndeliveredMessage, UndeliveredMessages } from 'millrace-client';

/** Sends one message and answers where it is. */
export async function sendOne(client: StreamClient, streamId: string): Promise<string> {
  // #region send
  await using producer = new Producer(client, streamId);
  const { partition, offset } = await producer.send({ key: 'order-17', json: { status: 'paid' } });
  // #endregion send
  return `${partition}/${offset}`;
}

/** Sends all lines of a source, as fast as they are taken, in bounded memory; answers how many requests it took. */
export async function sendLines(client: StreamClient, streamId: string, lines: AsyncIterable<string>): Promise<number> {
  // #region submit
  const producer = new Producer(client, streamId, { lingerMs: 5 });
  for await (const line of lines) {
    await producer.submit({ value: line }); // Waits while the buffer is full.
  }
  await producer.close(); // All is stored, or this throws.
  // #endregion submit
  return producer.statistics.requests;
}

/** What became of one message. */
export async function fateOf(producer: Producer, value: string): Promise<string> {
  // #region failures
  try {
    await producer.send({ value });
    return 'stored';
  } catch (error) {
    if (error instanceof UndeliveredMessage) return error.effect === 'none' ? `not stored: ${error.reason}` : 'perhaps stored';
    throw error; // A message that cannot be sent, or a producer that is closed.
  }
  // #endregion failures
}

/** How many of the messages since the last flush were given up. */
export async function lostSinceLastFlush(producer: Producer): Promise<number> {
  // #region flush
  try {
    await producer.flush();
    return 0;
  } catch (error) {
    if (error instanceof UndeliveredMessages) return error.count;
    throw error;
  }
  // #endregion flush
}
