// Calls that must be refused whatever happens: altered cursors, cursors of other streams and of the other kind.
import type { OperationName } from 'millrace-protocol';
import { standardMessage } from 'millrace-protocol';
import type { Sent } from '../call.ts';
import { law } from '../law.ts';
import type { Exchange, GroupWorld } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';

export interface Misused {
  readonly operation: OperationName;
  readonly sent: Sent;
}

const operations = ['GetMessages', 'ConsumerCommit', 'ConsumerHeartbeat'] as const;

/** A call that shows what is made of a cursor. */
export function misused(world: GroupWorld, { text, stream }: HeldCursor): Misused {
  const { random, auditor } = world.parts;
  const operation = world.pick(operations);
  const path = { streamId: stream.id };
  const other = auditor.streams.find(({ id }) => id !== stream.id);
  if (other !== undefined && random.chance(0.4)) return { operation, sent: { path: { streamId: other.id }, query: { cursor: text } } };
  const at = random.below(text.length);
  const altered = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
  const cursor = random.chance(0.8) ? altered : text.slice(0, at);
  return { operation, sent: { path, query: { cursor } } };
}

export function judgeMisuse(world: GroupWorld, { call, reply }: Exchange): void {
  world.parts.tally.add('misused cursor');
  law(reply.status === 400, () => `${call.operation} with an altered cursor answered ${reply.status}.`);
  law(call.commands.length === 0, () => `${call.operation} with an altered cursor appended a command.`);
  const isSaid = [standardMessage.cursorInvalid, 'cursor'].some((words) => reply.message.startsWith(words));
  law(isSaid, () => `${call.operation} with an altered cursor said: ${reply.message}`);
}
