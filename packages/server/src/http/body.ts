// The body of a request: read whole into one buffer, within a limit, and held to its digest.
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError, invalid } from '../api-error.ts';
import type { BodyBudget } from './body-budget.ts';

const empty = Buffer.alloc(0);

/**
 * Reads the body. Throws 413 if it is, or says it is, longer than `maxBytes`, 400 if the connection ends first, 429 if all
 * bodies under way together are too much; its bytes count against `budget` until `release` is called.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
): Promise<{ body: Buffer; release: () => void }> {
  const announced = announcedLength(request);
  if (announced !== undefined && announced > maxBytes) throw tooLarge(announced, maxBytes);
  if (announced === 0) return { body: empty, release: () => {} };
  const lease = budget.lease();
  try {
    const body =
      announced === undefined ? await readChunked(request, maxBytes, lease.take) : await readSized(request, announced, lease.take);
    return { body, release: lease.release };
  } catch (error) {
    lease.release();
    // What is still to come is thrown away, so that the caller, still writing, gets to read the answer.
    request.resume();
    throw request.destroyed && !(error instanceof ApiError) ? brokenOff() : error;
  }
}

/** Base64 of the SHA-256 of `body`, as `x-content-sha256` has it. */
export function contentDigest(body: Buffer): string {
  return hash('sha256', body, 'base64');
}

function announcedLength({ headers }: IncomingMessage): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  return Number(headers['content-length'] ?? 0);
}

async function readSized(request: IncomingMessage, length: number, take: (bytes: number) => void): Promise<Buffer> {
  const body = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for await (const chunk of chunksOf(request)) {
    take(chunk.length);
    at += chunk.copy(body, at);
  }
  return body;
}

async function readChunked(request: IncomingMessage, maxBytes: number, take: (bytes: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(request)) {
    take(chunk.length);
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(length, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Leaving the loop early must not close the connection: the refusal is yet to be sent over it. */
function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false });
}

/** For the log and the metrics: nobody is there to read it. */
function brokenOff(): ApiError {
  return invalid('The connection ended before the body did.');
}

function tooLarge(got: number, maxBytes: number): ApiError {
  const message = `The body has ${got.toLocaleString('en-US')} bytes or more; at most ${maxBytes.toLocaleString('en-US')} are read.`;
  return new ApiError('PayloadTooLarge', message);
}
