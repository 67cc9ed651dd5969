// The HTTP listener: bytes to known callers to operations, and answers back. The order of checks is in PROTOCOL.md.
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { basePath, limits, type OperationName, operations } from 'millrace-protocol';
import { ApiError } from '../api-error.ts';
import type { Keyring } from '../identity/keyring.ts';
import type { Service } from '../service.ts';
import { type RefusalOptions, sendAnswer, sendRefusal } from './answer.ts';
import { authenticate, checkDigest } from './authenticate.ts';
import { contentDigest, readBody } from './body.ts';
import { BodyBudget } from './body-budget.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { HttpRequest } from './http-request.ts';
import { addProbes } from './probes.ts';
import { RequestIds } from './request-id.ts';
import { routes } from './routes.ts';

export interface ListenerOptions extends RefusalOptions {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly keyring: Keyring;
}

export interface Listener {
  /** `http://address:port`, as bound. */
  readonly url: string;
  /** Ends waits, lets requests under way be answered, and closes; connections still open after `graceMs` are cut. */
  close(graceMs: number): Promise<void>;
}

/** Bytes of request bodies in memory at once. */
const bodyBudgetBytes = 96 * 1024 * 1024;
/** A request must have arrived whole by then: a slow sender gets 408. */
const requestTimeoutMs = 60_000;
/** Longer than the keep-alive of clients and proxies, which would otherwise write into a connection that just closed. */
const keepAliveMs = 65_000;

/** Listens and serves; resolves when the port is bound. */
export async function listen(service: Service, options: ListenerOptions): Promise<Listener> {
  const pipeline = new Pipeline(service, options);
  const app = fastify({
    logger: false,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => pipeline.refuse(request, reply, error),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, pipeline.requestIds),
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 4096 },
  });
  addRoutes(app, pipeline);
  addProbes(app, service, pipeline.requestIds);
  await app.listen({ host: options.host, port: options.port });
  return { url: addressOf(app), close: (graceMs) => close(app, service, pipeline, graceMs) };
}

function addRoutes(app: FastifyInstance, pipeline: Pipeline): void {
  // Bodies are read by the pipeline, when the caller is known.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  for (const [name, { method, path }] of Object.entries(operations)) {
    const url = basePath + path.replaceAll(/\{(\w+)\}/g, ':$1');
    // The table's keys are the names.
    app.route({ method, url, handler: (request, reply) => pipeline.serve(name as OperationName, request, reply) });
  }
  app.setNotFoundHandler((request, reply) => pipeline.refuse(request, reply, unknownPath(app, request)));
  app.setErrorHandler((error, request, reply) => pipeline.refuse(request, reply, error));
}

/** What every request goes through. */
class Pipeline {
  readonly requestIds: RequestIds;
  readonly draining = new AbortController();
  readonly #service: Service;
  readonly #options: ListenerOptions;
  readonly #budget = new BodyBudget(bodyBudgetBytes);

  constructor(service: Service, options: ListenerOptions) {
    this.#service = service;
    this.#options = options;
    this.requestIds = new RequestIds(service.random);
  }

  /** Known caller, whole body, proved body, operation, answer. */
  async serve(name: OperationName, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { clock, metrics } = this.#service;
    const startedAt = clock.monotonicMs();
    const requestId = this.requestIds.next(headerText(request, 'opc-request-id'));
    let status: number;
    try {
      status = await this.#answer(name, request, reply, requestId);
    } catch (error) {
      status = sendRefusal(reply, requestId, error, this.#options);
    }
    metrics.requestServed(name, status, (clock.monotonicMs() - startedAt) / 1000);
    return reply;
  }

  async #answer(name: OperationName, request: FastifyRequest, reply: FastifyReply, requestId: string): Promise<number> {
    const { keyring } = this.#options;
    const { raw, headers } = request;
    const signed = { method: request.method, target: raw.url ?? '', headers };
    const { bodyDigest } = authenticate(signed, operations[name].bodySignature, keyring, this.#service.clock.now());
    const { body, release } = await readBody(raw, (name === 'PutMessages' ? limits.putBodyBytes : limits.bodyBytes).max, this.#budget);
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

  /** Answers what never reached an operation. */
  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
    sendRefusal(reply, this.requestIds.next(headerText(request, 'opc-request-id')), error, this.#options);
  }

  #originOf(request: FastifyRequest): string {
    return this.#options.publicUrl ?? `http://${request.headers.host ?? this.#options.host}`;
  }
}

function unknownPath(app: FastifyInstance, request: FastifyRequest): ApiError {
  const [path = ''] = request.url.split('?', 1);
  const allowed = (['GET', 'POST', 'PUT', 'DELETE'] as const).filter((method) => app.findRoute({ method, url: path }) !== null);
  if (allowed.length === 0) return new ApiError('NotFound', `There is nothing at ${path}; the API's paths begin with ${basePath}.`);
  return new ApiError('MethodNotAllowed', `${request.method} is not allowed at ${path}; ${allowed.join(', ')} is.`);
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
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
