// Failed calls as programs for oci-streaming know them. What our own client says of a failure is the `cause`, its `effect` included.
import { ServiceError } from '../errors.ts';
import { clientInfo } from '../version.ts';

/** The call that failed. */
export interface FailedCall {
  readonly targetService: string;
  readonly operationName: string;
  /** When it began, ISO 8601. */
  readonly timestamp: string;
  /** Method and URL. */
  readonly requestEndpoint: string;
}

const apiErrors = 'https://docs.oracle.com/iaas/Content/API/References/apierrors.htm';
const troubleshootingPage = 'https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdk_troubleshooting.htm';

/** The service answered with a status outside 200 to 299. Its members are those of `OciError` of oci-common, of which it is no instance. */
export class OciError extends Error {
  readonly statusCode: number;
  /** The `code` of the error body; `None` if the body was not OCI's. */
  readonly serviceCode: string;
  /** `opc-request-id` of the answer. */
  readonly opcRequestId: string | null;
  /** `Stream` or `StreamAdmin`. */
  readonly targetService: string;
  /** Such as `getMessages`. */
  readonly operationName: string;
  /** When the call began, ISO 8601. */
  readonly timestamp: string;
  /** Method and URL of the request. */
  readonly requestEndpoint: string;
  /** Of this client. */
  readonly clientVersion: string = clientInfo;
  /** For people. */
  readonly loggingTips: string = 'This client writes no log: what it knows of the failure is in this error and in its cause.';
  /** For people: where the code is explained. */
  readonly troubleshootingTips: string;

  /** Made by the client. */
  constructor(cause: ServiceError, call: FailedCall) {
    super(cause.message, { cause });
    this.statusCode = cause.status;
    this.serviceCode = cause.code ?? 'None';
    this.opcRequestId = cause.headers.get('opc-request-id');
    this.targetService = call.targetService;
    this.operationName = call.operationName;
    this.timestamp = call.timestamp;
    this.requestEndpoint = call.requestEndpoint;
    this.troubleshootingTips = `What it means: ${apiErrors}#apierrors_${this.statusCode}__${this.statusCode}_${this.serviceCode.toLowerCase()}`;
  }
}

/** No answer: no connection, or it broke, or the request could not be signed. Where the official client throws an object of these members. */
export class NoAnswerError extends Error {
  /** Of the system, such as `ECONNREFUSED`; undefined if it named none. */
  readonly code: string | undefined;
  /** Method and URL of the request. */
  readonly requestEndpoint: string;
  /** For people. */
  readonly troubleshootingPage: string = troubleshootingPage;

  /** Made by the client. */
  constructor(cause: unknown, { requestEndpoint }: FailedCall) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.code = codeOf(cause);
    this.requestEndpoint = requestEndpoint;
  }
}

/** What a call rejects with. */
export function failureOf(error: unknown, call: FailedCall): OciError | NoAnswerError {
  return error instanceof ServiceError ? new OciError(error, call) : new NoAnswerError(error, call);
}

/** That of the error, or of what caused it. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : codeOf(error.cause);
}
