// What a command in the log must say, given the call that appended it; and that no commit passes a message nobody received.
import { law } from '../law.ts';
import type { Auditor } from './auditor.ts';
import type { CallRecord } from './call-record.ts';
import { heldSince, type ModelGroup } from './group-model.ts';
import type { Entry, Shard } from './shard.ts';

const kindOf: Partial<Record<CallRecord['operation'], Entry['command']['kind']>> = {
  CreateGroupCursor: 'JOIN',
  GetMessages: 'POLL',
  ConsumerCommit: 'COMMIT',
  ConsumerHeartbeat: 'HEARTBEAT',
  UpdateGroup: 'RESET',
};

/** Throws unless the command is what its call had to append, and does what it may. */
export function judgeCommand(entry: Entry, shard: Shard, auditor: Auditor): void {
  const { call, command, offset } = entry;
  if (call !== undefined) {
    law(kindOf[call.operation] === command.kind, () => `${call.operation} appended ${command.kind} at ${offset}.`);
    if ('positions' in command) judgeCursorOf(entry, shard, call);
  }
  if (command.kind === 'RESET' || command.kind === 'JOIN') return;
  const before = shard.stateAt(offset - 1).get(command.group);
  const after = shard.stateAt(offset).get(command.group);
  if (before !== undefined && after !== undefined && before !== after) judgeReceipt(before, after, shard, auditor, offset);
}

/** The positions that count are those that the client's cursor proves, whatever the bytes of the cursor say. */
function judgeCursorOf({ command, offset }: Entry, shard: Shard, { cursor, operation, commands }: CallRecord): void {
  if (!('positions' in command) || cursor === undefined) return;
  const told = (): string => `${operation} with a cursor as of ${cursor.asOf} appended ${JSON.stringify(command)} at ${offset}`;
  law(command.group === cursor.group && command.epoch === cursor.epoch, () => `Another instance: ${told()}.`);
  const isFirst = commands.length === 0 || commands[0]?.offset === offset;
  law(
    command.asOf >= cursor.asOf && command.asOf < offset && (!isFirst || command.asOf === cursor.asOf || operation === 'GetMessages'),
    () => `Another asOf: ${told()}.`,
  );
  const group = shard.stateAt(offset - 1).get(command.group);
  const carried = new Map(command.positions);
  for (const [partition, next] of carried)
    law(cursor.positions.get(partition) === next, () => `Position ${partition}:${next} was never given. ${told()}`);
  for (const [partition, next] of cursor.positions) {
    const counts = carried.has(partition) && heldSince(group, command.epoch, partition, command.asOf);
    const isProved = heldSince(group, cursor.epoch, partition, cursor.asOf);
    law(isProved || !counts, () => `Partition ${partition} was lost since, and its position counts. ${told()}`);
    const isCommitted = next <= (group?.partitions[partition]?.committed ?? -1);
    law(
      counts || !isProved || isCommitted,
      () => `Partition ${partition} was held all the time, and its position does not count. ${told()}`,
    );
  }
}

/** Between what was committed and what is now lies no message that no client of the group has received, if it is still there. */
function judgeReceipt(before: ModelGroup, after: ModelGroup, shard: Shard, auditor: Auditor, offset: number): void {
  const since = lastReset(shard, after, offset);
  for (const [index, { committed }] of after.partitions.entries()) {
    const earlier = before.partitions[index];
    if (committed === null || earlier === undefined || earlier.committed === committed) continue;
    const stream = after.streamId;
    const copy = auditor.messagesOf(stream, index);
    law(
      committed <= copy.values.length,
      () => `Command ${offset} commits ${committed} of ${copy.name}, which ends at ${copy.values.length}.`,
    );
    for (let at = Math.max(earlier.committed ?? earlier.position ?? 0, copy.startOffset); at < committed; at += 1) {
      const isReceived = auditor.receipts.has(shard.index, after.id, index, at, since);
      law(
        isReceived,
        () => `Command ${offset} commits ${committed} of ${copy.name} for group ${after.name}: no client has received ${at}.`,
      );
    }
  }
}

/** Offset of the command since which positions count: the last RESET of the group, or its making. */
export function lastReset(shard: Shard, { id, streamId, name }: ModelGroup, before: number): number {
  for (let at = before; at > id; at -= 1) {
    const { command, answer } = shard.entries[at] ?? {};
    if (command?.kind === 'RESET' && answer?.kind === 'reset' && command.streamId === streamId && command.name === name) return at;
  }
  return id;
}
