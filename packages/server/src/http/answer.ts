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

/** Sends a success. */
export function sendAnswer(reply: FastifyReply, requestId: string, answer: Answer): void {
  reply.code(answer.status).header(header.requestId, requestId);
  for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
  const { body } = answer;
  if (body === undefined) void reply.send();
  else sendJson(reply, body instanceof Buffer ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

/** Sends a refusal and logs what the caller is not told; answers its HTTP status. */
export function sendRefusal(reply: FastifyReply, requestId: string, error: unknown, options: RefusalOptions): number {
  const refusal = refusalOf(error, requestId, options);
  const status = statusOf(refusal.code);
  const body: ErrorBody = { code: refusal.code, message: refusal.message };
  reply.code(status).headers({ ...refusal.headers, [header.requestId]: requestId });
  sendJson(reply, Buffer.from(JSON.stringify(body)));
  return status;
}

/** As bytes: to text the library would add a charset, which the service does not send (observed). */
function sendJson(reply: FastifyReply, body: Buffer): void {
  void reply.header('content-type', 'application/json').send(body);
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
