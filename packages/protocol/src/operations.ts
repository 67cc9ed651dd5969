// The operations of the OCI Streaming API 20180418 that are about streams, one row each, and the names of its headers: routes, validation
// and the documents follow these tables. The others are in `all-operations.ts`.

/** The path every operation's path stands under. */
export const basePath = '/20180418';

/** Header names with a meaning of their own, lower-case. */
export const header = {
  requestId: 'opc-request-id',
  nextCursor: 'opc-next-cursor',
  nextPage: 'opc-next-page',
  workRequestId: 'opc-work-request-id',
  etag: 'etag',
  ifMatch: 'if-match',
  retryAfter: 'retry-after',
  contentSha256: 'x-content-sha256',
  /** Extension of Millrace: how long GetMessages may wait for a first message, milliseconds. */
  waitMs: 'millrace-wait-ms',
  /** Extension of Millrace, on every success of PutMessages: what the acknowledgement means. */
  durability: 'millrace-durability',
} as const;

/** One operation of the API. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `basePath`; `{name}` is one path segment. */
  readonly path: string;
  /** `optional`: the signature may leave the body out (only PutMessages; the SDKs do). */
  readonly bodySignature: 'required' | 'optional';
}

/** Whose signature may leave the body out is said; all others cover it. */
export const row = (method: Operation['method'], path: string, bodySignature: Operation['bodySignature'] = 'required'): Operation => ({
  method,
  path,
  bodySignature,
});

/** Operations of streams, messages, groups and work requests, Millrace's own included. */
export type StreamOperationName =
  | 'PutMessages'
  | 'GetMessages'
  | 'CreateCursor'
  | 'CreateGroupCursor'
  | 'ConsumerCommit'
  | 'ConsumerHeartbeat'
  | 'GetGroup'
  | 'UpdateGroup'
  | 'ListGroups'
  | 'ExplainGroup'
  | 'ListStreams'
  | 'CreateStream'
  | 'GetStream'
  | 'UpdateStream'
  | 'DeleteStream'
  | 'ChangeStreamCompartment'
  | 'ListWorkRequests'
  | 'GetWorkRequest'
  | 'ListWorkRequestErrors'
  | 'ListWorkRequestLogs';

/** All that our client calls, and a few more. */
export const streamOperations: Readonly<Record<StreamOperationName, Operation>> = {
  PutMessages: row('POST', '/streams/{streamId}/messages', 'optional'),
  GetMessages: row('GET', '/streams/{streamId}/messages'),
  CreateCursor: row('POST', '/streams/{streamId}/cursors'),
  CreateGroupCursor: row('POST', '/streams/{streamId}/groupCursors'),
  ConsumerCommit: row('POST', '/streams/{streamId}/commit'),
  ConsumerHeartbeat: row('POST', '/streams/{streamId}/heartbeat'),
  GetGroup: row('GET', '/streams/{streamId}/groups/{groupName}'),
  UpdateGroup: row('PUT', '/streams/{streamId}/groups/{groupName}'),
  // Extensions of Millrace.
  ListGroups: row('GET', '/streams/{streamId}/groups'),
  ExplainGroup: row('GET', '/streams/{streamId}/groups/{groupName}/explanation'),

  ListStreams: row('GET', '/streams'),
  CreateStream: row('POST', '/streams'),
  GetStream: row('GET', '/streams/{streamId}'),
  UpdateStream: row('PUT', '/streams/{streamId}'),
  DeleteStream: row('DELETE', '/streams/{streamId}'),
  ChangeStreamCompartment: row('POST', '/streams/{streamId}/actions/changeCompartment'),

  ListWorkRequests: row('GET', '/workRequests'),
  GetWorkRequest: row('GET', '/workRequests/{workRequestId}'),
  ListWorkRequestErrors: row('GET', '/workRequests/{workRequestId}/errors'),
  ListWorkRequestLogs: row('GET', '/workRequests/{workRequestId}/logs'),
};
