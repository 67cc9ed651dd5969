// What goes into calls and comes out of them. Members, ranges and defaults are those of Oracle's specification of the OCI Streaming
// API 20180418, unless a line says otherwise. Times are `Date`s here, RFC 3339 on the wire; keys and values are base64 on both.

/**
 * Where a new cursor of a partition begins: behind an offset, at it, at the first message of a time or later, behind the newest
 * message, at the oldest one that retention has left (OCI Streaming API 20180418).
 */
export type CursorType = 'AFTER_OFFSET' | 'AT_OFFSET' | 'AT_TIME' | 'LATEST' | 'TRIM_HORIZON';
/** Where a new group, or one that is set back, begins: as `CursorType`, without the offsets (OCI Streaming API 20180418). */
export type GroupCursorType = 'AT_TIME' | 'LATEST' | 'TRIM_HORIZON';

/** Body of createCursor (OCI Streaming API 20180418, `CreateCursorDetails`). */
export interface CreateCursorDetails {
  /** Index in decimal: `'0'` is the first partition. */
  readonly partition: string;
  /** Decides which of the other members count. */
  readonly type: CursorType;
  /** For the two OFFSET types: int64 from 0 on, exact up to 2^53. */
  readonly offset?: number | null | undefined;
  /** For AT_TIME: a `Date` to the millisecond, or RFC 3339. */
  readonly time?: Date | string | null | undefined;
}

/** Body of createGroupCursor (OCI Streaming API 20180418, `CreateGroupCursorDetails`). */
export interface CreateGroupCursorDetails {
  /** 1 to 255 characters. */
  readonly groupName: string;
  /** Counts only when the group does not exist yet. */
  readonly type: GroupCursorType;
  /** For AT_TIME: a `Date` to the millisecond, or RFC 3339. */
  readonly time?: Date | string | null | undefined;
  /** Name of this consumer, unique in the group; if there is none the service makes up a UUID. */
  readonly instanceName?: string | null | undefined;
  /**
   * Milliseconds without a sign of life after which the consumer loses its partitions. The service's default is 30,000; 5,000 or more by
   * the specification, though OCI has been observed to take 1,000.
   */
  readonly timeoutInMs?: number | null | undefined;
  /** Whether getMessages commits what the call before it returned; the service's default is true. */
  readonly commitOnGet?: boolean | null | undefined;
}

/** Body of updateGroup (OCI Streaming API 20180418, `UpdateGroupDetails`). */
export interface UpdateGroupDetails {
  /** Optional by the specification; without it there is nowhere to go. */
  readonly type?: GroupCursorType | null | undefined;
  /** For AT_TIME: a `Date` to the millisecond, or RFC 3339. */
  readonly time?: Date | string | null | undefined;
}

/** A message to put (OCI Streaming API 20180418, `PutMessagesDetailsEntry`). */
export interface PutMessagesDetailsEntry {
  /** Up to 256 bytes: base64, or bytes, which are encoded. Without a key the service chooses the partition by chance. */
  readonly key?: string | Uint8Array | null | undefined;
  /** 1 to 1,048,576 bytes: base64, or bytes, which are encoded. */
  readonly value: string | Uint8Array;
}

/** Body of putMessages (OCI Streaming API 20180418, `PutMessagesDetails`). */
export interface PutMessagesDetails {
  /** One or more; 1 MiB of keys and values together at most. */
  readonly messages: readonly PutMessagesDetailsEntry[];
}

/** A place in a stream, good for five minutes; each answer to it has the next one (OCI Streaming API 20180418, `Cursor`). */
export interface Cursor {
  /** What getMessages takes, and of a group consumerCommit and consumerHeartbeat. Pass it on as it is: what it holds is the service's own. */
  readonly value: string;
}

/** What became of one message: stored, or refused with a reason (OCI Streaming API 20180418, `PutMessagesResultEntry`). */
export interface PutMessagesResultEntry {
  /** Index in decimal; of a stored message. */
  readonly partition?: string | null;
  /** Its place in the partition; int64, exact up to 2^53. */
  readonly offset?: number | null;
  /** When the service stored it, to the millisecond. */
  readonly timestamp?: Date | null;
  /** Code of the refusal; undefined or null for a stored message. */
  readonly error?: string | null;
  /** The refusal for people. */
  readonly errorMessage?: string | null;
}

/** What became of all messages of a request (OCI Streaming API 20180418, `PutMessagesResult`). */
export interface PutMessagesResult {
  /** How many of `entries` were refused; put those again. */
  readonly failures: number;
  /** In the order of the request. */
  readonly entries: readonly PutMessagesResultEntry[];
}

/** A message as it was stored (OCI Streaming API 20180418, `Message`). */
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

/** One partition in a group (OCI Streaming API 20180418, `PartitionReservation`). */
export interface PartitionReservation {
  /** Index in decimal. */
  readonly partition?: string | null;
  /** The last offset that was committed, of a message that is done with; int64, exact up to 2^53. */
  readonly committedOffset?: number | null;
  /** The consumer that holds the partition. */
  readonly reservedInstance?: string | null;
  /** When the consumer loses it, unless it gives a sign of life before; by the service's clock. */
  readonly timeReservedUntil?: Date | null;
}

/** How a consumer group stands (OCI Streaming API 20180418, `Group`). */
export interface Group {
  /** OCID of the stream the group reads. */
  readonly streamId: string;
  readonly groupName: string;
  /** One for each partition. */
  readonly reservations?: readonly PartitionReservation[] | null;
}

/** Only an ACTIVE stream can be put to and read (OCI Streaming API 20180418). */
export type LifecycleState = 'CREATING' | 'ACTIVE' | 'DELETING' | 'DELETED' | 'FAILED' | 'UPDATING';
/** Tags of one's own: text by key. */
export type FreeformTags = Readonly<Record<string, string>>;
/** Tags that the tenancy defines: values by namespace, then by key. */
export type DefinedTags = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

/** Body of createStream (OCI Streaming API 20180418, `CreateStreamDetails`). */
export interface CreateStreamDetails {
  /** 1 to 1,024 characters; unique in its stream pool. */
  readonly name: string;
  /** 1 or more; fixed for the stream's life. */
  readonly partitions: number;
  /** This or `streamPoolId`, not both. */
  readonly compartmentId?: string | undefined;
  readonly streamPoolId?: string | undefined;
  /** Hours that messages are kept: 24 to 168, 24 if not given; fixed for the stream's life. */
  readonly retentionInHours?: number | undefined;
  readonly freeformTags?: FreeformTags | undefined;
  readonly definedTags?: DefinedTags | undefined;
}

/** Body of updateStream; only what is given changes (OCI Streaming API 20180418, `UpdateStreamDetails`). */
export interface UpdateStreamDetails {
  /** Moves the stream to this pool; Millrace answers 501 so far. */
  readonly streamPoolId?: string | undefined;
  /** Take the place of all that are there. */
  readonly freeformTags?: FreeformTags | undefined;
  /** Take the place of all that are there. */
  readonly definedTags?: DefinedTags | undefined;
}

/** A stream in lists (OCI Streaming API 20180418, `StreamSummary`). */
export interface StreamSummary {
  /** OCID: the `streamId` of every other call. */
  readonly id: string;
  readonly name: string;
  /** How many there are: their indexes go from 0 to one less. */
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

/** A stream (OCI Streaming API 20180418, `Stream`). */
export interface Stream extends StreamSummary {
  /** 24 to 168: how long messages are kept. */
  readonly retentionInHours: number;
  /** More about the state, for people. */
  readonly lifecycleStateDetails?: string | null;
}

/** What a work request is about (OCI Streaming API 20180418, `WorkRequestResource`). */
export interface WorkRequestResource {
  /** Such as `stream`. */
  readonly entityType: string;
  /** What is done to it: CREATED, UPDATED, DELETED, and IN_PROGRESS before. */
  readonly actionType: string;
  /** Id of the stream. */
  readonly identifier: string;
  /** Path to ask for it. */
  readonly entityUri?: string | null;
}

/** The work behind a change, to be asked for until it has ended (OCI Streaming API 20180418, `WorkRequest`). */
export interface WorkRequest {
  readonly id: string;
  /** Such as CREATE_STREAM. */
  readonly operationType: string;
  /** ACCEPTED, IN_PROGRESS, WAITING, NEEDS_ATTENTION, CANCELING; ended: SUCCEEDED, FAILED, CANCELED. */
  readonly status: string;
  readonly compartmentId: string;
  readonly resources: readonly WorkRequestResource[];
  /** 0 to 100. */
  readonly percentComplete: number;
  readonly timeAccepted: Date;
  readonly timeStarted?: Date | null;
  readonly timeFinished?: Date | null;
}
