// Answers and refusals as HTTP has them.
import type { FastifyReply } from 'fastify';
import { type ErrorBody, header, standardMessage, statusOf } from 'millrace-protocol';
import { ApiError, engineError } from '../api-error.ts';
import type { Logger } from '../observe/logger.ts';
import type { Answer } from '../operation.ts';
import { NotAuthenticated } from './authenticate.ts';

/** How refusals are logged and worded. */
export interface RefusalOptions {
  readonly logger: Logger;
  /** Whether a 401 says why. */
  readonly explainAuth: boolean;
}

/** Headers by name, as Node wants them in one list: name, value, name, value. */
type HeaderList = string[];

/** Sends a success. */
export function sendAnswer(reply: FastifyReply, requestId: string, { status, headers = {}, body, sent }: Answer): void {
  send(reply, status, [header.requestId, requestId, ...Object.entries(headers).flat()], body, sent);
}

/** Sends a refusal and logs what the caller is not told; answers its HTTP status. */
export function sendRefusal(reply: FastifyReply, requestId: string, error: unknown, options: RefusalOptions): number {
  const refusal = refusalOf(error, requestId, options);
  const status = statusOf(refusal.code);
  const body: ErrorBody = { code: refusal.code, message: refusal.message };
  send(reply, status, [header.requestId, requestId, ...Object.entries(refusal.headers).flat()], body);
  return status;
}

/**
 * Past the library, which would add a charset that the service does not send (observed) and write head and body apart. Text
 * leaves with its head in one write.
 */
function send(reply: FastifyReply, status: number, headers: HeaderList, body: unknown, sent?: () => void): void {
  // What hooks of the library have set, `connection: close` among it.
  for (const [name, value] of Object.entries(reply.getHeaders())) headers.push(name, String(value));
  reply.hijack();
  if (body === undefined) {
    reply.raw.writeHead(status, headers).end();
    return;
  }
  const json = body instanceof Buffer || typeof body === 'string' ? body : JSON.stringify(body);
  headers.push('content-type', 'application/json', 'content-length', String(Buffer.byteLength(json)));
  reply.raw.writeHead(status, headers).end(json, sent);
}

function refusalOf(error: unknown, requestId: string, { logger, explainAuth }: RefusalOptions): ApiError {
  if (error instanceof NotAuthenticated) {
    logger.warn({ requestId, reason: error.message }, 'request refused: not authenticated');
    const explanation = explainAuth ? error.message : error.hint;
    const message = explanation === undefined ? standardMessage.notAuthenticated : `${standardMessage.notAuthenticated} ${explanation}`;
    return new ApiError('NotAuthenticated', message);
  }
  const refusal = knownRefusal(error);
  if (refusal === undefined) {
    logger.error({ requestId, err: error }, 'request failed: unexpected error');
    return new ApiError('InternalServerError', `An internal error occurred; the server's log has it under ${requestId}.`);
  }
  if (statusOf(refusal.code) >= 500) logger.error({ requestId, err: refusal.cause ?? refusal }, `request refused: ${refusal.code}`);
  else logger.debug({ requestId, code: refusal.code, reason: refusal.message }, 'request refused');
  return refusal;
}

function knownRefusal(error: unknown): ApiError | undefined {
  try {
    return engineError(error);
  } catch {
    return undefined;
  }
}
