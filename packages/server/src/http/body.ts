// The body of a request: read whole into one buffer, within a limit, and held to its digest.
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError, invalid } from '../api-error.ts';
import type { BufferPool } from '../buffer-pool.ts';
import type { BodyBudget } from './body-budget.ts';

const empty = Buffer.alloc(0);

/** A body read whole; after `release` its bytes are somebody else's. */
export interface ReceivedBody {
  readonly body: Buffer;
  readonly release: () => void;
}

/** What bodies are read with: a bound on all of them together, and buffers to read into. */
export interface BodyRoom {
  readonly budget: BodyBudget;
  readonly pool: BufferPool;
}

/**
 * Reads the body. Throws 413 if it is, or says it is, longer than `maxBytes`, 400 if the connection ends first, 429 if all
 * bodies under way together are too much; its bytes count against the budget until `release` is called.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, { budget, pool }: BodyRoom): Promise<ReceivedBody> {
  const announced = announcedLength(request);
  if (announced !== undefined && announced > maxBytes) throw tooLarge(announced, maxBytes);
  if (announced === 0) return { body: empty, release: () => {} };
  const lease = budget.lease();
  try {
    if (announced === undefined) return { body: await readChunked(request, maxBytes, lease.take), release: lease.release };
    const body = await readSized(request, pool.take(announced), lease.take);
    return {
      body,
      release: () => {
        lease.release();
        pool.give(body);
      },
    };
  } catch (error) {
    lease.release();
    throw error;
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

async function readSized(request: IncomingMessage, body: Buffer, take: (bytes: number) => void): Promise<Buffer> {
  let at = 0;
  await readChunks(request, (chunk) => {
    take(chunk.length);
    at += chunk.copy(body, at);
  });
  return body;
}

async function readChunked(request: IncomingMessage, maxBytes: number, take: (bytes: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  await readChunks(request, (chunk) => {
    take(chunk.length);
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(length, maxBytes);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks, length);
}

/** Passes every chunk to `receive`, until it throws. By events: an iterator costs a small request a tenth of its time. */
function readChunks(request: IncomingMessage, receive: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      try {
        receive(chunk);
      } catch (error) {
        // What is still to come flows away, so that the caller, still writing, gets to read the answer.
        request.off('data', onData);
        reject(error);
      }
    };
    request.on('data', onData);
    request.once('end', resolve);
    // Also when the connection ends.
    request.once('error', () => reject(brokenOff()));
  });
}

/** For the log and the metrics: nobody is there to read it. */
function brokenOff(): ApiError {
  return invalid('The connection ended before the body did.');
}

function tooLarge(got: number, maxBytes: number): ApiError {
  const message = `The body has ${got.toLocaleString('en-US')} bytes or more; at most ${maxBytes.toLocaleString('en-US')} are read.`;
  return new ApiError('PayloadTooLarge', message);
}
