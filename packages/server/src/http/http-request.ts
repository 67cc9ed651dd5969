// A request of HTTP as operations see it.
import type { IncomingMessage } from 'node:http';
import { limits } from 'millrace-protocol';
import type { OperationRequest } from '../operation.ts';
import { parseText } from '../parameters.ts';
import { Query } from '../query.ts';
import type { Connections } from './connections.ts';

export class HttpRequest implements OperationRequest {
  readonly body: Buffer;
  readonly origin: string;
  readonly #request: IncomingMessage;
  readonly #parameters: Readonly<Record<string, string | undefined>>;
  readonly #connections: Connections;
  #query: Query | undefined;

  constructor(
    request: IncomingMessage,
    parameters: Readonly<Record<string, string | undefined>>,
    body: Buffer,
    origin: string,
    connections: Connections,
  ) {
    this.#request = request;
    this.#parameters = parameters;
    this.#connections = connections;
    this.body = body;
    this.origin = origin;
  }

  get query(): Query {
    this.#query ??= queryOf(this.#request.url ?? '');
    return this.#query;
  }

  pathParameter(name: string): string {
    return parseText(name, this.#parameters[name] ?? '', name === 'groupName' ? limits.groupName : limits.pathId);
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Made when first asked for: only reads that wait need it. */
  get signal(): AbortSignal {
    return this.#connections.goneSignal(this.#request.socket);
  }
}

function queryOf(target: string): Query {
  const mark = target.indexOf('?');
  return new Query(mark === -1 ? '' : target.slice(mark + 1));
}
