// What stands under `models` in oci-streaming, as far as the client has its operations: types, and the enumerations as objects.
// Times are what arrives, text in RFC 3339: the official types say Date, but leave the text as it is.
import type * as own from '../models.ts';

/** As it goes in: nothing keeps a program from changing it until it is sent. */
type Details<Value> = Value extends Date | Uint8Array
  ? Value
  : Value extends object
    ? { -readonly [Name in keyof Value]: Details<Value[Name]> }
    : Value;

/** As it comes out: times are text. */
type Wire<Value> = Value extends Date ? string : Value extends object ? { -readonly [Name in keyof Value]: Wire<Value[Name]> } : Value;

/** Where a new cursor begins. */
export const CreateCursorDetails = {
  Type: {
    AfterOffset: 'AFTER_OFFSET',
    AtOffset: 'AT_OFFSET',
    AtTime: 'AT_TIME',
    Latest: 'LATEST',
    TrimHorizon: 'TRIM_HORIZON',
  },
} as const;
/** Body of createCursor. */
export type CreateCursorDetails = Details<own.CreateCursorDetails>;
export declare namespace CreateCursorDetails {
  export type Type = own.CursorType;
}

/** Where a group begins. */
const groupCursorType = { AtTime: 'AT_TIME', Latest: 'LATEST', TrimHorizon: 'TRIM_HORIZON' } as const;

/** Where a new group begins. */
export const CreateGroupCursorDetails: { readonly Type: typeof groupCursorType } = { Type: groupCursorType };
/** Body of createGroupCursor. */
export type CreateGroupCursorDetails = Details<own.CreateGroupCursorDetails>;
export declare namespace CreateGroupCursorDetails {
  export type Type = own.GroupCursorType;
}

/** Where a group is set. */
export const UpdateGroupDetails: { readonly Type: typeof groupCursorType } = { Type: groupCursorType };
/** Body of updateGroup. */
export type UpdateGroupDetails = Details<own.UpdateGroupDetails>;
export declare namespace UpdateGroupDetails {
  export type Type = own.GroupCursorType;
}

/** In which state a stream is. */
type StreamState = own.LifecycleState;
/** In which states a stream may be; the last one is never seen. */
const lifecycleState = {
  Creating: 'CREATING',
  Active: 'ACTIVE',
  Deleting: 'DELETING',
  Deleted: 'DELETED',
  Failed: 'FAILED',
  Updating: 'UPDATING',
  UnknownValue: 'UNKNOWN_VALUE',
} as const;

/** The states of a stream. */
export const Stream: { readonly LifecycleState: typeof lifecycleState } = { LifecycleState: lifecycleState };
/** A stream. */
export type Stream = Wire<own.Stream>;
export declare namespace Stream {
  export type LifecycleState = StreamState;
}

/** The states of a stream in lists. */
export const StreamSummary: { readonly LifecycleState: typeof lifecycleState } = { LifecycleState: lifecycleState };
/** A stream in lists. */
export type StreamSummary = Wire<own.StreamSummary>;
export declare namespace StreamSummary {
  export type LifecycleState = StreamState;
}

/** How far a work request is. */
export const OperationStatus = {
  Accepted: 'ACCEPTED',
  InProgress: 'IN_PROGRESS',
  Waiting: 'WAITING',
  NeedsAttention: 'NEEDS_ATTENTION',
  Failed: 'FAILED',
  Succeeded: 'SUCCEEDED',
  Canceling: 'CANCELING',
  Canceled: 'CANCELED',
  UnknownValue: 'UNKNOWN_VALUE',
} as const;
/** How far a work request is. */
export type OperationStatus = (typeof OperationStatus)[keyof typeof OperationStatus];

/** What a work request does. */
export const OperationType = {
  CreateStream: 'CREATE_STREAM',
  UpdateStream: 'UPDATE_STREAM',
  DeleteStream: 'DELETE_STREAM',
  CreateStreamPool: 'CREATE_STREAM_POOL',
  UpdateStreamPool: 'UPDATE_STREAM_POOL',
  DeleteStreamPool: 'DELETE_STREAM_POOL',
  CreateConnectHarness: 'CREATE_CONNECT_HARNESS',
  UpdateConnectHarness: 'UPDATE_CONNECT_HARNESS',
  DeleteConnectHarness: 'DELETE_CONNECT_HARNESS',
  UnknownValue: 'UNKNOWN_VALUE',
} as const;
/** What a work request does. */
export type OperationType = (typeof OperationType)[keyof typeof OperationType];

/** What a work request does to a resource. */
export const ActionType = {
  Created: 'CREATED',
  Updated: 'UPDATED',
  Deleted: 'DELETED',
  InProgress: 'IN_PROGRESS',
  Related: 'RELATED',
  Failed: 'FAILED',
  UnknownValue: 'UNKNOWN_VALUE',
} as const;
/** What a work request does to a resource. */
export type ActionType = (typeof ActionType)[keyof typeof ActionType];

/** A place in a stream. */
export type Cursor = Wire<own.Cursor>;
/** How a consumer group stands. */
export type Group = Wire<own.Group>;
/** One partition in a group. */
export type PartitionReservation = Wire<own.PartitionReservation>;
/** A message as it was stored; key and value are base64, the key is null if there is none. */
export type Message = Wire<own.Message>;
/** Body of putMessages. */
export type PutMessagesDetails = Details<own.PutMessagesDetails>;
/** A message to put: base64, or bytes, which are encoded. */
export type PutMessagesDetailsEntry = Details<own.PutMessagesDetailsEntry>;
/** What became of all messages of a request. */
export type PutMessagesResult = Wire<own.PutMessagesResult>;
/** What became of one message. */
export type PutMessagesResultEntry = Wire<own.PutMessagesResultEntry>;
/** Body of createStream. */
export type CreateStreamDetails = Details<own.CreateStreamDetails>;
/** Body of updateStream. */
export type UpdateStreamDetails = Details<own.UpdateStreamDetails>;
/** The work behind a change. */
export type WorkRequest = Wire<own.WorkRequest>;
/** The work behind a change, in lists. */
export type WorkRequestSummary = WorkRequest;
/** What a work request is about. */
export type WorkRequestResource = Wire<own.WorkRequestResource>;
/** A page of work requests. */
export interface WorkRequestSummaryCollection {
  items: WorkRequestSummary[];
}
