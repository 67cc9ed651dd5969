// A work request's record as the API shows it.
import { basePath, formatTime } from 'millrace-protocol';
import type { WorkRequest, WorkRequestOperationType, WorkRequestResource } from 'millrace-protocol/shapes';
import type { WorkRequestRecord } from './catalogue-state.ts';

const finishedAction: Readonly<Record<WorkRequestOperationType, WorkRequestResource['actionType']>> = {
  CREATE_STREAM: 'CREATED',
  UPDATE_STREAM: 'UPDATED',
  DELETE_STREAM: 'DELETED',
};

export function workRequestView({
  id,
  operationType,
  compartmentId,
  streamId,
  timeAcceptedMs,
  timeFinishedMs,
}: WorkRequestRecord): WorkRequest {
  const isFinished = timeFinishedMs !== null;
  return {
    id,
    operationType,
    status: isFinished ? 'SUCCEEDED' : 'IN_PROGRESS',
    compartmentId,
    resources: [
      {
        entityType: 'stream',
        actionType: isFinished ? finishedAction[operationType] : 'IN_PROGRESS',
        identifier: streamId,
        entityUri: `${basePath}/streams/${streamId}`,
      },
    ],
    percentComplete: isFinished ? 100 : 0,
    timeAccepted: formatTime(timeAcceptedMs),
    timeStarted: formatTime(timeAcceptedMs),
    timeFinished: isFinished ? formatTime(timeFinishedMs) : null,
  };
}
