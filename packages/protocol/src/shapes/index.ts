export type { Static, TSchema } from 'typebox';
export { type CreateCursorDetails, type Cursor, createCursorDetails } from './cursors.ts';
export {
  type CreateGroupCursorDetails,
  createGroupCursorDetails,
  type Group,
  type GroupExplanation,
  type GroupSummary,
  type InstanceExplanation,
  type PartitionExplanation,
  type PartitionReservation,
  type UpdateGroupDetails,
  updateGroupDetails,
} from './groups.ts';
export type { Message, PutMessagesResult, PutMessagesResultEntry } from './messages.ts';
export { InvalidShape, parseShape } from './parse-shape.ts';
export {
  type CreateStreamDetails,
  createStreamDetails,
  type DefinedTags,
  type FreeformTags,
  type LifecycleState,
  lifecycleStates,
  type Stream,
  type StreamSummary,
  type UpdateStreamDetails,
  updateStreamDetails,
} from './streams.ts';
export type { WorkRequest, WorkRequestCollection, WorkRequestOperationType, WorkRequestResource } from './work-requests.ts';
