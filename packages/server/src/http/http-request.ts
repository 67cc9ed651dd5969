// A request of the HTTP library as operations see it.
import type { FastifyRequest } from 'fastify';
import { limits } from 'millrace-protocol';
import type { OperationRequest } from '../operation.ts';
import { parseText } from '../parameters.ts';
import { Query } from '../query.ts';

export class HttpRequest implements OperationRequest {
  readonly body: Buffer;
  readonly origin: string;
  readonly query: Query;
  readonly #request: FastifyRequest;
  readonly #draining: AbortSignal;
  #abort: AbortController | undefined;
  #stopWaiting: (() => void) | undefined;

  /** `draining` aborts when the server stops waiting. */
  constructor(request: FastifyRequest, body: Buffer, origin: string, draining: AbortSignal) {
    this.#request = request;
    this.#draining = draining;
    this.body = body;
    this.origin = origin;
    const target = request.raw.url ?? '';
    const mark = target.indexOf('?');
    this.query = new Query(mark === -1 ? '' : target.slice(mark + 1));
  }

  pathParameter(name: string): string {
    const value = (this.#request.params as Readonly<Record<string, string>>)[name] ?? '';
    return parseText(name, value, name === 'groupName' ? limits.groupName : limits.pathId);
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
    const { socket } = this.#request.raw;
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
