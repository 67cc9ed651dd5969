// Consumer groups as the API takes and shows them (OCI Streaming API 20180418), and what Millrace tells of them besides.
import { type Static, type TBoolean, type TEnum, type TInteger, type TObject, type TOptional, type TString, Type } from 'typebox';
import * as limits from '../limits.ts';

type GroupCursorType = TEnum<['AT_TIME', 'LATEST', 'TRIM_HORIZON']>;
const groupCursorType: GroupCursorType = Type.Enum(['AT_TIME', 'LATEST', 'TRIM_HORIZON']);
const name = Type.String({ minLength: limits.groupName.min, maxLength: limits.groupName.max });

/** Body of CreateGroupCursor. `type` and `time` (RFC 3339, with AT_TIME) count only for a group that is not there yet. */
export const createGroupCursorDetails: TObject<{
  groupName: TString;
  type: GroupCursorType;
  time: TOptional<TString>;
  instanceName: TOptional<TString>;
  timeoutInMs: TOptional<TInteger>;
  commitOnGet: TOptional<TBoolean>;
}> = Type.Object({
  groupName: name,
  type: groupCursorType,
  time: Type.Optional(Type.String()),
  instanceName: Type.Optional(Type.String({ minLength: limits.instanceName.min, maxLength: limits.instanceName.max })),
  timeoutInMs: Type.Optional(Type.Integer({ minimum: limits.groupTimeoutMs.min, maximum: limits.groupTimeoutMs.max })),
  commitOnGet: Type.Optional(Type.Boolean()),
});
export type CreateGroupCursorDetails = Static<typeof createGroupCursorDetails>;

/** Body of UpdateGroup: where all partitions of the group go on. `time` (RFC 3339) goes with AT_TIME. */
export const updateGroupDetails: TObject<{ type: GroupCursorType; time: TOptional<TString> }> = Type.Object({
  type: groupCursorType,
  time: Type.Optional(Type.String()),
});
export type UpdateGroupDetails = Static<typeof updateGroupDetails>;

/** One partition of a group. What is not so is left out: never committed, not reserved. */
export interface PartitionReservation {
  /** Partition index in decimal. */
  readonly partition: string;
  /** Offset of the last message committed. */
  readonly committedOffset?: number;
  /** Name of the instance that holds the partition. */
  readonly reservedInstance?: string;
  /** When the reservation ends unless the instance is heard of: RFC 3339. */
  readonly timeReservedUntil?: string;
}

/** Answer of GetGroup: all partitions of the stream, by index. */
export interface Group {
  readonly streamId: string;
  readonly groupName: string;
  readonly reservations: readonly PartitionReservation[];
}

/** Extension of Millrace: one group in the answer of ListGroups. */
export interface GroupSummary {
  readonly streamId: string;
  readonly groupName: string;
  /** Messages that are stored and not committed, over all partitions. */
  readonly lagMessages: number;
  /** Instances that read and have not run out. */
  readonly liveInstances: number;
  /** When the group was last used: RFC 3339. It disappears when that is the stream's retention ago. */
  readonly timeLastUsed: string;
}

/** Extension of Millrace: a partition of a group with all that is known of it. */
export interface PartitionExplanation extends PartitionReservation {
  /** Where reading goes on if nobody holds the partition: the first offset that is not committed. */
  readonly nextOffset: number;
  /** Offset of the oldest retained message; `endOffset` if there is none. */
  readonly startOffset: number;
  /** One more than the offset of the newest message. */
  readonly endOffset: number;
  /** Messages from `nextOffset` to the end that are still retained. */
  readonly lagMessages: number;
  /** Age of the oldest of them, seconds, in whole ones; 0 if there is none. */
  readonly lagSeconds: number;
}

/**
 * Extension of Millrace: an instance of a group. `LIVE`: it reads; `JOINED`: it has a cursor and has not read yet; `RAN_OUT`:
 * it was not heard of for its timeout.
 */
export interface InstanceExplanation {
  readonly instanceName: string;
  readonly state: 'LIVE' | 'JOINED' | 'RAN_OUT';
  readonly commitOnGet: boolean;
  readonly timeoutInMs: number;
  readonly timeReservedUntil: string;
  /** The partitions it holds, in decimal. */
  readonly partitions: readonly string[];
  /** What its next read gets, or why it gets nothing, in a sentence. */
  readonly explanation: string;
}

/** Extension of Millrace, answer of ExplainGroup. */
export interface GroupExplanation {
  readonly streamId: string;
  readonly groupName: string;
  readonly timeLastUsed: string;
  /** When the next live instance runs out unless it is heard of; left out if there is none. */
  readonly timeNextExpiry?: string;
  readonly partitions: readonly PartitionExplanation[];
  readonly instances: readonly InstanceExplanation[];
}
