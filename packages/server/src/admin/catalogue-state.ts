// The catalogue of streams as a state machine: which streams, pools and work requests there are. Pure: every answer
// follows from the commands before it.
import { type ErrorCode, limits } from 'millrace-protocol';
import type { DefinedTags, FreeformTags, LifecycleState, WorkRequestOperationType } from 'millrace-protocol/shapes';
import type { CommandContext, MachineDefinition } from '../state/state-machine.ts';

/** A stream's record; all times are the log's, Unix milliseconds. */
export interface StreamRecord {
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  readonly retentionInHours: number;
  readonly compartmentId: string;
  readonly streamPoolId: string;
  readonly lifecycleState: LifecycleState;
  readonly timeCreatedMs: number;
  /** When it became DELETED, else null. */
  readonly timeDeletedMs: number | null;
  readonly freeformTags: FreeformTags;
  readonly definedTags: DefinedTags;
  /** Offset of its CREATE_STREAM: names its log, and is never used again. */
  readonly number: number;
  /** Offset of the last change somebody asked for; the `etag` is this in decimal. Becoming ACTIVE or DELETED is not one. */
  readonly changedAt: number;
  /** The work request under way, closed when the step it waits for is done. */
  readonly workRequestId: string;
}

export interface PoolRecord {
  readonly id: string;
  readonly compartmentId: string;
  readonly name: string;
  readonly timeCreatedMs: number;
}

export interface WorkRequestRecord {
  readonly id: string;
  readonly operationType: WorkRequestOperationType;
  readonly compartmentId: string;
  readonly streamId: string;
  /** Offset of the command that opened it: rises with the time of acceptance, and is never the same twice. */
  readonly number: number;
  readonly timeAcceptedMs: number;
  /** Null while it is in progress. */
  readonly timeFinishedMs: number | null;
}

export interface CatalogueState {
  /** Set by INIT: the key that authenticates cursors, base64. Empty before. */
  cursorKey: string;
  /** Set by INIT: the number of logs the consumer groups are spread over. */
  groupLogCount: number;
  /** By id, in order of creation, DELETED ones included while their record is kept. */
  readonly streams: Map<string, StreamRecord>;
  /** By id, in order of creation; each is the default pool of its compartment. */
  readonly pools: Map<string, PoolRecord>;
  /** By id, in order of acceptance. */
  readonly workRequests: Map<string, WorkRequestRecord>;
}

/** What the caller of CREATE_STREAM asked for, defaults filled in. */
export interface NewStream {
  readonly name: string;
  readonly partitions: number;
  readonly retentionInHours: number;
  /** Exactly one of the two says where it goes. */
  readonly compartmentId?: string;
  readonly streamPoolId?: string;
  readonly freeformTags: FreeformTags;
  readonly definedTags: DefinedTags;
}

/** Commands carry what was left to chance: ids, the key, and the id a default pool gets if it is made now. */
export type CatalogueCommand =
  | { readonly v: 1; readonly kind: 'INIT'; readonly format: 1; readonly cursorKey: string; readonly groupLogCount: number }
  | {
      readonly v: 1;
      readonly kind: 'CREATE_STREAM';
      readonly id: string;
      readonly poolId: string;
      readonly workRequestId: string;
      readonly stream: NewStream;
    }
  | { readonly v: 1; readonly kind: 'STREAM_CREATED'; readonly id: string }
  | {
      readonly v: 1;
      readonly kind: 'UPDATE_STREAM';
      readonly id: string;
      readonly workRequestId: string;
      readonly ifMatch?: string;
      readonly freeformTags?: FreeformTags;
      readonly definedTags?: DefinedTags;
    }
  | { readonly v: 1; readonly kind: 'DELETE_STREAM'; readonly id: string; readonly workRequestId: string; readonly ifMatch?: string }
  | { readonly v: 1; readonly kind: 'STREAM_DELETED'; readonly id: string };

type CommandOf<Kind extends CatalogueCommand['kind']> = Extract<CatalogueCommand, { kind: Kind }>;

/** The command took effect and this is the stream now, or it is void and this is why. */
export type CatalogueAnswer =
  | { readonly kind: 'done'; readonly stream: StreamRecord }
  | { readonly kind: 'initialised' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

/** How many records that ran out one command drops at most, so that no command takes long. */
const dropAtMost = 100;

const commandKinds: ReadonlySet<string> = new Set<CatalogueCommand['kind']>([
  'INIT',
  'CREATE_STREAM',
  'STREAM_CREATED',
  'UPDATE_STREAM',
  'DELETE_STREAM',
  'STREAM_DELETED',
]);

export const catalogueMachine: MachineDefinition<CatalogueState, CatalogueCommand, CatalogueAnswer> = {
  logName: '_millrace.catalogue',
  initialState: () => ({ cursorKey: '', groupLogCount: 0, streams: new Map(), pools: new Map(), workRequests: new Map() }),
  apply,
  parseCommand(value) {
    const { v, kind } = value as { v?: unknown; kind?: unknown };
    const { format = 1 } = value as { format?: unknown };
    if (v !== 1 || format !== 1 || typeof kind !== 'string' || !commandKinds.has(kind)) {
      throw new Error(`Unknown catalogue command ${JSON.stringify(kind)} of version ${JSON.stringify(v)}.`);
    }
    // Only this program writes the log; version and kind have just been checked.
    return value as CatalogueCommand;
  },
  encodeState: ({ cursorKey, groupLogCount, streams, pools, workRequests }) => ({
    cursorKey,
    groupLogCount,
    streams: [...streams.values()],
    pools: [...pools.values()],
    workRequests: [...workRequests.values()],
  }),
  decodeState(value) {
    const state = value as Omit<CatalogueState, 'streams' | 'pools' | 'workRequests'> & {
      streams: StreamRecord[];
      pools: PoolRecord[];
      workRequests: WorkRequestRecord[];
    };
    return { ...state, streams: byId(state.streams), pools: byId(state.pools), workRequests: byId(state.workRequests) };
  },
};

function apply(state: CatalogueState, command: CatalogueCommand, context: CommandContext): CatalogueAnswer {
  dropExpired(state, context.now);
  switch (command.kind) {
    case 'INIT':
      return initialise(state, command);
    case 'CREATE_STREAM':
      return createStream(state, command, context);
    case 'STREAM_CREATED':
      return finishCreation(state, command, context);
    case 'UPDATE_STREAM':
      return updateStream(state, command, context);
    case 'DELETE_STREAM':
      return deleteStream(state, command, context);
    case 'STREAM_DELETED':
      return finishDeletion(state, command, context);
  }
}

function initialise(state: CatalogueState, { cursorKey, groupLogCount }: CommandOf<'INIT'>): CatalogueAnswer {
  // Two servers may both have tried: the first one counts.
  if (state.cursorKey === '') {
    state.cursorKey = cursorKey;
    state.groupLogCount = groupLogCount;
  }
  return { kind: 'initialised' };
}

function createStream(state: CatalogueState, command: CommandOf<'CREATE_STREAM'>, context: CommandContext): CatalogueAnswer {
  const { offset, now } = context;
  const { id, workRequestId, stream } = command;
  const pool = poolFor(state, command, now);
  if (pool === undefined) return refuse('NotAuthorizedOrNotFound', `Unknown stream pool ${stream.streamPoolId}`);
  const namesake = [...state.streams.values()].find(
    (other) => other.name === stream.name && other.streamPoolId === pool.id && other.lifecycleState !== 'DELETED',
  );
  if (namesake !== undefined) {
    return refuse('Conflict', `A stream named ${JSON.stringify(stream.name)} already exists in stream pool ${pool.id}: ${namesake.id}.`);
  }
  state.pools.set(pool.id, pool);
  openWorkRequest(state, { id: workRequestId, operationType: 'CREATE_STREAM', streamId: id, compartmentId: pool.compartmentId }, context);
  return done(state, {
    id,
    name: stream.name,
    partitions: stream.partitions,
    retentionInHours: stream.retentionInHours,
    compartmentId: pool.compartmentId,
    streamPoolId: pool.id,
    lifecycleState: 'CREATING',
    timeCreatedMs: now,
    timeDeletedMs: null,
    freeformTags: stream.freeformTags,
    definedTags: stream.definedTags,
    number: offset,
    changedAt: offset,
    workRequestId,
  });
}

/** The pool the stream goes to; a compartment's default pool is made with its first stream. */
function poolFor(state: CatalogueState, { poolId, stream }: CommandOf<'CREATE_STREAM'>, now: number): PoolRecord | undefined {
  const { compartmentId, streamPoolId } = stream;
  if (compartmentId === undefined) return state.pools.get(streamPoolId ?? '');
  const existing = [...state.pools.values()].find((pool) => pool.compartmentId === compartmentId);
  return existing ?? { id: poolId, compartmentId, name: 'DefaultPool', timeCreatedMs: now };
}

function finishCreation(state: CatalogueState, { id }: CommandOf<'STREAM_CREATED'>, { now }: CommandContext): CatalogueAnswer {
  const stream = state.streams.get(id);
  if (stream?.lifecycleState !== 'CREATING') return unknownStream(id);
  closeWorkRequest(state, stream.workRequestId, now);
  return done(state, { ...stream, lifecycleState: 'ACTIVE' });
}

function updateStream(state: CatalogueState, command: CommandOf<'UPDATE_STREAM'>, context: CommandContext): CatalogueAnswer {
  const stream = state.streams.get(command.id);
  const refusal = refuseChange(stream, command.id, command.ifMatch);
  if (stream === undefined || refusal !== undefined) return refusal ?? unknownStream(command.id);
  const { freeformTags = stream.freeformTags, definedTags = stream.definedTags, workRequestId } = command;
  const { id: streamId, compartmentId } = stream;
  openWorkRequest(state, { id: workRequestId, operationType: 'UPDATE_STREAM', streamId, compartmentId }, context);
  closeWorkRequest(state, workRequestId, context.now);
  return done(state, { ...stream, freeformTags, definedTags, changedAt: context.offset, workRequestId });
}

function deleteStream(state: CatalogueState, command: CommandOf<'DELETE_STREAM'>, context: CommandContext): CatalogueAnswer {
  const stream = state.streams.get(command.id);
  // Asked for again while it is under way: the same change.
  if (stream?.lifecycleState === 'DELETING') return done(state, stream);
  const refusal = refuseChange(stream, command.id, command.ifMatch);
  if (stream === undefined || refusal !== undefined) return refusal ?? unknownStream(command.id);
  const { workRequestId } = command;
  const { id: streamId, compartmentId } = stream;
  openWorkRequest(state, { id: workRequestId, operationType: 'DELETE_STREAM', streamId, compartmentId }, context);
  return done(state, { ...stream, lifecycleState: 'DELETING', changedAt: context.offset, workRequestId });
}

function finishDeletion(state: CatalogueState, { id }: CommandOf<'STREAM_DELETED'>, { now }: CommandContext): CatalogueAnswer {
  const stream = state.streams.get(id);
  if (stream?.lifecycleState !== 'DELETING') return unknownStream(id);
  closeWorkRequest(state, stream.workRequestId, now);
  return done(state, { ...stream, lifecycleState: 'DELETED', timeDeletedMs: now });
}

/** Why a stream cannot be changed now: it is gone, its etag is another, or it is not ACTIVE. */
function refuseChange(stream: StreamRecord | undefined, id: string, ifMatch: string | undefined): CatalogueAnswer | undefined {
  if (stream === undefined || stream.lifecycleState === 'DELETED') return unknownStream(id);
  if (ifMatch !== undefined && ifMatch !== etagOf(stream)) {
    return refuse('NoEtagMatch', `if-match: the stream's etag is ${etagOf(stream)}, got ${ifMatch}.`);
  }
  if (stream.lifecycleState !== 'ACTIVE') {
    return refuse('IncorrectState', `The stream ${id} is ${stream.lifecycleState}; it must be ACTIVE to be changed.`);
  }
  return undefined;
}

/** The `etag` of a stream. */
export function etagOf({ changedAt }: StreamRecord): string {
  return String(changedAt);
}

/** True when the record of a deleted stream has run out at `now`. */
export function hasRunOut({ timeDeletedMs }: StreamRecord, now: number): boolean {
  return timeDeletedMs !== null && now - timeDeletedMs > limits.deletedRecordMs;
}

/** True when a finished work request has run out at `now`. */
export function workRequestHasRunOut({ timeFinishedMs }: WorkRequestRecord, now: number): boolean {
  return timeFinishedMs !== null && now - timeFinishedMs > limits.workRequestMs;
}

function dropExpired({ streams, workRequests }: CatalogueState, now: number): void {
  let dropped = 0;
  for (const stream of streams.values()) {
    if (dropped >= dropAtMost) return;
    if (hasRunOut(stream, now)) dropped += Number(streams.delete(stream.id));
  }
  for (const request of workRequests.values()) {
    if (dropped >= dropAtMost || !workRequestHasRunOut(request, now)) return;
    dropped += Number(workRequests.delete(request.id));
  }
}

function openWorkRequest(
  state: CatalogueState,
  request: Pick<WorkRequestRecord, 'id' | 'operationType' | 'streamId' | 'compartmentId'>,
  { offset, now }: CommandContext,
): void {
  state.workRequests.set(request.id, { ...request, number: offset, timeAcceptedMs: now, timeFinishedMs: null });
}

function closeWorkRequest(state: CatalogueState, id: string, now: number): void {
  const request = state.workRequests.get(id);
  if (request !== undefined) state.workRequests.set(id, { ...request, timeFinishedMs: now });
}

function done(state: CatalogueState, stream: StreamRecord): CatalogueAnswer {
  state.streams.set(stream.id, stream);
  return { kind: 'done', stream };
}

function refuse(code: ErrorCode, message: string): CatalogueAnswer {
  return { kind: 'refused', code, message };
}

function unknownStream(id: string): CatalogueAnswer {
  return refuse('NotAuthorizedOrNotFound', `Unknown stream ${id}`);
}

function byId<Item extends { readonly id: string }>(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}
