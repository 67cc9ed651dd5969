// One call of an operation as the listener makes it, and what its caller could see and know.
import { header, type OperationName, statusOf } from 'millrace-protocol';
import { refusalFrom } from '../../src/api-error.ts';
import { routes } from '../../src/http/routes.ts';
import type { OperationRequest } from '../../src/operation.ts';
import { Query } from '../../src/query.ts';
import type { Service } from '../../src/service.ts';
import { takeContent } from '../support/content.ts';
import { binaryType } from '../support/read-binary.ts';

/** What the caller sends. */
export interface Sent {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** What the caller is given. */
export interface Reply {
  readonly status: number;
  /** The error's code and message; empty on a success. */
  readonly code: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as JSON, whatever its form; undefined if there is none. */
  readonly body: unknown;
}

/** Carries out an operation. Throws only what the listener would call an unexpected error. */
export async function callService(service: Service, operation: OperationName, sent: Sent): Promise<Reply> {
  const route = routes[operation];
  if (typeof route !== 'function') throw new Error(`${operation} is not there.`);
  try {
    const answer = await route(service, requestOf(sent));
    return { status: answer.status, code: '', message: '', headers: answer.headers ?? {}, body: takeContent(answer) };
  } catch (error) {
    const refusal = refusalFrom(error);
    if (refusal === undefined) throw error;
    const { code, message, headers } = refusal;
    return { status: statusOf(code), code, message, headers, body: undefined };
  }
}

function requestOf({ path = {}, query = {}, headers = {}, body, signal }: Sent): OperationRequest {
  return {
    pathParameter: (name) => path[name] ?? '',
    query: new Query(new URLSearchParams(query).toString()),
    header: (name) => headers[name],
    body: body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
    origin: 'http://simulated',
    signal: signal ?? new AbortController().signal,
  };
}

/** Of GetMessages. Chance is not asked for the form, so that every seed stays what it was: even limits get the binary one. */
export function readHeaders(limit: number, waitMs: number): Readonly<Record<string, string>> {
  const accept = limit % 2 === 0 ? binaryType : 'application/json';
  return waitMs > 0 ? { accept, [header.waitMs]: String(waitMs) } : { accept };
}
