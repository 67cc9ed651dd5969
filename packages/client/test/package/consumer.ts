// A strict program that uses the client's types. A test compiles it against the package as it is published.
import {
  type Cursor,
  RequestError,
  type Response,
  RetryStrategyBuilder,
  ServiceError,
  type StreamClient,
  TimeoutError,
} from 'millrace-client';

/** The cursor, after as many as three attempts; the code of the refusal, if the service refuses. */
export async function cursorOrCode(client: StreamClient, streamId: string): Promise<string> {
  const retryStrategy = new RetryStrategyBuilder({ maxAttempts: 3 }).addServiceErrorCheck().getRetryStrategy();
  try {
    const details = { partition: '0', type: 'LATEST' } as const;
    const response: Response<Cursor> = await client.createCursor(streamId, details, { retryStrategy });
    return response.data.value;
  } catch (error) {
    if (error instanceof ServiceError && error.effect === 'none') return error.code ?? String(error.status);
    if (error instanceof TimeoutError) return `${error.phase} ${error.timeoutMs}`;
    throw error instanceof RequestError ? new Error(`${error.effect}: ${error.message}`) : error;
  }
}

/** What must not compile: none of the client's types may have become `any` on the way. */
export async function misuse(client: StreamClient, streamId: string): Promise<void> {
  // @ts-expect-error There is no such type of cursor.
  await client.createCursor(streamId, { partition: '0', type: 'FIRST' });
  const { data } = await client.getMessages(streamId, 'cursor');
  // @ts-expect-error Offsets are numbers.
  data[0]?.offset.toUpperCase();
}
