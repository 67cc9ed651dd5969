// Which failures pass by themselves, for those parts of the client that go on until something is done.
import { type ErrorCode, header, statusOf } from 'millrace-protocol';
import { RequestError, ServiceError } from './errors.ts';

const passingStatuses: readonly number[] = [408, 409, 429];

/**
 * True for what another attempt may cure: no answer, an answer cut short, credentials that could not be had, and the statuses 408, 409,
 * 429 and 500 upwards but 501.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof ServiceError) return isTransientStatus(error.status);
  return error instanceof RequestError;
}

/** The same for the `error` of an entry of PutMessages; OCI publishes no list of codes, so a code that is not known may pass. */
export function isTransientCode(code: string): boolean {
  const status: number | undefined = statusOf(code as ErrorCode); // Undefined for a code outside the table.
  return status === undefined || isTransientStatus(status);
}

/** Milliseconds the service asks to wait with `retry-after`; 0 if it does not, or not in seconds. */
export function retryAfterMs(error: unknown): number {
  const seconds = error instanceof ServiceError ? Number(error.headers.get(header.retryAfter) ?? 0) : 0;
  return seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : 0;
}

function isTransientStatus(status: number): boolean {
  return passingStatuses.includes(status) || (status >= 500 && status !== 501);
}
