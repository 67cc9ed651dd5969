// One call of an operation as the listener makes it, and what its caller could see and know.
import { type OperationName, statusOf } from 'millrace-protocol';
import { refusalFrom } from '../../src/api-error.ts';
import { routes } from '../../src/http/routes.ts';
import type { Answer, OperationRequest } from '../../src/operation.ts';
import { Query } from '../../src/query.ts';
import type { Service } from '../../src/service.ts';

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
  /** The body as JSON, undefined if there is none. */
  readonly body: unknown;
}

/** Carries out an operation. Throws only what the listener would call an unexpected error. */
export async function callService(service: Service, operation: OperationName, sent: Sent): Promise<Reply> {
  const route = routes[operation];
  if (typeof route !== 'function') throw new Error(`${operation} is not there.`);
  try {
    const answer = await route(service, requestOf(sent));
    const reply = { status: answer.status, code: '', message: '', headers: answer.headers ?? {}, body: bodyOf(answer) };
    answer.sent?.();
    return reply;
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

function bodyOf({ body, pieces }: Answer): unknown {
  if (pieces !== undefined) return JSON.parse([...pieces].join(''));
  return typeof body === 'string' || body instanceof Buffer ? JSON.parse(body.toString()) : body;
}
