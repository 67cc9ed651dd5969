// Everything a call can fail with. Each error of a request says whether the request may have had an effect.

/** Whether a failed request may have changed something: `none`, or `unknown` when it may have arrived. */
export type Effect = 'none' | 'unknown';

/** The request was not answered, or not with a success. */
export abstract class RequestError extends Error {
  /** `none`: the service did nothing. `unknown`: it may have done what was asked, in this attempt or in one before it. */
  readonly effect: Effect;

  constructor(message: string, effect: Effect, options?: ErrorOptions) {
    super(message, options);
    this.effect = effect;
  }
}

/** The same error, saying that an attempt before it may have had an effect. */
export function withUnknownEffect<Failure extends RequestError>(error: Failure): Failure {
  return Object.assign(error, { effect: 'unknown' });
}

/** What a `ServiceError` is made of. */
export interface ServiceErrorDetails {
  /** Outside 200 to 299. */
  readonly status: number;
  /** The `code` of the error body; undefined if the body was not OCI's. */
  readonly code: string | undefined;
  /** That of the error body, or the beginning of a body that is not OCI's. */
  readonly message: string;
  /** Of the response, else the one that was sent. */
  readonly requestId: string | undefined;
  readonly headers: Headers;
  /** For instance `PutMessages`. */
  readonly operation: string;
  /** Base URL the request went to. */
  readonly endpoint: string;
}

/**
 * The service answered with a status outside 200 to 299. Decide by `status` and `code` (`InvalidParameter`, `NotAuthorizedOrNotFound`, …),
 * not by the message. `effect` is `unknown` from 500 on.
 */
export class ServiceError extends RequestError {
  override readonly name = 'ServiceError';
  /** Outside 200 to 299. */
  readonly status: number;
  /** Of the error body; undefined if the body was not OCI's. */
  readonly code: string | undefined;
  /** `opc-request-id` of the answer, else of the request: name it when asking for help. */
  readonly requestId: string | undefined;
  /** All headers of the answer. */
  readonly headers: Headers;
  /** In the words of the API, for instance `PutMessages`. */
  readonly operation: string;
  /** Base URL the request went to, base path included. */
  readonly endpoint: string;

  constructor({ status, code, message, requestId, headers, operation, endpoint }: ServiceErrorDetails, options?: ErrorOptions) {
    // Behind a 5xx the work may have been done; anything else was refused before it.
    super(
      message === '' ? `The service answered ${status}${code === undefined ? '' : ` ${code}`}.` : message,
      status >= 500 ? 'unknown' : 'none',
      options,
    );
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.headers = headers;
    this.operation = operation;
    this.endpoint = endpoint;
  }
}

/** No connection, or it broke before the answer was whole. `effect` is `none` only if no connection was made. */
export class ConnectionError extends RequestError {
  override readonly name = 'ConnectionError';
}

/** Which of the two times was over. */
export type TimeoutPhase = 'connect' | 'read';

/** The client's own timeout was over. `effect` is `none` while connecting, `unknown` afterwards. */
export class TimeoutError extends RequestError {
  override readonly name = 'TimeoutError';
  readonly phase: TimeoutPhase;
  /** The time that was over, milliseconds. */
  readonly timeoutMs: number;

  constructor(phase: TimeoutPhase, timeoutMs: number, host: string) {
    const what = phase === 'connect' ? `No connection to ${host}` : `Nothing came from ${host}`;
    super(`${what} within ${timeoutMs} ms.`, phase === 'connect' ? 'none' : 'unknown');
    this.phase = phase;
    this.timeoutMs = timeoutMs;
  }
}

/** What is wrong with one key of a configuration. */
export type ConfigProblem = 'missing' | 'malformed';

/** The configuration cannot be used. The message names everything that is missing or malformed, as an object and as a file spell it. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig';
  /** By key as in a configuration file (`key_file`), in the order of the checks. */
  readonly problems: Readonly<Record<string, ConfigProblem>>;

  constructor(problems: Readonly<Record<string, ConfigProblem>>) {
    const list = Object.entries(problems).map(([key, problem]) => `${spelledBothWays(key)} is ${problem}`);
    super(`The configuration cannot be used: ${list.join(', ')}.`);
    this.problems = problems;
  }
}

/** `keyFile (key_file)` for `key_file`; `user` for `user`. */
function spelledBothWays(fileKey: string): string {
  const property = fileKey.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return property === fileKey ? fileKey : `${property} (${fileKey})`;
}
