// Putting and reading through the API, for tests about something else.
import type { Message, PutMessagesResult, PutMessagesResultEntry } from 'millrace-protocol/shapes';
import type { CallOptions, SignedClient } from '../support/signed-client.ts';
import { createCursor } from '../support/test-server.ts';

/** An entry of a message that was stored. */
export type StoredEntry = Extract<PutMessagesResultEntry, { offset: number }>;

/** What one GetMessages answered. */
export interface ReadAnswer {
  readonly messages: readonly Message[];
  readonly next: string;
}

/** Puts `messages`, base64 already; throws unless it is answered 200. */
export async function putMessages(
  client: SignedClient,
  streamId: string,
  messages: readonly { key?: string | null; value: string }[],
  options: CallOptions = {},
): Promise<PutMessagesResult> {
  const answer = await client.call('POST', `/streams/${streamId}/messages`, { body: { messages }, bodySignature: 'unsigned', ...options });
  if (answer.status !== 200) throw new Error(`PutMessages answered ${answer.status}: ${answer.text}`);
  return answer.json<PutMessagesResult>();
}

/** Reads once; `query` goes behind the cursor. Throws unless it is answered 200 with a next cursor. */
export async function getMessages(
  client: SignedClient,
  streamId: string,
  cursor: string,
  { query = '', ...options }: CallOptions & { readonly query?: string } = {},
): Promise<ReadAnswer> {
  const answer = await client.call('GET', `/streams/${streamId}/messages?cursor=${cursor}${query}`, options);
  const next = answer.headers['opc-next-cursor'];
  if (answer.status !== 200 || next === undefined) throw new Error(`GetMessages answered ${answer.status}: ${answer.text}`);
  return { messages: answer.json<readonly Message[]>(), next };
}

/** All messages of a partition, oldest first. */
export async function readAll(client: SignedClient, streamId: string, partition: string): Promise<readonly Message[]> {
  const all: Message[] = [];
  let cursor = await createCursor(client, streamId, { partition });
  for (;;) {
    const { messages, next } = await getMessages(client, streamId, cursor, { query: '&limit=10000' });
    if (messages.length === 0) return all;
    for (const message of messages) all.push(message);
    cursor = next;
  }
}
