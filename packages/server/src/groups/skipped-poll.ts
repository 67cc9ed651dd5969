// When a POLL need not be written down: its answer is empty, and applying it would change nothing worth keeping.
import { planPoll } from './assignment.ts';
import { type Group, hasRunOut, type Instance, isForgotten } from './group.ts';
import { counts, type FromCursor, type HeldPartition, heldBy } from './group-state.ts';

/** A reservation is written down again at least so often. */
const longestQuietMs = 60_000;

/**
 * What `instance` holds at `now`, if its POLL would change nothing but its reservation, of which more than half is left;
 * undefined if it must be appended. If there is anything to read it must be appended too: every message is delivered under a
 * command of the log.
 */
export function tryPoll(group: Group, instance: Instance, cursor: FromCursor, now: number): readonly HeldPartition[] | undefined {
  const { hasPolled, lastCommandMs, reservedUntilMs, timeoutMs } = instance;
  const isFresh = hasPolled && now - lastCommandMs < longestQuietMs && reservedUntilMs - now > timeoutMs / 2;
  if (!isFresh || othersRunOut(group, instance, now)) return undefined;
  if (cursor.positions.some(([partition, next]) => next > (group.partitions[partition]?.committed ?? -1))) return undefined;
  const { release, take } = planPoll(group, instance, now);
  if (release.length + take.length > 0) return undefined;
  return heldBy(group, instance, new Map(cursor.positions.filter((position) => counts(group, cursor, position))));
}

/** True if another instance is about to lose partitions or to be forgotten. */
function othersRunOut({ instances, partitions }: Group, caller: Instance, now: number): boolean {
  const losers = new Set<number>();
  for (const instance of instances.values()) {
    if (instance === caller || !hasRunOut(instance, now)) continue;
    if (isForgotten(instance, now)) return true;
    losers.add(instance.epoch);
  }
  return losers.size > 0 && partitions.some(({ holder }) => holder !== null && losers.has(holder));
}
