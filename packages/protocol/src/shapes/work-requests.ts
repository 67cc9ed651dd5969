// Work requests as the API shows them: what SDK waiters, the `oci` command and Terraform poll (OCI Streaming API 20180418).

export type WorkRequestOperationType = 'CREATE_STREAM' | 'UPDATE_STREAM' | 'DELETE_STREAM';

/** What a work request works on; Terraform looks for `entityType` and `actionType` here. */
export interface WorkRequestResource {
  readonly entityType: 'stream';
  readonly actionType: 'CREATED' | 'UPDATED' | 'DELETED' | 'IN_PROGRESS';
  readonly identifier: string;
  readonly entityUri: string;
}

export interface WorkRequest {
  readonly id: string;
  readonly operationType: WorkRequestOperationType;
  readonly status: 'ACCEPTED' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';
  readonly compartmentId: string;
  readonly resources: readonly WorkRequestResource[];
  /** 0 to 100. */
  readonly percentComplete: number;
  readonly timeAccepted: string;
  readonly timeStarted: string;
  /** Null until it is finished. */
  readonly timeFinished: string | null;
}

/** Answer of ListWorkRequests. */
export interface WorkRequestCollection {
  readonly items: readonly WorkRequest[];
}
