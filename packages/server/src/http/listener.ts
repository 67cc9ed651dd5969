// The HTTP listener: a port, its connections and their limits. What requests go through is the pipeline's.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Service } from '../service.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { Pipeline, type PipelineOptions } from './pipeline.ts';

export interface ListenerOptions extends Omit<PipelineOptions, 'maxHeadBytes'> {
  readonly port: number;
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
const defaultRequestTimeoutMs = 60_000;
/** How often late requests are looked for, at most. */
const lateCheckMs = 10_000;
/** Of request line and headers; Node's own default. */
const maxHeadBytes = 16_384;
/** A connection on which nothing moves for so long is cut: a caller that never takes its answer. Longer than any wait. */
const idleConnectionMs = 120_000;
/** Longer than the keep-alive of clients and proxies, which would otherwise write into a connection that just closed. */
const keepAliveMs = 65_000;

/** Addresses that mean all of them; clients on this machine reach them by the loopback address. */
const wildcards = new Set(['0.0.0.0', '::']);

/** Listens and serves; resolves when the port is bound. Throws what the system says if it cannot be. */
export async function listen(service: Service, options: ListenerOptions): Promise<Listener> {
  const pipeline = new Pipeline(service, { ...options, maxHeadBytes });
  const { requestTimeoutMs = defaultRequestTimeoutMs } = options;
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(lateCheckMs, requestTimeoutMs),
    keepAliveTimeout: keepAliveMs,
    // Node would answer a request without Host by itself, in no words of the API.
    requireHostHeader: false,
    maxHeaderSize: maxHeadBytes,
  });
  server.setTimeout(idleConnectionMs);
  server.maxConnections = maxConnections;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    pipeline.serve(request, response).catch(() => response.destroy());
  };
  // Left to itself, Node invites every body at once, and answers other expectations in no words of the API.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, serve);
  // Node's types say Duplex; connections of this server are sockets.
  server.on('clientError', (error, socket) => answerBrokenRequest(error, socket as Socket, pipeline.requestIds, pipeline.connections));
  await bind(server, options);
  return { url: addressOf(server), close: (graceMs) => close(server, service, pipeline, graceMs) };
}

function bind(server: Server, { host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function close(server: Server, { clock }: Service, { draining }: Pipeline, graceMs: number): Promise<void> {
  draining.abort();
  const cancel = clock.after(graceMs, () => server.closeAllConnections());
  // Ends idle connections; those that are being answered end with their answers.
  await new Promise<void>((resolve) => server.close(() => resolve()));
  cancel();
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`Expected a TCP address, got ${String(address)}.`);
  if (wildcards.has(address.address)) return `http://127.0.0.1:${address.port}`;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
