// What every request goes through: known caller, whole body, proved body, operation, answer. The order of checks is in PROTOCOL.md.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { header, limits, operations } from 'millrace-protocol';
import { ApiError } from '../api-error.ts';
import type { Keyring } from '../identity/keyring.ts';
import type { Service } from '../service.ts';
import { type RefusalOptions, sendAnswer, sendProbe, sendRefusal } from './answer.ts';
import { Authenticator, checkDigest } from './authenticate.ts';
import { type BodyRoom, contentDigest, readBody } from './body.ts';
import { BodyBudget } from './body-budget.ts';
import { Connections } from './connections.ts';
import { isPreflight, preflightHeaders } from './cors.ts';
import { HttpRequest } from './http-request.ts';
import { probes } from './probes.ts';
import { RequestIds } from './request-id.ts';
import { type Destination, Router } from './router.ts';
import { routes } from './routes.ts';

export interface PipelineOptions extends RefusalOptions {
  /** `http://host[:port]` as clients reach the service; what their Host header says unless given. */
  readonly publicUrl: string | undefined;
  /** Stands in for a Host header that is not there. */
  readonly host: string;
  readonly keyring: Keyring;
  /** Of request line and headers. */
  readonly maxHeadBytes: number;
}

/** Bytes of request bodies in memory at once. */
const bodyBudgetBytes = 96 * 1024 * 1024;

type ToOperation = Extract<Destination, { kind: 'operation' }>;

/** Answers requests. */
export class Pipeline {
  readonly requestIds: RequestIds;
  /** Aborted when the server closes: waits end, and connections with them. */
  readonly draining: AbortController = new AbortController();
  readonly connections: Connections = new Connections(this.draining.signal);
  readonly #service: Service;
  readonly #options: PipelineOptions;
  readonly #router: Router;
  readonly #authenticator: Authenticator;
  readonly #bodyRoom: BodyRoom;

  constructor(service: Service, options: PipelineOptions) {
    this.#service = service;
    this.#options = options;
    this.#router = new Router(options.maxHeadBytes);
    this.#authenticator = new Authenticator(options.keyring);
    this.#bodyRoom = { budget: new BodyBudget(bodyBudgetBytes), pool: service.buffers };
    this.requestIds = new RequestIds(service.random);
  }

  /** Answers the request; resolves when the answer is on its way. Rejects only if not even a refusal can be sent. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.connections.note(request.socket, response);
    const to = this.#router.find(request.method ?? '', request.url ?? '');
    if (to.kind === 'operation') return await this.#serveOperation(to, request, response);
    const requestId = this.requestIds.next(headerText(request, header.requestId));
    try {
      if (to.kind === 'probe') {
        const answer = await probes[to.name](this.#service);
        sendProbe(this.#lastIfDraining(response), requestId, answer);
      } else if (isPreflight(request)) sendAnswer(response, requestId, { status: 204, headers: preflightHeaders(request) });
      else throw to.refusal;
    } catch (error) {
      this.#refuse(request, response, requestId, error);
    }
  }

  async #serveOperation(to: ToOperation, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, metrics } = this.#service;
    const startedAt = clock.monotonicMs();
    const requestId = this.requestIds.next(headerText(request, header.requestId));
    let status: number;
    try {
      status = await this.#answer(to, request, response, requestId);
    } catch (error) {
      status = this.#refuse(request, response, requestId, error);
    }
    metrics.requestServed(to.name, status, (clock.monotonicMs() - startedAt) / 1000);
  }

  async #answer({ name, parameters }: ToOperation, request: IncomingMessage, response: ServerResponse, requestId: string): Promise<number> {
    const signed = { method: request.method ?? '', target: request.url ?? '', headers: request.headers };
    const { bodyDigest } = this.#authenticator.authenticate(signed, operations[name].bodySignature, this.#service.clock.now());
    if (awaitsInvitation(request)) response.writeContinue();
    const maxBytes = (name === 'PutMessages' ? limits.putBodyBytes : limits.bodyBytes).max;
    const { body, release } = await readBody(request, maxBytes, this.#bodyRoom);
    const operationRequest = new HttpRequest(request, parameters, body, this.#originOf(request), this.connections);
    try {
      if (bodyDigest !== undefined) checkDigest(bodyDigest, await contentDigest(body));
      const route = routes[name];
      if (typeof route !== 'function') throw new ApiError('MethodNotImplemented', `${name}: ${route.notImplemented}`);
      const answer = await route(this.#service, operationRequest);
      sendAnswer(this.#lastIfDraining(response), requestId, answer);
      return answer.status;
    } finally {
      release();
    }
  }

  /** Node ends the connections that are idle when the server closes; one that is answered after that has to say so itself. */
  #lastIfDraining(response: ServerResponse): ServerResponse {
    if (this.draining.signal.aborted) response.shouldKeepAlive = false;
    return response;
  }

  #refuse(request: IncomingMessage, response: ServerResponse, requestId: string, error: unknown): number {
    // A body that was not invited may come all the same: nothing can follow it on this connection.
    if (awaitsInvitation(request)) response.shouldKeepAlive = false;
    return sendRefusal(this.#lastIfDraining(response), requestId, error, this.#options);
  }

  #originOf(request: IncomingMessage): string {
    return this.#options.publicUrl ?? `http://${request.headers.host ?? this.#options.host}`;
  }
}

/** The caller sends its body only when told to: `Expect: 100-continue`. */
function awaitsInvitation({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}

function headerText({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
