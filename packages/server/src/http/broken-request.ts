// Bytes that never became a request: answered in the API's words on the bare socket.
import type { Socket } from 'node:net';
import { type ErrorBody, type ErrorCode, header, statusOf } from 'millrace-protocol';
import type { Connections } from './connections.ts';
import type { RequestIds } from './request-id.ts';

/**
 * Answers what the HTTP parser refused, if anybody still listens, and closes the connection. Behind a request that is still
 * being answered it says nothing: that would be taken for the answer.
 */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket, requestIds: RequestIds, connections: Connections): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const underWay = connections.lastAnswerOn(socket);
  if (underWay !== undefined) {
    underWay.once('close', () => socket.destroy());
    return;
  }
  const [code, message] = refusalFor(error);
  const refusal: ErrorBody = { code, message };
  const body = JSON.stringify(refusal);
  const head = [
    `HTTP/1.1 ${statusOf(code)} ${code}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `${header.requestId}: ${requestIds.next(undefined)}`,
    'connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function refusalFor({ code, message }: NodeJS.ErrnoException): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['RequestHeaderFieldsTooLarge', 'The request line and headers are too long; at most 16 KiB are read.'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['RequestTimeout', 'The request did not arrive whole in time.'];
  return ['CannotParseRequest', `The request is not HTTP: ${message}.`];
}
