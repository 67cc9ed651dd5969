// What stands under `responses` in oci-streaming: the data of an answer and a few of its headers. A header that the answer lacks is a
// member that is not there, whatever the type says, which is the official one.
import type * as models from './models.ts';

/** What every answer has. */
export interface BaseResponse {
  opcRequestId: string;
}

/** Of createCursor. */
export interface CreateCursorResponse extends BaseResponse {
  cursor: models.Cursor;
}

/** Of createGroupCursor. */
export interface CreateGroupCursorResponse extends BaseResponse {
  cursor: models.Cursor;
}

/** Of consumerCommit. */
export interface ConsumerCommitResponse extends BaseResponse {
  cursor: models.Cursor;
}

/** Of consumerHeartbeat. */
export interface ConsumerHeartbeatResponse extends BaseResponse {
  cursor: models.Cursor;
}

/** Of getMessages. */
export interface GetMessagesResponse extends BaseResponse {
  items: models.Message[];
  opcNextCursor: string;
}

/** Of putMessages. */
export interface PutMessagesResponse extends BaseResponse {
  putMessagesResult: models.PutMessagesResult;
}

/** Of getGroup. */
export interface GetGroupResponse extends BaseResponse {
  group: models.Group;
}

/** Of updateGroup. */
export interface UpdateGroupResponse extends BaseResponse {}

/** Of createStream. */
export interface CreateStreamResponse extends BaseResponse {
  stream: models.Stream;
  opcWorkRequestId: string;
  etag: string;
}

/** Of getStream. */
export interface GetStreamResponse extends BaseResponse {
  stream: models.Stream;
  etag: string;
}

/** Of updateStream. */
export interface UpdateStreamResponse extends BaseResponse {
  stream: models.Stream;
  opcWorkRequestId: string;
  etag: string;
}

/** Of deleteStream. */
export interface DeleteStreamResponse extends BaseResponse {
  opcWorkRequestId: string;
}

/** Of lists. */
export interface ListResponse extends BaseResponse {
  opcNextPage: string;
  opcPrevPage: string;
}

/** Of listStreams. */
export interface ListStreamsResponse extends ListResponse {
  items: models.StreamSummary[];
}

/** Of getWorkRequest. */
export interface GetWorkRequestResponse extends BaseResponse {
  workRequest: models.WorkRequest;
}

/** Of listWorkRequests. */
export interface ListWorkRequestsResponse extends ListResponse {
  workRequestSummaryCollection: models.WorkRequestSummaryCollection;
}
