// The closed set of error codes and the one table from code to HTTP status ("API Errors" of the OCI documentation).

const statusByCode = {
  CannotParseRequest: 400,
  InvalidParameter: 400,
  LimitExceeded: 400,
  MissingParameter: 400,
  NotAuthenticated: 401,
  NotAuthorizedOrNotFound: 404,
  NotFound: 404,
  MethodNotAllowed: 405,
  RequestTimeout: 408,
  Conflict: 409,
  IncorrectState: 409,
  NoEtagMatch: 412,
  PayloadTooLarge: 413,
  TooManyRequests: 429,
  RequestHeaderFieldsTooLarge: 431,
  InternalServerError: 500,
  MethodNotImplemented: 501,
  ServiceUnavailable: 503,
} as const;

/** What `code` of an error body may say. */
export type ErrorCode = keyof typeof statusByCode;

/** The body of every answer that is not a success; both members are always there, or the official TypeScript SDK ignores them. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The HTTP status that goes with an error code. */
export function statusOf(code: ErrorCode): number {
  return statusByCode[code];
}

/** Texts that clients read by heart; word for word as the service sends them (OCI documentation, and observed where marked). */
export const standardMessage = {
  notAuthenticated: 'The required information to complete authentication was not provided or was incorrect.',
  notFound: 'Authorization failed or requested resource not found.',
  /** Observed: integrations match it. */
  cursorExpired: 'The cursor is expired. Create a new one.',
  /** Observed: integrations match it. */
  cursorInvalid: 'The cursor is invalid. Create a new one.',
  /** Observed: integrations match it. */
  cursorTrimmed: 'The cursor is outside the retention period and is now invalid.',
  /** Documented; the partition follows. */
  unreservedPartition: 'Trying to commit unreserved partition',
  /** Observed, for bodies that are no JSON and for bad base64 alike. */
  unparsableBody: 'Unable to parse JSON body',
  /** Observed in several wordings that begin so. */
  putTooLarge: 'Request size is limited to 1 MiB',
} as const;
