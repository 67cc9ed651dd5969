// The consumer groups of some streams as one pure state machine: JOIN, POLL, COMMIT, HEARTBEAT and RESET, and what runs out
// meanwhile. Every answer follows from the commands before it and their stamps.
//
// A partition leaves an instance only by that instance's own command, by its running out when another instance's command comes,
// or by RESET. So at any offset of the log it has at most one holder, and its token, the offset of the command that granted it,
// tells this grant from earlier ones.
import { limits } from 'millrace-protocol';
import type { CommandContext } from '../state/state-machine.ts';
import { planPoll } from './assignment.ts';
import { type Group, type GroupPartition, hasRunOut, type Instance, isForgotten, isUnused } from './group.ts';

/** The groups of all streams that share a log. */
export interface GroupsState {
  /** By id, the one used least lately first. */
  readonly groups: Map<number, Group>;
  /** The same by stream and name. */
  readonly byStream: Map<string, Map<string, Group>>;
}

/** Where a group begins in every partition: at the oldest retained message, or at these offsets, by partition. */
export type Start = 'horizon' | readonly number[];

/** The next offset of a partition, as a cursor carries it. */
export type Position = readonly [partition: number, next: number];

/** What a cursor proves: who holds it, and which command (`asOf`) it answered with which positions. */
export interface FromCursor {
  readonly group: number;
  readonly epoch: number;
  readonly asOf: number;
  readonly positions: readonly Position[];
}

/** Commands carry what was read elsewhere (ends of partitions) or left to chance (a generated name). */
export type GroupCommand =
  | {
      readonly v: 1;
      readonly kind: 'JOIN';
      readonly streamId: string;
      readonly name: string;
      readonly instance: string;
      readonly timeoutMs: number;
      readonly commitOnGet: boolean;
      readonly partitionCount: number;
      readonly retentionMs: number;
      /** Counts only if it makes the group. */
      readonly start: Start;
    }
  | ({ readonly v: 1; readonly kind: 'POLL' } & FromCursor)
  | ({ readonly v: 1; readonly kind: 'COMMIT' } & FromCursor)
  | ({ readonly v: 1; readonly kind: 'HEARTBEAT' } & FromCursor)
  | { readonly v: 1; readonly kind: 'RESET'; readonly streamId: string; readonly name: string; readonly start: Start };

type CommandOf<Kind extends GroupCommand['kind']> = Extract<GroupCommand, { kind: Kind }>;

/** Why a command changed nothing. */
export type VoidReason =
  | 'unknownGroup'
  | 'tooManyGroups'
  | 'tooManyInstances'
  /** The cursor's instance has joined again since, or was forgotten. */
  | 'staleInstance'
  /** A position of the cursor does not count: its partition was lost since. */
  | 'unreservedPartition';

/** A partition an instance holds after its POLL. */
export interface HeldPartition {
  readonly partition: number;
  /** Where reading begins: an offset, or null for the oldest retained message. */
  readonly from: number | null;
  /** The position that the next cursor keeps, if the cursor brought one that counted. */
  readonly kept: number | undefined;
}

/** What changed hands in a command. */
export interface Turnover {
  /** Instances whose partitions were taken from them because they ran out. */
  readonly expired: number;
  readonly granted: number;
  readonly released: number;
  /** Partitions whose committed offset moved. */
  readonly committed: number;
}

export type GroupAnswer =
  | { readonly kind: 'joined'; readonly group: number; readonly epoch: number; readonly turnover: Turnover }
  | { readonly kind: 'polled'; readonly held: readonly HeldPartition[]; readonly timeoutMs: number; readonly turnover: Turnover }
  /** COMMIT or HEARTBEAT: these positions counted, and still do. */
  | { readonly kind: 'kept'; readonly positions: readonly Position[]; readonly turnover: Turnover }
  | { readonly kind: 'reset'; readonly turnover: Turnover }
  | { readonly kind: 'void'; readonly reason: VoidReason; readonly partition?: number };

/** How many groups that ran out one command drops at most, so that no command takes long. */
const dropAtMost = 20;

/** Changes `state` in place and answers. */
export function applyGroupCommand(state: GroupsState, command: GroupCommand, context: CommandContext): GroupAnswer {
  dropUnused(state, context.now);
  switch (command.kind) {
    case 'JOIN':
      return join(state, command, context);
    case 'RESET':
      return reset(state, command, context);
    case 'POLL':
    case 'COMMIT':
    case 'HEARTBEAT': {
      const group = groupById(state, command.group, context.now);
      if (group === undefined) return { kind: 'void', reason: 'unknownGroup' };
      const instance = group.instances.get(command.epoch);
      if (instance === undefined) return { kind: 'void', reason: 'staleInstance' };
      const caller = { group, instance };
      const answer = command.kind === 'POLL' ? poll(caller, command, context) : keep(caller, command, context);
      if (answer.kind !== 'void') use(state, group, context.now);
      return answer;
    }
  }
}

interface Caller {
  readonly group: Group;
  readonly instance: Instance;
}

function join(state: GroupsState, command: CommandOf<'JOIN'>, { offset, now }: CommandContext): GroupAnswer {
  dropUnusedOf(state, command.streamId, now);
  const group = groupByName(state, command.streamId, command.name, now) ?? newGroup(state, command, offset);
  if (group === undefined) return { kind: 'void', reason: 'tooManyGroups' };
  const { instance: name, timeoutMs, commitOnGet } = command;
  const earlier = [...group.instances.values()].find((instance) => instance.name === name);
  const expired = expireOthers(group, earlier, now);
  if (earlier === undefined && group.instances.size >= limits.instances) return { kind: 'void', reason: 'tooManyInstances' };
  // A process that joins, crashes and joins again must not hold its partitions for ever: they stay as long as they were its own.
  const reservedUntilMs = earlier?.reservedUntilMs ?? now + timeoutMs;
  if (earlier !== undefined) group.instances.delete(earlier.epoch);
  group.instances.set(offset, { name, epoch: offset, timeoutMs, commitOnGet, reservedUntilMs, lastCommandMs: now, hasPolled: false });
  for (const partition of group.partitions) {
    if (earlier !== undefined && partition.holder === earlier.epoch) Object.assign(partition, { holder: offset, token: offset });
  }
  use(state, group, now);
  return { kind: 'joined', group: group.id, epoch: offset, turnover: turnover({ expired }) };
}

/** Undefined if the stream has as many groups as it may. */
function newGroup(state: GroupsState, command: CommandOf<'JOIN'>, id: number): Group | undefined {
  const { streamId, name, partitionCount, retentionMs, start } = command;
  const siblings = state.byStream.get(streamId) ?? new Map<string, Group>();
  if (siblings.size >= limits.groups) return undefined;
  const partitions = Array.from({ length: partitionCount }, (_, index): GroupPartition => {
    return { position: positionIn(start, index), committed: null, holder: null, token: id };
  });
  const group: Group = { id, streamId, name, retentionMs, lastUsedMs: 0, instances: new Map(), partitions };
  state.byStream.set(streamId, siblings.set(name, group));
  return group;
}

function positionIn(start: Start, partition: number): number | null {
  return start === 'horizon' ? null : (start[partition] ?? null);
}

function poll({ group, instance }: Caller, command: CommandOf<'POLL'>, { offset, now }: CommandContext): GroupAnswer {
  extend(instance, now);
  instance.hasPolled = true;
  const expired = expireOthers(group, instance, now);
  const counted = new Map(command.positions.filter((position) => counts(group, command, position)));
  const committed = instance.commitOnGet ? commit(group, counted) : 0;
  const { release, take } = planPoll(group, instance, now);
  for (const index of release) partitionOf(group, index).holder = null;
  for (const index of take) Object.assign(partitionOf(group, index), { holder: instance.epoch, token: offset });
  return {
    kind: 'polled',
    held: heldBy(group, instance, counted),
    timeoutMs: instance.timeoutMs,
    turnover: { expired, granted: take.length, released: release.length, committed },
  };
}

/** COMMIT is all or nothing; a HEARTBEAT of an instance that lost all it read is refused too. A refusal extends nothing. */
function keep({ group, instance }: Caller, command: CommandOf<'COMMIT' | 'HEARTBEAT'>, { now }: CommandContext): GroupAnswer {
  const counted = command.positions.filter((position) => counts(group, command, position));
  const mustCount = command.kind === 'COMMIT' ? command.positions.length : Math.min(1, command.positions.length);
  if (counted.length < mustCount) {
    const lost = command.positions.find((position) => !counts(group, command, position));
    return { kind: 'void', reason: 'unreservedPartition', ...(lost === undefined ? {} : { partition: lost[0] }) };
  }
  extend(instance, now);
  const expired = expireOthers(group, instance, now);
  const committed = command.kind === 'COMMIT' ? commit(group, new Map(counted)) : 0;
  return { kind: 'kept', positions: counted, turnover: turnover({ expired, committed }) };
}

function reset(state: GroupsState, { streamId, name, start }: CommandOf<'RESET'>, { now }: CommandContext): GroupAnswer {
  const group = groupByName(state, streamId, name, now);
  if (group === undefined) return { kind: 'void', reason: 'unknownGroup' };
  const expired = expireOthers(group, undefined, now);
  const released = group.partitions.filter(({ holder }) => holder !== null).length;
  for (const [index, partition] of group.partitions.entries()) {
    Object.assign(partition, { position: positionIn(start, index), committed: null, holder: null });
  }
  use(state, group, now);
  return { kind: 'reset', turnover: turnover({ expired, released }) };
}

/** A position counts if its holder has held the partition all the time since the command that the cursor answered. */
export function counts({ instances, partitions }: Group, { epoch, asOf }: Pick<FromCursor, 'epoch' | 'asOf'>, [index]: Position): boolean {
  const partition = partitions[index];
  return instances.has(epoch) && partition !== undefined && partition.holder === epoch && partition.token <= asOf;
}

/** What `instance` holds, by rising index; `counted` are the positions of its cursor that count. */
export function heldBy({ partitions }: Group, { epoch }: Instance, counted: ReadonlyMap<number, number>): HeldPartition[] {
  const held: HeldPartition[] = [];
  for (const [partition, { holder, committed, position }] of partitions.entries()) {
    if (holder !== epoch) continue;
    const kept = counted.get(partition);
    const from = kept === undefined ? (committed ?? position) : Math.max(kept, committed ?? 0);
    held.push({ partition, from, kept });
  }
  return held;
}

/** The group, unless it was not used for the retention of its stream. */
export function groupByName(state: GroupsState, streamId: string, name: string, now: number): Group | undefined {
  const group = state.byStream.get(streamId)?.get(name);
  return group === undefined || isUnused(group, now) ? undefined : group;
}

/** The group, unless it was not used for the retention of its stream. */
export function groupById(state: GroupsState, id: number, now: number): Group | undefined {
  const group = state.groups.get(id);
  return group === undefined || isUnused(group, now) ? undefined : group;
}

/** All groups of a stream that are there at `now`, in order of creation. */
export function groupsOf(state: GroupsState, streamId: string, now: number): Group[] {
  return [...(state.byStream.get(streamId)?.values() ?? [])].filter((group) => !isUnused(group, now)).toSorted((a, b) => a.id - b.id);
}

function extend(instance: Instance, now: number): void {
  instance.reservedUntilMs = now + instance.timeoutMs;
  instance.lastCommandMs = now;
}

/** Those that ran out, but for `caller`, lose their partitions; those whose last cursor is dead are forgotten. Answers how many held any. */
function expireOthers(group: Group, caller: Instance | undefined, now: number): number {
  const losers = new Set<number>();
  for (const instance of group.instances.values()) {
    if (instance === caller || !hasRunOut(instance, now)) continue;
    losers.add(instance.epoch);
    if (isForgotten(instance, now)) group.instances.delete(instance.epoch);
  }
  const expired = new Set<number>();
  for (const partition of losers.size === 0 ? [] : group.partitions) {
    if (partition.holder === null || !losers.has(partition.holder)) continue;
    expired.add(partition.holder);
    partition.holder = null;
  }
  return expired.size;
}

/** An older position after a newer one moves nothing back. Answers how many moved. */
function commit(group: Group, positions: ReadonlyMap<number, number>): number {
  let moved = 0;
  for (const [index, next] of positions) {
    const partition = partitionOf(group, index);
    if (next <= (partition.committed ?? -1)) continue;
    partition.committed = next;
    moved += 1;
  }
  return moved;
}

function partitionOf({ partitions }: Group, index: number): GroupPartition {
  const partition = partitions[index];
  if (partition === undefined) throw new Error(`The group has partitions 0 to ${partitions.length - 1}; got ${index}.`);
  return partition;
}

/** The group is now the one used most lately. */
function use({ groups }: GroupsState, group: Group, now: number): void {
  group.lastUsedMs = now;
  groups.delete(group.id);
  groups.set(group.id, group);
}

/** From the one used least lately on, up to the first that is still there: others behind it go later, unseen meanwhile. */
function dropUnused(state: GroupsState, now: number): void {
  let dropped = 0;
  for (const group of state.groups.values()) {
    if (dropped >= dropAtMost || !isUnused(group, now)) return;
    drop(state, group);
    dropped += 1;
  }
}

function dropUnusedOf(state: GroupsState, streamId: string, now: number): void {
  for (const group of [...(state.byStream.get(streamId)?.values() ?? [])]) if (isUnused(group, now)) drop(state, group);
}

function drop({ groups, byStream }: GroupsState, { id, streamId, name }: Group): void {
  groups.delete(id);
  const siblings = byStream.get(streamId);
  siblings?.delete(name);
  if (siblings?.size === 0) byStream.delete(streamId);
}

function turnover(changed: Partial<Turnover>): Turnover {
  return { expired: 0, granted: 0, released: 0, committed: 0, ...changed };
}
