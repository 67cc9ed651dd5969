// The state machine of consumer groups over its logs: commands and snapshots as JSON, and back.
import type { MachineDefinition } from '../state/state-machine.ts';
import type { Group, GroupPartition, Instance } from './group.ts';
import { applyGroupCommand, type GroupAnswer, type GroupCommand, type GroupsState } from './group-state.ts';

/** A group in a snapshot. */
interface StoredGroup extends Omit<Group, 'instances'> {
  readonly instances: readonly Instance[];
}

const commandKinds: ReadonlySet<string> = new Set<GroupCommand['kind']>(['JOIN', 'POLL', 'COMMIT', 'HEARTBEAT', 'RESET']);

export const groupMachine: MachineDefinition<GroupsState, GroupCommand, GroupAnswer> = {
  logName: '_millrace.groups',
  initialState: () => ({ groups: new Map(), byStream: new Map() }),
  apply: applyGroupCommand,
  parseCommand(value) {
    const { v, kind } = value as { v?: unknown; kind?: unknown };
    if (v !== 1 || typeof kind !== 'string' || !commandKinds.has(kind)) {
      throw new Error(`Unknown group command ${JSON.stringify(kind)} of version ${JSON.stringify(v)}.`);
    }
    // Only this program writes the log; version and kind have just been checked.
    return value as GroupCommand;
  },
  // Partitions as rows: there are many.
  encodeState: ({ groups }) =>
    [...groups.values()].map(({ instances, partitions, ...group }) => ({
      ...group,
      instances: [...instances.values()],
      partitions: partitions.map(({ position, committed, holder, token }) => [position, committed, holder, token]),
    })),
  decodeState(value) {
    const state: GroupsState = { groups: new Map(), byStream: new Map() };
    for (const { instances, partitions, ...group } of value as (Omit<StoredGroup, 'partitions'> & { partitions: PartitionRow[] })[]) {
      const decoded: Group = {
        ...group,
        instances: new Map(instances.map((instance) => [instance.epoch, instance])),
        partitions: partitions.map(([position, committed, holder, token]) => ({ position, committed, holder, token })),
      };
      state.groups.set(group.id, decoded);
      const siblings = state.byStream.get(group.streamId) ?? new Map<string, Group>();
      state.byStream.set(group.streamId, siblings.set(group.name, decoded));
    }
    return state;
  },
};

type PartitionRow = readonly [
  position: GroupPartition['position'],
  committed: GroupPartition['committed'],
  holder: GroupPartition['holder'],
  token: GroupPartition['token'],
];
