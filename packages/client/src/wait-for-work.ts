// Waits until the work behind a change has ended.
import type { WorkRequest } from './models.ts';
import { type RetryEnvironment, sleep, systemEnvironment } from './retry/environment.ts';
import type { StreamAdminClient } from './stream-admin-client.ts';

/** How long and how often. */
export interface WaitOptions {
  /** Milliseconds in all; 1,200,000 if not given, as in the OCI SDKs. */
  readonly timeoutMs?: number | undefined;
  /** Longest pause between two looks, milliseconds; 30,000 if not given, as in the OCI SDKs. The first is a second, each next one twice as long. */
  readonly maxPauseMs?: number | undefined;
  /** Ends the wait with its reason; the work goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** The work was not done: it ended as FAILED or CANCELED, or was still under way when waiting was over. */
export class WorkNotDone extends Error {
  override readonly name = 'WorkNotDone';
  /** As it was last seen. */
  readonly work: WorkRequest;

  constructor(work: WorkRequest) {
    super(`${work.operationType} is not done: it is ${work.status}.`);
    this.work = work;
  }
}

/**
 * Resolves with the work request when it has SUCCEEDED; its id is the header `opc-work-request-id` of the change. Looks at once, then after
 * pauses. Rejects with `WorkNotDone`, as getWorkRequest does, and with the signal's reason. `environment` is time, for tests of this package.
 */
export async function waitForWork(
  admin: Pick<StreamAdminClient, 'getWorkRequest'>,
  workRequestId: string,
  { timeoutMs = 1_200_000, maxPauseMs = 30_000, signal }: WaitOptions = {},
  { clock }: RetryEnvironment = systemEnvironment,
): Promise<WorkRequest> {
  const deadlineMs = clock.now() + timeoutMs;
  for (let pauseMs = 1000; ; pauseMs *= 2) {
    const { data: work } = await admin.getWorkRequest(workRequestId, { signal });
    if (work.status === 'SUCCEEDED') return work;
    const leftMs = deadlineMs - clock.now();
    if (work.status === 'FAILED' || work.status === 'CANCELED' || leftMs <= 0) throw new WorkNotDone(work);
    await sleep(clock, Math.min(pauseMs, maxPauseMs, leftMs), signal);
  }
}
