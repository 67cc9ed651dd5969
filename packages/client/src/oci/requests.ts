// What stands under `requests` in oci-streaming: one object for all that a call takes.
import type * as models from './models.ts';
import type { RetryConfiguration } from './retries.ts';

/** What every request may hold. */
export interface BaseRequest {
  /** For this call, over that of the client. */
  retryConfiguration?: RetryConfiguration | undefined;
  /** Named in the service's logs; made up if not given. */
  opcRequestId?: string | undefined;
}

/** Of createCursor. */
export interface CreateCursorRequest extends BaseRequest {
  streamId: string;
  createCursorDetails: models.CreateCursorDetails;
}

/** Of createGroupCursor. */
export interface CreateGroupCursorRequest extends BaseRequest {
  streamId: string;
  createGroupCursorDetails: models.CreateGroupCursorDetails;
}

/** Of consumerCommit. */
export interface ConsumerCommitRequest extends BaseRequest {
  streamId: string;
  cursor: string;
}

/** Of consumerHeartbeat. */
export interface ConsumerHeartbeatRequest extends BaseRequest {
  streamId: string;
  cursor: string;
}

/** Of getMessages. */
export interface GetMessagesRequest extends BaseRequest {
  streamId: string;
  cursor: string;
  limit?: number | undefined;
}

/** Of putMessages. */
export interface PutMessagesRequest extends BaseRequest {
  streamId: string;
  putMessagesDetails: models.PutMessagesDetails;
}

/** Of getGroup. */
export interface GetGroupRequest extends BaseRequest {
  streamId: string;
  groupName: string;
}

/** Of updateGroup. */
export interface UpdateGroupRequest extends BaseRequest {
  streamId: string;
  groupName: string;
  updateGroupDetails: models.UpdateGroupDetails;
}

/** Of createStream. */
export interface CreateStreamRequest extends BaseRequest {
  createStreamDetails: models.CreateStreamDetails;
}

/** Of getStream. */
export interface GetStreamRequest extends BaseRequest {
  streamId: string;
}

/** Of updateStream. */
export interface UpdateStreamRequest extends BaseRequest {
  streamId: string;
  updateStreamDetails: models.UpdateStreamDetails;
  ifMatch?: string | undefined;
}

/** Of deleteStream. */
export interface DeleteStreamRequest extends BaseRequest {
  streamId: string;
  ifMatch?: string | undefined;
}

/** Rising or falling. */
const sortOrder = { Asc: 'ASC', Desc: 'DESC' } as const;

/** How streams are sorted. */
export const ListStreamsRequest: {
  readonly SortBy: { readonly Name: 'NAME'; readonly Timecreated: 'TIMECREATED' };
  readonly SortOrder: typeof sortOrder;
} = { SortBy: { Name: 'NAME', Timecreated: 'TIMECREATED' }, SortOrder: sortOrder };
/** Of listStreams. */
export interface ListStreamsRequest extends BaseRequest {
  compartmentId?: string | undefined;
  streamPoolId?: string | undefined;
  id?: string | undefined;
  name?: string | undefined;
  limit?: number | undefined;
  page?: string | undefined;
  sortBy?: ListStreamsRequest.SortBy | undefined;
  sortOrder?: ListStreamsRequest.SortOrder | undefined;
  lifecycleState?: string | undefined;
}
export declare namespace ListStreamsRequest {
  export type SortBy = 'NAME' | 'TIMECREATED';
  export type SortOrder = 'ASC' | 'DESC';
}

/** Of getWorkRequest. */
export interface GetWorkRequestRequest extends BaseRequest {
  workRequestId: string;
}

/** How work requests are sorted. */
export const ListWorkRequestsRequest: {
  readonly SortOrder: typeof sortOrder;
  readonly SortBy: { readonly Timeaccepted: 'TIMEACCEPTED' };
} = { SortOrder: sortOrder, SortBy: { Timeaccepted: 'TIMEACCEPTED' } };
/** Of listWorkRequests. */
export interface ListWorkRequestsRequest extends BaseRequest {
  workRequestId?: string | undefined;
  compartmentId?: string | undefined;
  resourceId?: string | undefined;
  page?: string | undefined;
  limit?: number | undefined;
  sortOrder?: ListWorkRequestsRequest.SortOrder | undefined;
  sortBy?: ListWorkRequestsRequest.SortBy | undefined;
}
export declare namespace ListWorkRequestsRequest {
  export type SortOrder = 'ASC' | 'DESC';
  export type SortBy = 'TIMEACCEPTED';
}
