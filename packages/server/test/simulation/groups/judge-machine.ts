// The state that a server has worked out is that of the model at the same offset of the log.
import type { Group } from '../../../src/groups/group.ts';
import { law } from '../law.ts';
import type { Auditor } from './auditor.ts';
import { isGone, type ModelGroup } from './group-model.ts';
import type { Server } from './server.ts';
import type { Shard } from './shard.ts';
import type { StreamFacts } from './stream-facts.ts';

const compared = new WeakMap<object, number>();
const rows = new WeakMap<ModelGroup, string>();

/** Throws unless the groups of a stream's shard are on this server what they must be; no server goes back. */
export function judgeMachine(server: Server, stream: StreamFacts, auditor: Auditor): void {
  const machine = server.machine(stream);
  const { applied, state } = machine;
  const before = compared.get(machine) ?? -1;
  law(before <= applied, () => `${server.name} had applied command ${before}, and now ${applied}.`);
  if (before === applied) return;
  compared.set(machine, applied);
  judgeGroups(state.groups.values(), auditor.shardOf(stream), applied, server.name);
}

/** Throws unless these groups are the model's after the command at `applied`; those that nobody can see any more are left out. */
function judgeGroups(groups: Iterable<Group>, shard: Shard, applied: number, whose: string): void {
  const now = shard.entries[applied]?.now ?? 0;
  const expected = [...shard.stateAt(applied).values()].toSorted((a, b) => a.id - b.id).map(rowOf);
  const found = [...groups]
    .map((group) => ({ ...group, instances: [...group.instances.values()] }))
    .filter((group) => !isGone(group, now))
    .toSorted((a, b) => a.id - b.id)
    .map(write);
  law(
    found.join() === expected.join(),
    () => `After command ${applied} of log ${shard.index} ${whose} has ${found.join()} instead of ${expected.join()}`,
  );
}

/** A group of the model never changes. */
function rowOf(group: ModelGroup): string {
  const known = rows.get(group) ?? write(group);
  rows.set(group, known);
  return known;
}

function write({ id, streamId, name, retentionMs, lastUsedMs, instances, partitions }: ModelGroup): string {
  const lives = instances.map(({ name: own, epoch, timeoutMs, commitOnGet, reservedUntilMs, lastCommandMs, hasPolled }) => [
    own,
    epoch,
    timeoutMs,
    commitOnGet,
    reservedUntilMs,
    lastCommandMs,
    hasPolled,
  ]);
  const held = partitions.map(({ position, committed, holder, token }) => [position, committed, holder, token]);
  return JSON.stringify([id, streamId, name, retentionMs, lastUsedMs, lives, held]);
}
