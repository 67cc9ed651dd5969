// Who calls with a group cursor, and why a caller is refused.
import { limits, standardMessage } from 'millrace-protocol';
import type { StreamRecord } from '../admin/catalogue-state.ts';
import { ApiError, invalid } from '../api-error.ts';
import type { Service } from '../service.ts';
import type { Group, Instance } from './group.ts';
import type { GroupCursor } from './group-cursor.ts';
import { type GroupAnswer, groupById, type VoidReason } from './group-state.ts';
import type { Groups } from './groups.ts';

/** The instance a cursor belongs to, in a state not older than the cursor. */
export interface GroupCaller {
  readonly machine: ReturnType<Groups['machineOf']>;
  readonly group: Group;
  readonly instance: Instance;
}

/** Throws 400 if the cursor's instance has joined again since, or is not known any more. */
export async function currentInstance({ groups }: Service, stream: StreamRecord, cursor: GroupCursor): Promise<GroupCaller> {
  const machine = groups.machineOf(stream.id);
  if (!(await machine.reaches(cursor.asOf))) throw invalid(standardMessage.cursorInvalid);
  const group = groupById(machine.state, cursor.group, machine.now());
  if (group === undefined) throw refuseVoid({ kind: 'void', reason: 'unknownGroup' }, stream);
  const instance = group.instances.get(cursor.epoch);
  if (instance === undefined) throw refuseVoid({ kind: 'void', reason: 'staleInstance' }, stream);
  return { machine, group, instance };
}

/** The refusal for a command that was void; an answer of another kind is a bug. */
export function refuseVoid(answer: GroupAnswer, stream: StreamRecord): ApiError {
  if (answer.kind !== 'void') throw new Error(`A group answered ${answer.kind}.`);
  return refusalFor[answer.reason](stream, answer.partition);
}

const refusalFor: Readonly<Record<VoidReason, (stream: StreamRecord, partition: number | undefined) => ApiError>> = {
  unknownGroup: () => invalid(`${standardMessage.cursorInvalid} The group was not used for the retention of its stream and is gone.`),
  tooManyGroups: ({ id }) =>
    new ApiError('LimitExceeded', `groupName: the stream ${id} has ${limits.groups} groups already, which is the limit.`),
  tooManyInstances: () =>
    new ApiError('LimitExceeded', `instanceName: the group has ${limits.instances} instances already, which is the limit.`),
  staleInstance: () =>
    invalid(`${standardMessage.cursorInvalid} An instance of the same name has joined since, or this one was not heard of for too long.`),
  unreservedPartition: (_stream, partition) =>
    invalid(
      `${standardMessage.unreservedPartition} ${partition}: its reservation ended or the group was reset. Create a new group cursor.`,
    ),
};
