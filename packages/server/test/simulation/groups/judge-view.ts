// What GetGroup and ExplainGroup show: a state that is not older than anything answered before they were asked.
import { formatTime } from 'millrace-protocol';
import type { Group, GroupExplanation } from 'millrace-protocol/shapes';
import { law } from '../law.ts';
import { groupNamed, hasRunOut, instanceOf, isGone, type ModelGroup, type ModelInstance } from './group-model.ts';
import type { Exchange, GroupWorld } from './group-world.ts';
import { shardOfCall, statesBetween, timesOf } from './window.ts';

/** Throws unless GetGroup shows the group as it was at one moment of the call. */
export function judgeGroup(world: GroupWorld, groupName: string, exchange: Exchange): void {
  const { reply } = exchange;
  if (reply.status >= 429) return;
  const seen = viewsOf(world, groupName, exchange).map((view) => (view === undefined ? undefined : shown(view, groupName)));
  if (reply.status === 404) law(seen.includes(undefined), () => `GetGroup of ${groupName} answered 404; it was there all the time.`);
  const body = reply.body as Group | undefined;
  const told = JSON.stringify(body);
  law(reply.status !== 200 || seen.includes(told), () => `GetGroup shows ${told}; it was ${[...new Set(seen)].join(' or ')}.`);
}

/** Throws unless every row of ExplainGroup is as it was at some moment of the call: it is put together over several. */
export function judgeExplanation(world: GroupWorld, groupName: string, exchange: Exchange): void {
  const { reply } = exchange;
  if (reply.status >= 429) return;
  const views = viewsOf(world, groupName, exchange);
  if (reply.status === 404) law(views.includes(undefined), () => `ExplainGroup of ${groupName} answered 404; it was there all the time.`);
  if (reply.status !== 200) return;
  const { partitions, instances } = reply.body as GroupExplanation;
  const rows = new Set(views.flatMap((view) => view?.group.partitions.map((_, index) => JSON.stringify(partitionRow(view, index))) ?? []));
  for (const { lagMessages: _lag, lagSeconds: _seconds, nextOffset: _next, startOffset: _start, endOffset: _end, ...row } of partitions) {
    law(rows.has(JSON.stringify(row)), () => `ExplainGroup shows ${JSON.stringify(row)}; it was ${[...rows].join(' or ')}.`);
  }
  const lives = new Set(views.flatMap((view) => view?.group.instances.map((instance) => instanceRow(instance, view.now)) ?? []));
  for (const { instanceName, state, timeReservedUntil, explanation } of instances) {
    const row = [instanceName, state, timeReservedUntil].join(' ');
    law(lives.has(row) && explanation.length > 0, () => `ExplainGroup shows ${row}; it was ${[...lives].join(' or ')}.`);
  }
}

interface View {
  readonly group: ModelGroup;
  readonly now: number;
}

/** The group as it was, at all moments that the call may have looked at it; undefined where it was not there. */
function viewsOf(world: GroupWorld, groupName: string, exchange: Exchange): (View | undefined)[] {
  const { call, to, reply } = exchange;
  law(reply.status === 200 || reply.status === 404, () => `${call.operation} answered ${reply.status}: ${reply.message}`);
  const shard = shardOfCall(world, exchange);
  const states = statesBetween(shard, Math.min(call.from.told, to.applied), to.applied);
  law(call.from.told <= to.applied, () => `A view is as of ${to.applied}; ${call.from.told} was known before.`);
  return states.flatMap((state) => {
    const group = groupNamed(state, call.stream.id, groupName);
    if (group === undefined) return [undefined];
    return timesOf(exchange, group).flatMap((now) => (isGone(group, now) ? [undefined] : [{ group, now }]));
  });
}

function shown(view: View, groupName: string): string {
  const reservations = view.group.partitions.map((_, index) => partitionRow(view, index));
  return JSON.stringify({ streamId: view.group.streamId, groupName, reservations });
}

function partitionRow({ group, now }: View, index: number): object {
  const { committed = null, holder = null } = group.partitions[index] ?? {};
  const instance = holder === null ? undefined : instanceOf(group, holder);
  const isReserved = instance !== undefined && !hasRunOut(instance, now);
  return {
    partition: String(index),
    ...(committed === null ? {} : { committedOffset: committed - 1 }),
    ...(isReserved ? { reservedInstance: instance.name, timeReservedUntil: formatTime(instance.reservedUntilMs) } : {}),
  };
}

function instanceRow(instance: ModelInstance, now: number): string {
  const state = hasRunOut(instance, now) ? 'RAN_OUT' : instance.hasPolled ? 'LIVE' : 'JOINED';
  return [instance.name, state, formatTime(instance.reservedUntilMs)].join(' ');
}
