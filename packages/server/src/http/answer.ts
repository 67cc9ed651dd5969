// Answers and refusals as HTTP has them.
import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { type ErrorBody, header, standardMessage, statusOf } from 'millrace-protocol';
import { ApiError, refusalFrom } from '../api-error.ts';
import type { Logger } from '../observe/logger.ts';
import type { Answer } from '../operation.ts';
import { NotAuthenticated } from './authenticate.ts';
import { corsHeaders } from './cors.ts';

/** How refusals are logged and worded. */
export interface RefusalOptions {
  readonly logger: Logger;
  /** Whether a 401 says why. */
  readonly explainAuth: boolean;
}

/** Headers by name, as Node wants them in one list: name, value, name, value. */
type HeaderList = string[];

/** Sends a success. */
export function sendAnswer(reply: FastifyReply, requestId: string, { status, headers = {}, body, pieces, sent }: Answer): void {
  const list = [header.requestId, requestId, ...Object.entries(headers).flat()];
  if (pieces === undefined) send(reply, status, list, body, sent);
  else sendPieces(reply, status, list, pieces);
}

/** Sends a refusal and logs what the caller is not told; answers its HTTP status. */
export function sendRefusal(reply: FastifyReply, requestId: string, error: unknown, options: RefusalOptions): number {
  const refusal = refusalOf(error, requestId, options);
  const status = statusOf(refusal.code);
  const body: ErrorBody = { code: refusal.code, message: refusal.message };
  send(reply, status, [header.requestId, requestId, ...Object.entries(refusal.headers).flat()], body);
  return status;
}

/** Text leaves with its head in one write. */
function send(reply: FastifyReply, status: number, headers: HeaderList, body: unknown, sent?: () => void): void {
  if (body === undefined) {
    begin(reply, status, headers).end();
    return;
  }
  const json = body instanceof Buffer || typeof body === 'string' ? body : JSON.stringify(body);
  headers.push('content-type', 'application/json', 'content-length', String(Buffer.byteLength(json)));
  begin(reply, status, headers).end(json, sent);
}

/** No more is made than the caller takes; one who goes away in the middle ends it. */
function sendPieces(reply: FastifyReply, status: number, headers: HeaderList, pieces: Iterable<string>): void {
  headers.push('content-type', 'application/json');
  pipeline(Readable.from(pieces, { objectMode: false }), begin(reply, status, headers), () => {});
}

/** Past the library, which would add a charset that the service does not send (observed) and write head and body apart. */
function begin(reply: FastifyReply, status: number, headers: HeaderList): ServerResponse {
  // What hooks of the library have set, `connection: close` among it.
  for (const [name, value] of Object.entries(reply.getHeaders())) headers.push(name, String(value));
  if (reply.request.headers.origin !== undefined) headers.push(...corsHeaders);
  reply.hijack();
  return reply.raw.writeHead(status, headers);
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
