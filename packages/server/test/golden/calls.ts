// Calls operations of a service below HTTP.
import type { OperationName } from 'millrace-protocol';
import { ApiError } from '../../src/api-error.ts';
import { routes } from '../../src/http/routes.ts';
import { Query } from '../../src/query.ts';
import type { Service } from '../../src/service.ts';
import { takeContent } from '../support/content.ts';

/** What a call sends. Path parameters are taken from `path` by name, headers are lower-case. */
export interface Sent {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A success: its body as JSON and its headers. Throws what the operation refuses with. */
export async function call<Body>(
  service: Service,
  operation: OperationName,
  { path = {}, query = '', headers = {}, body }: Sent,
): Promise<{ readonly body: Body; readonly headers: Readonly<Record<string, string>> }> {
  const route = routes[operation];
  if (typeof route !== 'function') throw new Error(`${operation} is not implemented.`);
  const answer = await route(service, {
    pathParameter: (name) => path[name] ?? '',
    query: new Query(query),
    header: (name) => headers[name],
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    origin: 'http://golden',
    signal: new AbortController().signal,
  });
  return { body: takeContent(answer) as Body, headers: answer.headers ?? {} };
}

/** The code an operation refuses the call with; undefined if it does not. */
export async function refusalOf(service: Service, operation: OperationName, sent: Sent): Promise<string | undefined> {
  try {
    await call(service, operation, sent);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}
