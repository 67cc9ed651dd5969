// What consumer groups must be after each command of a log, worked out from the rules alone: nothing of the program under test
// goes in but the shape of its commands. No state is ever changed, so that a judge can look at any offset.
import type { GroupCommand } from '../../../src/groups/group-state.ts';

/** An instance after some command; times are the log's, Unix milliseconds. */
export interface ModelInstance {
  readonly name: string;
  readonly epoch: number;
  readonly timeoutMs: number;
  readonly commitOnGet: boolean;
  readonly reservedUntilMs: number;
  readonly lastCommandMs: number;
  readonly hasPolled: boolean;
}

export interface ModelPartition {
  readonly position: number | null;
  readonly committed: number | null;
  readonly holder: number | null;
  readonly token: number;
}

export interface ModelGroup {
  readonly id: number;
  readonly streamId: string;
  readonly name: string;
  readonly retentionMs: number;
  readonly lastUsedMs: number;
  /** In order of their JOINs. */
  readonly instances: readonly ModelInstance[];
  readonly partitions: readonly ModelPartition[];
}

/** The groups by id. */
export type ModelState = ReadonlyMap<number, ModelGroup>;

/** A partition that an instance holds after its POLL, and where its read must begin; null: at the oldest message. */
export interface ModelHeld {
  readonly partition: number;
  readonly from: number | null;
  readonly kept: number | undefined;
}

export type Positions = ReadonlyMap<number, number>;

/** What a command must answer. */
export type ModelAnswer =
  | { readonly kind: 'joined'; readonly group: number; readonly epoch: number }
  | { readonly kind: 'polled'; readonly held: readonly ModelHeld[]; readonly timeoutMs: number; readonly moved: boolean }
  | { readonly kind: 'kept'; readonly positions: Positions }
  | { readonly kind: 'reset' }
  | { readonly kind: 'void'; readonly reason: string; readonly partition?: number };

/** A command where it stands in its log. */
export interface Stamped {
  readonly offset: number;
  /** The log's time, which never falls. */
  readonly now: number;
  readonly command: GroupCommand;
}

/** How long the last cursor of an instance lives. */
const cursorLifeMs = 300_000;
const mostGroups = 50;

export function hasRunOut({ reservedUntilMs }: ModelInstance, now: number): boolean {
  return now > reservedUntilMs;
}

/** True if not even the last cursor it can have is valid. */
export function isForgotten({ reservedUntilMs, lastCommandMs }: ModelInstance, now: number): boolean {
  return now > Math.max(reservedUntilMs, lastCommandMs) + cursorLifeMs;
}

export function isGone({ lastUsedMs, retentionMs }: ModelGroup, now: number): boolean {
  return now > lastUsedMs + retentionMs;
}

export function instanceOf(group: ModelGroup | undefined, epoch: number): ModelInstance | undefined {
  return group?.instances.find((instance) => instance.epoch === epoch);
}

export function groupNamed(state: ModelState, streamId: string, name: string): ModelGroup | undefined {
  return [...state.values()].find((group) => group.streamId === streamId && group.name === name);
}

/** True if the instance has held the partition ever since the command at `asOf`. */
export function heldSince(group: ModelGroup | undefined, epoch: number, partition: number, asOf: number): boolean {
  const { holder, token } = group?.partitions[partition] ?? { holder: null, token: Number.POSITIVE_INFINITY };
  return holder === epoch && token <= asOf;
}

/** The state and the answer that a command leads to. */
export function advance(before: ModelState, stamped: Stamped): { readonly state: ModelState; readonly answer: ModelAnswer } {
  const state = new Map([...before].filter(([, group]) => !isGone(group, stamped.now)));
  const { group, answer } = carryOut(state, stamped);
  if (group !== undefined) state.set(group.id, { ...group, lastUsedMs: stamped.now });
  return { state, answer };
}

interface Outcome {
  /** As the command leaves it; undefined if it changes nothing. */
  readonly group?: ModelGroup;
  readonly answer: ModelAnswer;
}

function carryOut(state: ModelState, { offset, now, command }: Stamped): Outcome {
  if (command.kind === 'JOIN') return join(state, command, offset, now);
  if (command.kind === 'RESET') {
    const group = groupNamed(state, command.streamId, command.name);
    return group === undefined ? nothing('unknownGroup') : reset(runOut(group, undefined, now), command);
  }
  const group = state.get(command.group);
  if (group === undefined) return nothing('unknownGroup');
  const caller = instanceOf(group, command.epoch);
  if (caller === undefined) return nothing('staleInstance');
  const counted = countedOf(group, command);
  if (command.kind === 'POLL') return poll(group, caller, counted, offset, now);
  const lost = command.positions.find(([partition]) => !counted.has(partition));
  const isRefused = lost !== undefined && (command.kind === 'COMMIT' || counted.size === 0);
  if (isRefused) return { answer: { kind: 'void', reason: 'unreservedPartition', partition: lost[0] } };
  const alive = runOut(extended(group, caller, now, caller.hasPolled), caller.epoch, now);
  return { group: command.kind === 'COMMIT' ? committed(alive, counted) : alive, answer: { kind: 'kept', positions: counted } };
}

function nothing(reason: string): Outcome {
  return { answer: { kind: 'void', reason } };
}

type CommandOf<Kind extends GroupCommand['kind']> = Extract<GroupCommand, { kind: Kind }>;

function join(state: ModelState, command: CommandOf<'JOIN'>, offset: number, now: number): Outcome {
  const { streamId, name, instance: instanceName, timeoutMs, commitOnGet, partitionCount, retentionMs, start } = command;
  const siblings = [...state.values()].filter((group) => group.streamId === streamId);
  const known = siblings.find((group) => group.name === name);
  if (known === undefined && siblings.length >= mostGroups) return nothing('tooManyGroups');
  const partitions = Array.from({ length: partitionCount }, (_, index) => {
    return { position: start === 'horizon' ? null : (start[index] ?? null), committed: null, holder: null, token: offset };
  });
  const made: ModelGroup = { id: offset, streamId, name, retentionMs, lastUsedMs: now, instances: [], partitions };
  const earlier = known?.instances.find((instance) => instance.name === instanceName);
  const group = known === undefined ? made : runOut(known, earlier?.epoch, now);
  const life: ModelInstance = {
    name: instanceName,
    epoch: offset,
    timeoutMs,
    commitOnGet,
    reservedUntilMs: earlier?.reservedUntilMs ?? now + timeoutMs,
    lastCommandMs: now,
    hasPolled: false,
  };
  const instances = [...group.instances.filter((instance) => instance !== earlier), life];
  const passed = group.partitions.map((partition) =>
    earlier !== undefined && partition.holder === earlier.epoch ? { ...partition, holder: offset, token: offset } : partition,
  );
  return { group: { ...group, instances, partitions: passed }, answer: { kind: 'joined', group: group.id, epoch: offset } };
}

function reset(group: ModelGroup, { start }: CommandOf<'RESET'>): Outcome {
  const partitions = group.partitions.map(({ token }, index) => {
    return { position: start === 'horizon' ? null : (start[index] ?? null), committed: null, holder: null, token };
  });
  return { group: { ...group, partitions }, answer: { kind: 'reset' } };
}

function poll(before: ModelGroup, caller: ModelInstance, counted: Positions, offset: number, now: number): Outcome {
  const { epoch, commitOnGet, timeoutMs } = caller;
  const alive = runOut(extended(before, caller, now, true), epoch, now);
  const read = commitOnGet ? committed(alive, counted) : alive;
  const group = { ...read, partitions: shared(read, epoch, offset, now) };
  const moved = before.partitions.some(({ holder, committed: done }, index) => {
    const after = group.partitions[index];
    return after?.holder !== holder || after.committed !== done;
  });
  return { group, answer: { kind: 'polled', held: heldBy(group, epoch, counted), timeoutMs, moved } };
}

/** The positions of a cursor that count. */
export function countedOf(
  group: ModelGroup,
  { epoch, asOf, positions }: { readonly epoch: number; readonly asOf: number; readonly positions: Iterable<readonly [number, number]> },
): Positions {
  return new Map([...positions].filter(([partition]) => heldSince(group, epoch, partition, asOf)));
}

export function heldBy({ partitions }: ModelGroup, epoch: number, counted: Positions): ModelHeld[] {
  return partitions.flatMap(({ holder, committed: done, position }, partition) => {
    if (holder !== epoch) return [];
    const kept = counted.get(partition);
    return [{ partition, kept, from: kept === undefined ? (done ?? position) : Math.max(kept, done ?? 0) }];
  });
}

/** How many partitions the caller of a POLL may hold: an even share, and one more while there are some over. */
export function quotaOf({ instances, partitions }: ModelGroup, epoch: number, now: number): number {
  const others = instances.filter((instance) => instance.epoch !== epoch);
  const live = 1 + others.filter((instance) => instance.hasPolled && !hasRunOut(instance, now)).length;
  const share = Math.floor(partitions.length / live);
  const holders = new Set(partitions.map(({ holder }) => holder));
  holders.delete(null);
  holders.delete(epoch);
  const above = [...holders].filter((holder) => partitions.filter((partition) => partition.holder === holder).length > share).length;
  return above < partitions.length % live ? share + 1 : share;
}

/** Gives up the highest above the quota, takes the lowest free ones below it. */
function shared(group: ModelGroup, epoch: number, offset: number, now: number): ModelPartition[] {
  const quota = quotaOf(group, epoch, now);
  let room = quota - group.partitions.filter(({ holder }) => holder === epoch).length;
  let mine = 0;
  return group.partitions.map((partition) => {
    if (partition.holder === epoch) {
      mine += 1;
      return mine > quota ? { ...partition, holder: null } : partition;
    }
    if (partition.holder !== null || room <= 0) return partition;
    room -= 1;
    return { ...partition, holder: epoch, token: offset };
  });
}

function extended(group: ModelGroup, caller: ModelInstance, now: number, hasPolled: boolean): ModelGroup {
  const later = { ...caller, reservedUntilMs: now + caller.timeoutMs, lastCommandMs: now, hasPolled };
  return { ...group, instances: group.instances.map((instance) => (instance === caller ? later : instance)) };
}

/** All but the one with the epoch `but` lose what they hold if they ran out, and are forgotten when their cursors are dead. */
function runOut(group: ModelGroup, but: number | undefined, now: number): ModelGroup {
  const losers = group.instances.filter((instance) => instance.epoch !== but && hasRunOut(instance, now));
  if (losers.length === 0) return group;
  const epochs = new Set<number | null>(losers.map(({ epoch }) => epoch));
  const partitions = group.partitions.map((partition) => (epochs.has(partition.holder) ? { ...partition, holder: null } : partition));
  const instances = group.instances.filter((instance) => !losers.includes(instance) || !isForgotten(instance, now));
  return { ...group, partitions, instances };
}

function committed(group: ModelGroup, counted: Positions): ModelGroup {
  const partitions = group.partitions.map((partition, index) => {
    const next = counted.get(index) ?? -1;
    return next > (partition.committed ?? -1) ? { ...partition, committed: next } : partition;
  });
  return { ...group, partitions };
}
