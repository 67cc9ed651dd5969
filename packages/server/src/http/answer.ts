// Answers and refusals as HTTP has them.
import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { type ErrorBody, header, standardMessage, statusOf } from 'millrace-protocol';
import { ApiError, refusalFrom } from '../api-error.ts';
import type { Logger } from '../observe/logger.ts';
import type { Answer, LateBody } from '../operation.ts';
import { NotAuthenticated } from './authenticate.ts';
import { corsHeaders } from './cors.ts';
import type { ProbeAnswer } from './probes.ts';

/** How refusals are logged and worded. */
export interface RefusalOptions {
  readonly logger: Logger;
  /** Whether a 401 says why. */
  readonly explainAuth: boolean;
}

/** Headers by name, as Node wants them in one list: name, value, name, value. */
type HeaderList = string[];

const json = 'application/json';
/** From so many bytes on writing a body takes longer than sending its head by itself; our client looks out for no shorter ones. */
const longBytes = 64 * 1024;

/** Sends a success. */
export function sendAnswer(response: ServerResponse, requestId: string, answer: Answer): void {
  const { status, headers, contentType = json, body, late, pieces } = answer;
  const list = headerList(requestId, headers);
  if (pieces !== undefined) sendPieces(response, status, list, pieces);
  else if (late?.length !== undefined && late.length >= longBytes) sendBehindHead(response, status, list, contentType, late);
  else send(response, status, list, contentType, late?.write() ?? { body });
}

/** Sends what a probe answers. */
export function sendProbe(response: ServerResponse, requestId: string, { status, contentType, text }: ProbeAnswer): void {
  begin(response, status, [...headerList(requestId), ...contentHeaders(contentType, text)]).end(text);
}

/** Sends a refusal and logs what the caller is not told; answers its HTTP status. */
export function sendRefusal(response: ServerResponse, requestId: string, error: unknown, options: RefusalOptions): number {
  const refusal = refusalOf(error, requestId, options);
  const status = statusOf(refusal.code);
  const body: ErrorBody = { code: refusal.code, message: refusal.message };
  // What went wrong behind the head of an answer can only end its connection.
  if (response.headersSent) {
    response.destroy();
    return status;
  }
  send(response, status, headerList(requestId, refusal.headers), json, { body });
  return status;
}

function headerList(requestId: string, headers: Readonly<Record<string, string>> = {}): HeaderList {
  const list = [header.requestId, requestId];
  for (const name of Object.keys(headers)) list.push(name, headers[name] ?? '');
  return list;
}

function contentHeaders(contentType: string, content: string | Buffer): HeaderList {
  return ['content-type', contentType, 'content-length', String(Buffer.byteLength(content))];
}

/** Text leaves with its head in one write. */
function send(
  response: ServerResponse,
  status: number,
  headers: HeaderList,
  contentType: string,
  { body, sent }: { readonly body: unknown; readonly sent?: () => void },
): void {
  if (body === undefined) {
    begin(response, status, headers).end();
    return;
  }
  const content = body instanceof Buffer || typeof body === 'string' ? body : JSON.stringify(body);
  headers.push(...contentHeaders(contentType, content));
  begin(response, status, headers).end(content, sent);
}

/** The head leaves before the body is written. */
function sendBehindHead(response: ServerResponse, status: number, headers: HeaderList, contentType: string, late: LateBody): void {
  headers.push('content-type', contentType, 'content-length', String(late.length));
  begin(response, status, headers).flushHeaders();
  const { body, sent } = late.write();
  response.end(body, sent);
}

/** No more is made than the caller takes; one who goes away in the middle ends it. */
function sendPieces(response: ServerResponse, status: number, headers: HeaderList, pieces: Iterable<string>): void {
  headers.push('content-type', json);
  pipeline(Readable.from(pieces, { objectMode: false }), begin(response, status, headers), () => {});
}

function begin(response: ServerResponse, status: number, headers: HeaderList): ServerResponse {
  if (response.req.headers.origin !== undefined) headers.push(...corsHeaders);
  return response.writeHead(status, headers);
}

function refusalOf(error: unknown, requestId: string, { logger, explainAuth }: RefusalOptions): ApiError {
  if (error instanceof NotAuthenticated) {
    logger.warn({ requestId, reason: error.message }, 'request refused: not authenticated');
    const explanation = explainAuth ? error.message : error.hint;
    const message = explanation === undefined ? standardMessage.notAuthenticated : `${standardMessage.notAuthenticated} ${explanation}`;
    return new ApiError('NotAuthenticated', message);
  }
  const refusal = refusalFrom(error);
  if (refusal === undefined) {
    logger.error({ requestId, err: error }, 'request failed: unexpected error');
    return new ApiError('InternalServerError', `An internal error occurred; the server's log has it under ${requestId}.`);
  }
  // That an operation is not there is no trouble of the server's.
  if (statusOf(refusal.code) >= 500 && refusal.code !== 'MethodNotImplemented')
    logger.error({ requestId, err: refusal.cause ?? refusal }, `request refused: ${refusal.code}`);
  else logger.debug({ requestId, code: refusal.code, reason: refusal.message }, 'request refused');
  return refusal;
}
