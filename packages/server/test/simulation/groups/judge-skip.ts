// When a POLL may be left out of the log, and when it must be.
import { law } from '../law.ts';
import { countedOf, hasRunOut, heldBy, instanceOf, isForgotten, type ModelGroup, type ModelState, quotaOf } from './group-model.ts';
import type { Exchange } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';
import type { Entry, Shard } from './shard.ts';
import { callStates, timesOf } from './window.ts';

/** True if a POLL at `now` would change nothing but the reservation of the caller, and that need not be longer yet. */
export function isQuiet(group: ModelGroup, { epoch, positions }: HeldCursor, now: number): boolean {
  const caller = instanceOf(group, epoch);
  if (caller === undefined || !caller.hasPolled) return false;
  if (now - caller.lastCommandMs >= 60_000 || caller.reservedUntilMs - now <= caller.timeoutMs / 2) return false;
  const { partitions } = group;
  if ([...positions].some(([partition, next]) => next > (partitions[partition]?.committed ?? -1))) return false;
  for (const other of group.instances) {
    if (other === caller || !hasRunOut(other, now)) continue;
    if (isForgotten(other, now) || partitions.some(({ holder }) => holder === other.epoch)) return false;
  }
  const own = partitions.filter(({ holder }) => holder === epoch).length;
  const quota = quotaOf(group, epoch, now);
  return own === quota || (own < quota && partitions.every(({ holder }) => holder !== null));
}

/** Throws if the first POLL of a call need not have been appended: it changed nothing and found nothing, and that was to be seen. */
export function judgeNeedless(exchange: Exchange, shard: Shard, cursor: HeldCursor, { offset, answer }: Entry, isEmpty: boolean): void {
  const { call, to } = exchange;
  if (!isEmpty || call.commands.length > 1 || answer.kind !== 'polled' || answer.moved) return;
  const states = callStates(exchange, shard, Math.min(cursor.asOf, to.applied)).filter(
    (_, index) => index + Math.max(call.from.applied, cursor.asOf) < offset,
  );
  const hadCause = states.some((state) => mustAppend(exchange, state, cursor));
  law(hadCause || states.length === 0, () => `POLL ${offset} changed nothing and found nothing, and is in the log.`);
}

function mustAppend(exchange: Exchange, state: ModelState, cursor: HeldCursor): boolean {
  const group = state.get(cursor.group);
  if (group === undefined || timesOf(exchange, group).some((time) => !isQuiet(group, cursor, time))) return true;
  const held = heldBy(group, cursor.epoch, countedOf(group, cursor));
  return held.some(({ partition, from }) => (from ?? 0) < (exchange.to.bounds[partition]?.end ?? 0));
}
