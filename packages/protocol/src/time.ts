// RFC 3339 times, as the API writes and reads them.

/** The text is no RFC 3339 time. */
export class InvalidTime extends Error {
  override readonly name = 'InvalidTime';
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|z|[+-]\d{2}:\d{2})$/;

/** Unix milliseconds as `2018-04-20T23:21:12.428Z`: always UTC, always three digits (observed on the wire). */
export function formatTime(timestampMs: number): string {
  return new Date(timestampMs).toISOString();
}

/**
 * The first whole Unix millisecond at or after `text`: RFC 3339 with 0 to 9 fraction digits and any offset (the Go SDK sends
 * nine and the caller's zone). Rounding up keeps "at or after" true for messages stamped in milliseconds. Throws
 * `InvalidTime`.
 */
export function parseTime(text: string): number {
  const match = rfc3339.exec(text);
  const [, date, time, fraction = '', zone = 'Z'] = match ?? [];
  const wholeSecondMs = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (match === null || Number.isNaN(wholeSecondMs) || !isRealDay(date)) {
    throw new InvalidTime(`Expected a time such as 2018-04-20T23:21:12.428Z (RFC 3339), got ${JSON.stringify(text.slice(0, 64))}.`);
  }
  return wholeSecondMs + Math.ceil(Number(`0.${fraction}0`) * 1000);
}

/** `Date.parse` takes 31 February for 3 March; the service does not. */
function isRealDay(date = ''): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}
