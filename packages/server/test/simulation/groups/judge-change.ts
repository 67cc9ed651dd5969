// What CreateGroupCursor, UpdateGroup, ConsumerCommit and ConsumerHeartbeat append and answer.
import type { CreateGroupCursorDetails, UpdateGroupDetails } from 'millrace-protocol/shapes';
import { law } from '../law.ts';
import type { Exchange, GroupWorld } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';
import { exactCursor } from './judge-cursor.ts';
import { judgeRefusal } from './judge-refusal.ts';
import type { Entry } from './shard.ts';

/** The cursor of a new life; undefined if it was refused with cause. */
export function judgeJoin(world: GroupWorld, details: CreateGroupCursorDetails, exchange: Exchange): HeldCursor | undefined {
  const { call, reply } = exchange;
  const entry = onlyCommand(exchange);
  if (reply.status >= 429) return undefined;
  const command = entry?.command;
  law(command?.kind === 'JOIN' && entry !== undefined, () => `CreateGroupCursor answered ${reply.status} and appended ${command?.kind}.`);
  const { stream } = call;
  const { name, instance, timeoutMs, commitOnGet, partitionCount, retentionMs, streamId, start } = command;
  const asked = [
    stream.id,
    details.groupName,
    details.timeoutInMs ?? 30_000,
    details.commitOnGet ?? true,
    stream.partitions,
    stream.retentionMs,
  ];
  const told = (): string => `JOIN ${JSON.stringify(command)} for ${JSON.stringify(details)}`;
  law(JSON.stringify([streamId, name, timeoutMs, commitOnGet, partitionCount, retentionMs]) === JSON.stringify(asked), told);
  law(details.instanceName === undefined ? /^[\da-f]{8}-[\da-f]{4}-4/.test(instance) : instance === details.instanceName, told);
  judgeStart(world, details, exchange, start);
  const { answer } = entry;
  if (answer.kind !== 'joined') {
    law(
      reply.status === 400 && reply.code === 'LimitExceeded' && answer.kind === 'void',
      () => `${told()} answered ${reply.status}: ${reply.message}`,
    );
    world.parts.tally.add('group refused: there are fifty');
    return undefined;
  }
  law(reply.status === 200, () => `${told()} answered ${reply.status}: ${reply.message}`);
  const { group, epoch } = answer;
  return exactCursor(exchange, { stream, groupName: name, group, epoch, asOf: entry.offset, positions: new Map(), first: 0 });
}

/** Throws unless UpdateGroup did what it was asked for, or refused with cause. */
export function judgeReset(world: GroupWorld, details: UpdateGroupDetails, exchange: Exchange): void {
  const { reply } = exchange;
  const entry = onlyCommand(exchange);
  if (reply.status >= 429) return;
  law(entry?.command.kind === 'RESET', () => `UpdateGroup answered ${reply.status} and appended ${entry?.command.kind}.`);
  judgeStart(world, details, exchange, entry.command.start);
  const expected = entry.answer.kind === 'reset' ? 200 : 404;
  law(reply.status === expected, () => `UpdateGroup answered ${reply.status} instead of ${expected}: ${reply.message}`);
  if (expected === 200) world.parts.tally.add(`group reset to ${details.type}`);
}

/** The cursor to go on with; undefined if it was refused with cause. */
export function judgeKeep(world: GroupWorld, cursor: HeldCursor, exchange: Exchange): HeldCursor | undefined {
  const entry = onlyCommand(exchange);
  if (judgeRefusal(world, cursor, exchange)) return undefined;
  const { answer } = entry ?? {};
  law(entry !== undefined && answer?.kind === 'kept', () => `${exchange.call.operation} answered 200 and appended ${entry?.command.kind}.`);
  const positions = entry.command.kind === 'COMMIT' ? new Map<number, number>() : answer.positions;
  return exactCursor(exchange, { ...cursor, asOf: entry.offset, positions });
}

function onlyCommand({ call }: Exchange): Entry | undefined {
  law(call.commands.length <= 1, () => `${call.operation} appended ${call.commands.length} commands.`);
  return call.commands[0];
}

/** A command says where `type` and `time` stood at some moment between the beginning of the call and its append. */
function judgeStart(
  world: GroupWorld,
  { type, time }: UpdateGroupDetails,
  { call, to }: Exchange,
  start: 'horizon' | readonly number[],
): void {
  if (type === 'TRIM_HORIZON') {
    law(start === 'horizon', () => `TRIM_HORIZON became ${JSON.stringify(start)}.`);
    return;
  }
  law(start !== 'horizon' && start.length === call.stream.partitions, () => `${type} became ${JSON.stringify(start)}.`);
  for (const [index, offset] of start.entries()) {
    const before = call.from.bounds[index] ?? { start: 0, end: 0 };
    const after = to.bounds[index] ?? before;
    const copy = world.parts.auditor.messages(call.stream, index);
    const [least, most] =
      type === 'LATEST'
        ? [before.end, after.end]
        : [
            Math.max(before.start, copy.offsetAtTime(Date.parse(time ?? ''), before.end)),
            Math.max(after.start, copy.offsetAtTime(Date.parse(time ?? ''), after.end)),
          ];
    law(
      least <= offset && offset <= most,
      () => `${type} ${time ?? ''} became ${offset} in ${copy.name}; it stood for ${least} to ${most}.`,
    );
  }
}
