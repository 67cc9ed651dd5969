// The one error of operations and listeners: a code of the closed set and a message for the caller.
import { LogError, type LogErrorCode } from 'millrace-log';
import { type ErrorCode, header, standardMessage } from 'millrace-protocol';

/** Refuses a request; the listener turns it into status and body. `headers` go on the answer as they are. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {}) {
    super(message, options);
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

/** A parameter is wrong: 400. */
export function invalid(message: string): ApiError {
  return new ApiError('InvalidParameter', message);
}

/** No such stream, or one whose messages cannot be reached: the words the service uses. */
export function unknownStream(streamId: string): ApiError {
  return new ApiError('NotAuthorizedOrNotFound', `Unknown stream ${streamId}`);
}

/** Any other thing that is not there. */
export function notFound(): ApiError {
  return new ApiError('NotAuthorizedOrNotFound', standardMessage.notFound);
}

/** What a caller is told of a refusal or a failure of the engine; undefined for anything else, which is a bug. */
export function refusalFrom(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (!(error instanceof LogError)) return undefined;
  const code = codeOf[error.code];
  if (code === 'TooManyRequests') {
    // Integrations read the milliseconds out of the text.
    const message = `Too many bytes are waiting to be stored; the next request can be made in ${retryAfterMs} ms. ${error.message}`;
    return new ApiError(code, message, { cause: error, headers: { [header.retryAfter]: String(retryAfterMs / 1000) } });
  }
  return new ApiError(code, wordsOf[error.code] ?? error.message, { cause: error });
}

const retryAfterMs = 1000;

/** Where the caller gets the API's words instead of the engine's, which name its logs. */
const wordsOf: Partial<Record<LogErrorCode, string>> = {
  OffsetOutOfRange: standardMessage.cursorTrimmed,
  UnknownLog: standardMessage.notFound,
};

const codeOf: Readonly<Record<LogErrorCode, ErrorCode>> = {
  LogExists: 'InternalServerError',
  UnknownLog: 'NotAuthorizedOrNotFound',
  OffsetOutOfRange: 'InvalidParameter',
  Overloaded: 'TooManyRequests',
  AppendRefused: 'ServiceUnavailable',
  OutcomeUnknown: 'ServiceUnavailable',
  Closed: 'ServiceUnavailable',
  Failed: 'ServiceUnavailable',
  Damaged: 'InternalServerError',
  Locked: 'ServiceUnavailable',
};
