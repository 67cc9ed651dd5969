// The HTTP listener: bytes to known callers to operations, and answers back. The order of checks is in PROTOCOL.md.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { basePath, header, limits, type OperationName, operations } from 'millrace-protocol';
import { ApiError, invalid } from '../api-error.ts';
import type { Keyring } from '../identity/keyring.ts';
import type { Service } from '../service.ts';
import { type RefusalOptions, sendAnswer, sendRefusal } from './answer.ts';
import { authenticate, checkDigest } from './authenticate.ts';
import { type BodyRoom, contentDigest, readBody } from './body.ts';
import { BodyBudget } from './body-budget.ts';
import { AnswersUnderWay, answerBrokenRequest } from './broken-request.ts';
import { isPreflight, preflightHeaders } from './cors.ts';
import { HttpRequest } from './http-request.ts';
import { addProbes } from './probes.ts';
import { RequestIds } from './request-id.ts';
import { routes } from './routes.ts';

export interface ListenerOptions extends RefusalOptions {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly keyring: Keyring;
  /** A request must have arrived whole by then, milliseconds; a slow sender gets 408. 60 seconds unless given. */
  readonly requestTimeoutMs?: number;
}

export interface Listener {
  /** `http://address:port`, as bound; the loopback address if that is all of them. */
  readonly url: string;
  /** Ends waits, lets requests under way be answered, and closes; connections still open after `graceMs` are cut. */
  close(graceMs: number): Promise<void>;
}

/** Beyond it a new connection is closed at once. */
const maxConnections = 10_000;
/** Bytes of request bodies in memory at once. */
const bodyBudgetBytes = 96 * 1024 * 1024;
const defaultRequestTimeoutMs = 60_000;
/** How often late requests are looked for, at most. */
const lateCheckMs = 10_000;
/** Of request line and headers; Node's own default. */
const maxHeadBytes = 16_384;
/** How much of an unknown path a refusal repeats. */
const shownPathCharacters = 200;
/** A connection on which nothing moves for so long is cut: a caller that never takes its answer. Longer than any wait. */
const idleConnectionMs = 120_000;
/** Longer than the keep-alive of clients and proxies, which would otherwise write into a connection that just closed. */
const keepAliveMs = 65_000;

/** Addresses that mean all of them; clients on this machine reach them by the loopback address. */
const wildcards = new Set(['0.0.0.0', '::']);

/** Listens and serves; resolves when the port is bound. */
export async function listen(service: Service, options: ListenerOptions): Promise<Listener> {
  const pipeline = new Pipeline(service, options);
  const { requestTimeoutMs = defaultRequestTimeoutMs } = options;
  const app = fastify({
    logger: false,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: idleConnectionMs,
    // Node would answer a request without Host by itself, in no words of the API.
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(lateCheckMs, requestTimeoutMs),
      requireHostHeader: false,
      maxHeaderSize: maxHeadBytes,
    },
    keepAliveTimeout: keepAliveMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    frameworkErrors: (_error, request, reply) => pipeline.refuse(request, reply, invalid('The path has a percent escape that is none.')),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, pipeline.requestIds, pipeline.answers),
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: maxHeadBytes },
  });
  addRoutes(app, pipeline);
  addProbes(app, service, pipeline.requestIds);
  serveExpectations(app);
  app.server.maxConnections = maxConnections;
  await app.listen({ host: options.host, port: options.port });
  return { url: addressOf(app), close: (graceMs) => close(app, service, pipeline, graceMs) };
}

function addRoutes(app: FastifyInstance, pipeline: Pipeline): void {
  // Everything is answered in `onRequest`, before the library looks at content type and body: those are the pipeline's,
  // when the caller is known.
  for (const [name, { method, path }] of Object.entries(operations)) {
    const url = basePath + path.replaceAll(/\{(\w+)\}/g, ':$1');
    // The table's keys are the names.
    const onRequest = (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
      pipeline.serve(name as OperationName, request, reply);
    app.route({ method, url, onRequest, handler: neverReached });
  }
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    if (isPreflight(request)) pipeline.answerPreflight(request, reply);
    else pipeline.refuse(request, reply, unknownPath(app, request));
  });
  app.setErrorHandler((error, request, reply) => pipeline.refuse(request, reply, error));
}

function neverReached(): never {
  throw new Error('The request was not answered before its handler.');
}

/** Left to itself, Node invites every body at once, and answers other expectations in no words of the API. */
function serveExpectations(app: FastifyInstance): void {
  const serve = (request: IncomingMessage, response: ServerResponse): void => app.routing(request, response);
  app.server.on('checkContinue', serve);
  app.server.on('checkExpectation', serve);
}

/** What every request goes through. */
class Pipeline {
  readonly requestIds: RequestIds;
  readonly draining = new AbortController();
  readonly answers = new AnswersUnderWay();
  readonly #service: Service;
  readonly #options: ListenerOptions;
  readonly #bodyRoom: BodyRoom;

  constructor(service: Service, options: ListenerOptions) {
    this.#service = service;
    this.#options = options;
    this.#bodyRoom = { budget: new BodyBudget(bodyBudgetBytes), pool: service.buffers };
    this.requestIds = new RequestIds(service.random);
  }

  /** Known caller, whole body, proved body, operation, answer. */
  async serve(name: OperationName, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { clock, metrics } = this.#service;
    this.answers.note(request.raw.socket, reply.raw);
    const startedAt = clock.monotonicMs();
    const requestId = this.requestIds.next(headerText(request, header.requestId));
    let status: number;
    try {
      status = await this.#answer(name, request, reply, requestId);
    } catch (error) {
      status = this.#refuse(request, reply, requestId, error);
    }
    metrics.requestServed(name, status, (clock.monotonicMs() - startedAt) / 1000);
  }

  async #answer(name: OperationName, request: FastifyRequest, reply: FastifyReply, requestId: string): Promise<number> {
    const { keyring } = this.#options;
    const { raw, headers } = request;
    const signed = { method: request.method, target: raw.url ?? '', headers };
    const { bodyDigest } = authenticate(signed, operations[name].bodySignature, keyring, this.#service.clock.now());
    if (awaitsInvitation(request)) reply.raw.writeContinue();
    const maxBytes = (name === 'PutMessages' ? limits.putBodyBytes : limits.bodyBytes).max;
    const { body, release } = await readBody(raw, maxBytes, this.#bodyRoom);
    const operationRequest = new HttpRequest(request, body, this.#originOf(request), this.draining.signal);
    try {
      if (bodyDigest !== undefined) checkDigest(bodyDigest, contentDigest(body));
      const route = routes[name];
      if (typeof route !== 'function') throw new ApiError('MethodNotImplemented', `${name}: ${route.notImplemented}`);
      const answer = await route(this.#service, operationRequest);
      sendAnswer(reply, requestId, answer);
      return answer.status;
    } finally {
      operationRequest.release();
      release();
    }
  }

  /** What a browser asks before it sends a page's request; that one is judged when it comes. */
  answerPreflight(request: FastifyRequest, reply: FastifyReply): void {
    sendAnswer(reply, this.requestIds.next(undefined), { status: 204, headers: preflightHeaders(request) });
  }

  /** Answers what never reached an operation. */
  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
    this.#refuse(request, reply, this.requestIds.next(headerText(request, header.requestId)), error);
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, requestId: string, error: unknown): number {
    // A body that was not invited may come all the same: nothing can follow it on this connection.
    if (awaitsInvitation(request)) reply.header('connection', 'close');
    return sendRefusal(reply, requestId, error, this.#options);
  }

  #originOf(request: FastifyRequest): string {
    return this.#options.publicUrl ?? `http://${request.headers.host ?? this.#options.host}`;
  }
}

function unknownPath(app: FastifyInstance, request: FastifyRequest): ApiError {
  const [path = ''] = request.url.split('?', 1);
  const shown = path.length > shownPathCharacters ? `${path.slice(0, shownPathCharacters)}…` : path;
  const allowed = (['GET', 'POST', 'PUT', 'DELETE'] as const).filter((method) => app.findRoute({ method, url: path }) !== null).join(', ');
  if (allowed === '') return new ApiError('NotFound', `There is nothing at ${shown}; the API's paths begin with ${basePath}.`);
  return new ApiError('MethodNotAllowed', `${request.method} is not allowed at ${shown}; allowed: ${allowed}.`, {
    headers: { allow: allowed },
  });
}

/** The caller sends its body only when told to: `Expect: 100-continue`. */
function awaitsInvitation({ headers }: FastifyRequest): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}

async function close(app: FastifyInstance, { clock }: Service, pipeline: Pipeline, graceMs: number): Promise<void> {
  pipeline.draining.abort();
  const cancel = clock.after(graceMs, () => app.server.closeAllConnections());
  try {
    await app.close();
  } finally {
    cancel();
  }
}

function addressOf(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error(`Expected a TCP address, got ${String(address)}.`);
  if (wildcards.has(address.address)) return `http://127.0.0.1:${address.port}`;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
