// What may have been so while a call was looked after: a server looks at its state at some moment that nobody can see from outside, so
// a judge asks whether there was one at which its answer was right.

import { instanceOf, type ModelGroup, type ModelState } from './group-model.ts';
import type { Exchange, GroupWorld } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';
import type { Shard } from './shard.ts';

/** The states that the server may have looked at between the engine's last answer and its own. */
export function lastStates({ call, to }: Exchange, shard: Shard): ModelState[] {
  return statesBetween(shard, call.lastApplied, to.applied);
}

/** All states that the server can have had while the call was under way, but none older than `least`. */
export function callStates({ call, to }: Exchange, shard: Shard, least = -1): ModelState[] {
  return statesBetween(shard, Math.max(call.from.applied, least), to.applied);
}

export function statesBetween(shard: Shard, from: number, to: number): ModelState[] {
  const states: ModelState[] = [];
  for (let offset = from; offset <= to; offset += 1) states.push(shard.stateAt(offset));
  return states;
}

/** The moments of the log's time at which a group changes by itself, from the beginning of a call to its end. */
export function timesOf({ call, to }: Exchange, group: ModelGroup | undefined): number[] {
  const within = (group?.instances ?? []).flatMap(({ reservedUntilMs, lastCommandMs, timeoutMs }) => [
    reservedUntilMs,
    reservedUntilMs + 1,
    reservedUntilMs - timeoutMs / 2,
    lastCommandMs + 60_000,
    Math.max(reservedUntilMs, lastCommandMs) + 300_001,
  ]);
  return [call.from.logMs, to.logMs, ...within.filter((time) => call.from.logMs < time && time < to.logMs)];
}

/** True if the cursor's instance is in the state. */
export function isKnown(state: ModelState, { group, epoch }: HeldCursor): boolean {
  return instanceOf(state.get(group), epoch) !== undefined;
}

/** The shard of the stream that the call was for. */
export function shardOfCall(world: GroupWorld, { call }: Exchange): Shard {
  return world.parts.auditor.shardOf(call.stream);
}
