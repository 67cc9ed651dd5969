// A request of HTTP as operations see it.
import type { IncomingMessage } from 'node:http';
import { limits } from 'millrace-protocol';
import type { OperationRequest } from '../operation.ts';
import { parseText } from '../parameters.ts';
import { Query } from '../query.ts';

export class HttpRequest implements OperationRequest {
  readonly body: Buffer;
  readonly origin: string;
  readonly #request: IncomingMessage;
  readonly #parameters: Readonly<Record<string, string | undefined>>;
  readonly #draining: AbortSignal;
  #query: Query | undefined;
  #abort: AbortController | undefined;
  #stopWaiting: (() => void) | undefined;

  /** `draining` aborts when the server stops waiting. */
  constructor(
    request: IncomingMessage,
    parameters: Readonly<Record<string, string | undefined>>,
    body: Buffer,
    origin: string,
    draining: AbortSignal,
  ) {
    this.#request = request;
    this.#parameters = parameters;
    this.#draining = draining;
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
    this.#abort ??= this.#listen();
    return this.#abort.signal;
  }

  /** Must be called when the request is answered. */
  release(): void {
    this.#stopWaiting?.();
  }

  #listen(): AbortController {
    const abort = new AbortController();
    const end = (): void => abort.abort();
    const { socket } = this.#request;
    // Requests sent in a row on one connection wait together.
    socket.setMaxListeners(0);
    socket.once('close', end);
    this.#draining.addEventListener('abort', end, { once: true });
    if (this.#draining.aborted || socket.destroyed) end();
    this.#stopWaiting = () => {
      socket.off('close', end);
      this.#draining.removeEventListener('abort', end);
    };
    return abort;
  }
}

function queryOf(target: string): Query {
  const mark = target.indexOf('?');
  return new Query(mark === -1 ? '' : target.slice(mark + 1));
}
