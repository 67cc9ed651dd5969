// HTTP on node:http and node:https with connections that are kept, both loaded when the first request is sent.
import { setMaxListeners } from 'node:events';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionError, TimeoutError } from './errors.ts';
import { giveBack } from './give-back.ts';
import type { HttpHead, HttpRequest, HttpResponse, RequestBody, Timeouts, Transport } from './http.ts';
import { shareReadBuffer, withoutSharedBytes } from './shared-read-buffer.ts';

interface Protocol {
  readonly request: typeof import('node:http').request;
  readonly agent: Agent;
}

/** The transport of Node: one per client, or shared between clients. */
export class NodeTransport implements Transport {
  readonly #protocols = new Map<string, Promise<Protocol>>();
  #isClosed = false;

  async send(
    request: HttpRequest,
    timeouts: Timeouts,
    signal: AbortSignal | undefined,
    onHead: (head: HttpHead) => void = () => {},
  ): Promise<HttpResponse> {
    const protocol = await this.#protocol(request.url.protocol);
    signal?.throwIfAborted();
    if (signal !== undefined) setMaxListeners(0, signal); // one signal may end any number of calls
    const exchange = new Exchange(protocol, { request, timeouts, signal, onHead });
    try {
      return await exchange.answer;
    } catch (error) {
      // A kept connection may be ended by the server just when it is used again; reading twice does no harm.
      if (request.method !== 'GET' || !exchange.wasCutBeforeAnswer) throw error;
      signal?.throwIfAborted();
      return await new Exchange(protocol, { request, timeouts, signal, onHead }).answer;
    }
  }

  /** Connections in use end with their requests; what is sent from now on gets one of its own. */
  close(): void {
    this.#isClosed = true;
    for (const loading of this.#protocols.values()) void loading.then(endKept, () => {});
  }

  #protocol(scheme: string): Promise<Protocol> {
    const known = this.#protocols.get(scheme);
    if (known !== undefined) return known;
    const loading = load(scheme, this.#isClosed ? 'once' : 'keep-alive');
    this.#protocols.set(scheme, loading);
    return loading;
  }
}

async function load(scheme: string, connections: 'keep-alive' | 'once'): Promise<Protocol> {
  const { request, Agent: HttpAgent } = scheme === 'https:' ? await import('node:https') : await import('node:http');
  return { request, agent: shareReadBuffer(new HttpAgent({ keepAlive: connections === 'keep-alive', scheduling: 'lifo' })) };
}

/** From now on the agent keeps nothing: what is free goes at once, what is in use when it is free. */
function endKept({ agent }: Protocol): void {
  Object.assign(agent, { keepAlive: false });
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

const cutCodes: readonly string[] = ['ECONNRESET', 'EPIPE'];

interface Order {
  readonly request: HttpRequest;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal | undefined;
  readonly onHead: (head: HttpHead) => void;
}

/** One request and its answer; settles `answer` exactly once and then leaves no timer and no listener. */
class Exchange {
  readonly answer: Promise<HttpResponse>;
  readonly #request: HttpRequest;
  readonly #timeouts: Timeouts;
  readonly #signal: AbortSignal | undefined;
  readonly #sent: ClientRequest;
  #resolve: (response: HttpResponse) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isConnected = false;
  #isAnswered = false;
  #isSettled = false;
  #brokeWith: string | undefined;

  constructor({ request: open, agent }: Protocol, { request, timeouts, signal, onHead }: Order) {
    this.#request = request;
    this.#timeouts = timeouts;
    this.#signal = signal;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { protocol, hostname, port } = request.url;
    // An IPv6 address stands in brackets in a URL and nowhere else.
    const host = hostname.replace(/^\[|\]$/g, '');
    this.#sent = open({ protocol, host, port, path: request.target, method: request.method, headers: request.headers, agent });
    this.#sent.on('socket', (socket) => this.#awaitConnection(socket));
    this.#sent.on('finish', () => this.#timer?.refresh());
    this.#sent.on('response', (response) => this.#receive(response, onHead));
    this.#sent.on('error', (error) => this.#fail(error));
    // Switching protocols ends in this alone.
    this.#sent.on('close', () => {
      if (!this.#isSettled) this.#fail(new Error('it was closed without an answer'));
    });
    signal?.addEventListener('abort', this.#abort);
    this.#startTimer('connect', timeouts.connectMs);
    this.#sent.end(bodyOf(request), 'latin1');
  }

  /** True if a connection that was used before broke before any answer: most likely the server had ended it. */
  get wasCutBeforeAnswer(): boolean {
    return cutCodes.includes(this.#brokeWith ?? '') && this.#sent.reusedSocket && !this.#isAnswered;
  }

  #awaitConnection(socket: Socket): void {
    if (this.#sent.destroyed) socket.destroy(); // aborted before there was one: the agent would keep it
    if (socket.connecting) socket.once(this.#request.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => this.#connected());
    else this.#connected();
  }

  #connected(): void {
    this.#isConnected = true;
    this.#startTimer('read', this.#timeouts.readMs);
  }

  #startTimer(phase: 'connect' | 'read', ms: number | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (ms === undefined || this.#sent.destroyed) return;
    this.#timer = setTimeout(() => this.#cut(new TimeoutError(phase, ms, this.#request.url.host)), ms);
  }

  #receive(response: IncomingMessage, onHead: Order['onHead']): void {
    this.#isAnswered = true;
    const pieces: Uint8Array[] = [];
    this.#timer?.refresh();
    response.on('data', (piece: Uint8Array) => {
      pieces.push(piece);
      this.#timer?.refresh();
    });
    response.on('end', () => {
      this.#settle();
      // Answered before it was sent, as a refusal may be: nobody waits for the rest to leave.
      if (!this.#sent.writableFinished) this.#sent.destroy();
      this.#resolve({ ...headOf(response), body: pieces, release: () => pieces.forEach(giveBack) });
    });
    // What ends before it is whole is an error of the request too, but not always.
    response.on('error', (error) => this.#fail(error));
    onHead(headOf(response));
  }

  readonly #abort = (): void => this.#cut(this.#signal?.reason);

  /** Ends the request and its connection at once. */
  #cut(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
    this.#sent.destroy();
  }

  #fail(error: Error & { readonly code?: string }): void {
    if (this.#isSettled) return; // what breaks behind an answer or an abort is their consequence
    const cause = withoutSharedBytes(error);
    this.#settle();
    this.#brokeWith = cause.code;
    const { host } = this.#request.url;
    const what = this.#isConnected ? `The connection to ${host} broke` : `No connection to ${host}`;
    this.#reject(new ConnectionError(`${what}: ${cause.message || String(cause)}`, this.#isConnected ? 'unknown' : 'none', { cause }));
  }

  #settle(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}

function headOf({ statusCode = 0, rawHeaders }: IncomingMessage): HttpHead {
  return { status: statusCode, rawHeaders };
}

/** ASCII, as base64 is, as text: it leaves together with the headers in one piece. The encoding of a text is also theirs. */
function bodyOf({ body, headers }: HttpRequest): RequestBody | undefined {
  return typeof body !== 'string' || headers['content-length'] === String(body.length) ? body : Buffer.from(body);
}
