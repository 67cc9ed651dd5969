// One job: a body that is posted to a receiver.
import type { HandlerContext, ReceivedMessage } from 'millrace-client';

interface Job {
  readonly url: string;
  readonly body: unknown;
}

// #region deliver
/** Resolves when the receiver has taken it. A rejection is tried again, and in the end goes to the dead letters. */
export async function deliver(message: ReceivedMessage, { signal }: HandlerContext): Promise<void> {
  const { url, body } = parseJob(message.json());
  const { partition, offset } = message;
  // A job may be delivered twice: the receiver knows it again by where it is in the stream.
  const headers = { 'content-type': 'application/json', 'idempotency-key': `${partition}/${offset}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
// #endregion deliver

function parseJob(job: unknown): Job {
  if (typeof job === 'object' && job !== null && 'url' in job && typeof job.url === 'string' && 'body' in job) {
    return { url: job.url, body: job.body };
  }
  throw new Error(`Expected a job with url and body, got ${JSON.stringify(job)}.`);
}
