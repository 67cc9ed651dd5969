// A caller with a group cursor is refused only for cause, and in the right words.
import { standardMessage } from 'millrace-protocol';
import { law } from '../law.ts';
import { countedOf, heldBy, instanceOf, isGone, type ModelHeld } from './group-model.ts';
import type { Exchange, GroupWorld } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';
import { callStates, isKnown, shardOfCall } from './window.ts';

/** True if the call was refused, with cause; false if it was answered. Throws if it had to be the other way round. */
export function judgeRefusal(world: GroupWorld, cursor: HeldCursor, exchange: Exchange): boolean {
  const { call, reply } = exchange;
  const { tally } = world.parts;
  const told = (): string => `${call.operation} with a cursor as of ${cursor.asOf} answered ${reply.status}: ${reply.message}`;
  const isExpired = call.from.wallMs > cursor.expiresMs;
  law(
    isExpired === (reply.message === standardMessage.cursorExpired),
    () => `The cursor lives until ${cursor.expiresMs}, now is ${call.from.wallMs}. ${told()}`,
  );
  if (isExpired) tally.add('cursor expired');
  if (isExpired || reply.status >= 429) return true;
  const cause = causeOf(world, cursor, exchange);
  if (reply.status === 200) {
    law(cause.certain === undefined, () => `It had to be refused: ${cause.certain}. ${told()}`);
    return false;
  }
  const given = wordsOf(reply.message, cursor);
  law(
    reply.status === 400 && given !== undefined && cause.possible.has(given),
    () => `Allowed are ${[...cause.possible].join() || 'none'}. ${told()}`,
  );
  tally.add(`${call.operation} refused: ${given?.split(' ')[0]}`);
  return true;
}

interface Cause {
  readonly possible: ReadonlySet<string>;
  /** What makes any other answer wrong. */
  readonly certain?: string | undefined;
}

function wordsOf(message: string, { stream }: HeldCursor): string | undefined {
  if (message.startsWith(`${standardMessage.cursorInvalid} The group was not used`)) return 'gone';
  if (message.startsWith(`${standardMessage.cursorInvalid} An instance of the same name`)) return 'stale';
  if (message.startsWith(`${standardMessage.cursorTrimmed} Partition `)) return 'trimmed';
  for (let index = 0; index < stream.partitions; index += 1) {
    if (message.startsWith(`${standardMessage.unreservedPartition} ${index}:`)) return `unreserved ${index}`;
  }
  return undefined;
}

function causeOf(world: GroupWorld, cursor: HeldCursor, exchange: Exchange): Cause {
  const { call, to } = exchange;
  const shard = shardOfCall(world, exchange);
  const last = call.commands.at(-1);
  const possible = new Set<string>();
  if (last?.answer.kind === 'void') {
    const { reason, partition } = last.answer;
    const words = reason === 'unknownGroup' ? 'gone' : reason === 'staleInstance' ? 'stale' : `unreserved ${partition}`;
    return { possible: new Set([words]), certain: words };
  }
  const states = callStates(exchange, shard, Math.min(cursor.asOf, to.applied));
  for (const state of states) {
    const group = state.get(cursor.group);
    if (group === undefined || isGone(group, to.logMs)) possible.add('gone');
    if (group !== undefined && !isKnown(state, cursor)) possible.add('stale');
  }
  if (call.operation !== 'GetMessages') return { possible };
  const starts = to.bounds.map(({ start }) => start);
  for (const { answer } of call.commands) if (answer.kind === 'polled' && isTrimmed(answer.held, starts)) possible.add('trimmed');
  for (const state of states) {
    const group = state.get(cursor.group);
    if (group === undefined || instanceOf(group, cursor.epoch) === undefined) continue;
    if (isTrimmed(heldBy(group, cursor.epoch, countedOf(group, cursor)), starts)) possible.add('trimmed');
  }
  const before = call.from.bounds.map(({ start }) => start);
  const certain = last?.answer.kind === 'polled' && isTrimmed(last.answer.held, before) ? 'trimmed' : undefined;
  return { possible, certain };
}

/** True if a partition goes on before the oldest message: `starts` are those of all, by index. */
function isTrimmed(held: readonly ModelHeld[], starts: readonly number[]): boolean {
  return held.some(({ partition, from }) => from !== null && from < (starts[partition] ?? 0));
}
