// What goes into calls and comes out of them, as the OCI Streaming API 20180418 has it. Times are `Date`s here, RFC 3339 on
// the wire; keys and values are base64 on both.

/** Where a new cursor of a partition begins. */
export type CursorType = 'AFTER_OFFSET' | 'AT_OFFSET' | 'AT_TIME' | 'LATEST' | 'TRIM_HORIZON';
/** Where a new group, or one that is set back, begins. */
export type GroupCursorType = 'AT_TIME' | 'LATEST' | 'TRIM_HORIZON';

export interface CreateCursorDetails {
  /** Index in decimal: `'0'` is the first partition. */
  readonly partition: string;
  readonly type: CursorType;
  /** For the two OFFSET types: int64, exact up to 2^53. */
  readonly offset?: number | null | undefined;
  /** For AT_TIME. */
  readonly time?: Date | string | null | undefined;
}

export interface CreateGroupCursorDetails {
  /** 1 to 255 characters. */
  readonly groupName: string;
  /** Counts only when the group does not exist yet. */
  readonly type: GroupCursorType;
  /** For AT_TIME. */
  readonly time?: Date | string | null | undefined;
  /** Name of this consumer; the service makes one up if there is none. */
  readonly instanceName?: string | null | undefined;
  /** Milliseconds without a sign of life after which the consumer loses its partitions; the service's default is 30,000. */
  readonly timeoutInMs?: number | null | undefined;
  /** Whether getMessages commits what the call before it returned; the service's default is true. */
  readonly commitOnGet?: boolean | null | undefined;
}

export interface UpdateGroupDetails {
  readonly type?: GroupCursorType | null | undefined;
  /** For AT_TIME. */
  readonly time?: Date | string | null | undefined;
}

/** A message to put. */
export interface PutMessagesDetailsEntry {
  /** Up to 256 bytes: base64, or bytes, which are encoded. Without a key the service chooses the partition by chance. */
  readonly key?: string | Uint8Array | null | undefined;
  /** 1 to 1,048,576 bytes: base64, or bytes, which are encoded. */
  readonly value: string | Uint8Array;
}

export interface PutMessagesDetails {
  /** One or more; 1 MiB of keys and values together at most. */
  readonly messages: readonly PutMessagesDetailsEntry[];
}

/** Five minutes long a cursor can be used; do not look inside. */
export interface Cursor {
  readonly value: string;
}

/** What became of one message: stored, or refused with a reason. */
export interface PutMessagesResultEntry {
  /** Index in decimal. */
  readonly partition?: string | null;
  readonly offset?: number | null;
  /** When the service stored it. */
  readonly timestamp?: Date | null;
  /** Code of the refusal; undefined or null for a stored message. */
  readonly error?: string | null;
  readonly errorMessage?: string | null;
}

export interface PutMessagesResult {
  /** How many of `entries` were refused; put those again. */
  readonly failures: number;
  /** In the order of the request. */
  readonly entries: readonly PutMessagesResultEntry[];
}

export interface Message {
  /** The stream's name, not its id. */
  readonly stream: string;
  /** Index in decimal. */
  readonly partition: string;
  /** Base64; null if the message was put without a key. */
  readonly key: string | null;
  /** Base64. */
  readonly value: string;
  /** Rising within a partition, gaps possible; int64, exact up to 2^53. */
  readonly offset: number;
  /** When the service stored it, to the millisecond. */
  readonly timestamp: Date;
}

/** One partition in a group. */
export interface PartitionReservation {
  readonly partition?: string | null;
  /** The last offset that was committed. */
  readonly committedOffset?: number | null;
  /** The consumer that holds the partition. */
  readonly reservedInstance?: string | null;
  readonly timeReservedUntil?: Date | null;
}

export interface Group {
  readonly streamId: string;
  readonly groupName: string;
  readonly reservations?: readonly PartitionReservation[] | null;
}

export type LifecycleState = 'CREATING' | 'ACTIVE' | 'DELETING' | 'DELETED' | 'FAILED' | 'UPDATING';
export type FreeformTags = Readonly<Record<string, string>>;
/** By namespace, then by key. */
export type DefinedTags = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

export interface CreateStreamDetails {
  readonly name: string;
  /** 1 or more; fixed for the stream's life. */
  readonly partitions: number;
  /** This or `streamPoolId`, not both. */
  readonly compartmentId?: string | undefined;
  readonly streamPoolId?: string | undefined;
  /** 24 to 168, 24 if not given; fixed for the stream's life. */
  readonly retentionInHours?: number | undefined;
  readonly freeformTags?: FreeformTags | undefined;
  readonly definedTags?: DefinedTags | undefined;
}

/** Only what is given changes. */
export interface UpdateStreamDetails {
  readonly streamPoolId?: string | undefined;
  readonly freeformTags?: FreeformTags | undefined;
  readonly definedTags?: DefinedTags | undefined;
}

/** A stream in lists. */
export interface StreamSummary {
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  readonly compartmentId: string;
  readonly streamPoolId: string;
  readonly lifecycleState: LifecycleState;
  readonly timeCreated: Date;
  /** The `serviceEndpoint` of the `StreamClient` that puts and gets. */
  readonly messagesEndpoint: string;
  readonly freeformTags: FreeformTags;
  readonly definedTags: DefinedTags;
}

export interface Stream extends StreamSummary {
  readonly retentionInHours: number;
  readonly lifecycleStateDetails?: string | null;
}

export interface WorkRequestResource {
  readonly entityType: string;
  readonly actionType: string;
  /** Id of the stream. */
  readonly identifier: string;
  readonly entityUri?: string | null;
}

/** The work behind a change, to be asked for until it has ended. */
export interface WorkRequest {
  readonly id: string;
  readonly operationType: string;
  readonly status: string;
  readonly compartmentId: string;
  readonly resources: readonly WorkRequestResource[];
  /** 0 to 100. */
  readonly percentComplete: number;
  readonly timeAccepted: Date;
  readonly timeStarted?: Date | null;
  readonly timeFinished?: Date | null;
}
