// The contents page of the API: what answers each operation, or why nothing does yet.
import type { OperationName } from 'millrace-protocol';
import { createStream } from '../admin/create-stream.ts';
import { deleteStream } from '../admin/delete-stream.ts';
import { getStream } from '../admin/get-stream.ts';
import { getWorkRequest } from '../admin/get-work-request.ts';
import { listStreams } from '../admin/list-streams.ts';
import { listWorkRequests } from '../admin/list-work-requests.ts';
import { updateStream } from '../admin/update-stream.ts';
import { consumerCommit } from '../groups/consumer-commit.ts';
import { consumerHeartbeat } from '../groups/consumer-heartbeat.ts';
import { createGroupCursor } from '../groups/create-group-cursor.ts';
import { explainGroup } from '../groups/explain-group.ts';
import { getGroup } from '../groups/get-group.ts';
import { listGroups } from '../groups/list-groups.ts';
import { updateGroup } from '../groups/update-group.ts';
import type { OperationHandler } from '../operation.ts';
import { createCursor } from '../streams/create-cursor.ts';
import { getMessages } from '../streams/get-messages.ts';
import { putMessages } from '../streams/put-messages.ts';

/** A handler, or the reason for answering 501. */
export type Route = OperationHandler | { readonly notImplemented: string };

const pools: Route = {
  notImplemented: 'Stream pools cannot be managed yet; each compartment has one default pool, made with its first stream.',
};
const harnesses: Route = { notImplemented: 'Connect harnesses are not supported.' };
const moving: Route = { notImplemented: 'Streams cannot be moved to another compartment yet.' };
const workRequestDetails: Route = { notImplemented: 'Work requests keep no errors and logs: a change that fails is refused at once.' };

export const routes: Readonly<Record<OperationName, Route>> = {
  PutMessages: putMessages,
  GetMessages: getMessages,
  CreateCursor: createCursor,
  CreateGroupCursor: createGroupCursor,
  ConsumerCommit: consumerCommit,
  ConsumerHeartbeat: consumerHeartbeat,
  GetGroup: getGroup,
  UpdateGroup: updateGroup,
  ListGroups: listGroups,
  ExplainGroup: explainGroup,

  ListStreams: listStreams,
  CreateStream: createStream,
  GetStream: getStream,
  UpdateStream: updateStream,
  DeleteStream: deleteStream,
  ChangeStreamCompartment: moving,

  ListStreamPools: pools,
  CreateStreamPool: pools,
  GetStreamPool: pools,
  UpdateStreamPool: pools,
  DeleteStreamPool: pools,
  ChangeStreamPoolCompartment: pools,

  ListConnectHarnesses: harnesses,
  CreateConnectHarness: harnesses,
  GetConnectHarness: harnesses,
  UpdateConnectHarness: harnesses,
  DeleteConnectHarness: harnesses,
  ChangeConnectHarnessCompartment: harnesses,

  ListWorkRequests: listWorkRequests,
  GetWorkRequest: getWorkRequest,
  ListWorkRequestErrors: workRequestDetails,
  ListWorkRequestLogs: workRequestDetails,
};
