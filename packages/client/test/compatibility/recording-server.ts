// A stand-in for the service: keeps every request byte for byte and answers as if all went well. It checks nothing.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basePath } from 'millrace-protocol';

/** One request as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query, not decoded. */
  readonly target: string;
  /** Name and value in turn, in the order and the case they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; undefined sends no body. */
  readonly body?: unknown;
}

/** Listens on a free port of 127.0.0.1 until it is disposed. */
export class RecordingServer implements AsyncDisposable {
  /** Which requests are answered 401, by their Authorization header. */
  refuse: (authorization: string) => boolean = () => false;
  readonly #server: Server;
  #requests: RecordedRequest[] = [];

  private constructor() {
    this.#server = createServer((incoming, response) => void this.#answer(incoming, response));
  }

  static async start(): Promise<RecordingServer> {
    const started = new RecordingServer();
    started.#server.listen(0, '127.0.0.1');
    await once(started.#server, 'listening');
    return started;
  }

  /** Base URL, without a slash at its end. */
  get url(): string {
    // A string only for pipes, null only before listening.
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** The requests since the last call, in the order they were complete. */
  take(): readonly RecordedRequest[] {
    const taken = this.#requests;
    this.#requests = [];
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const recorded = await record(incoming);
      this.#requests.push(recorded);
      const { status, headers = {}, body } = this.refuse(incoming.headers.authorization ?? '') ? notAuthenticated : answerTo(recorded);
      response.writeHead(status, { 'content-type': 'application/json', 'opc-request-id': 'recorded', ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    } catch {
      // Cut off while being read, or no JSON where there had to be some: the client sees its connection break.
      response.destroy();
    }
  }
}

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = '', url: target = '', rawHeaders } = incoming;
  return { method, target, rawHeaders, body: Buffer.concat(chunks) };
}

const timestamp = '2024-05-06T07:08:09.010Z';
const cursor: Answer = { status: 200, body: { value: 'next' } };
const message = { stream: 'recorded', partition: '0', key: null, value: 'aGVsbG8=', offset: 7, timestamp };
const reservation = { partition: '0', committedOffset: 7, reservedInstance: 'one', timeReservedUntil: timestamp };
const notAuthenticated: Answer = { status: 401, body: { code: 'NotAuthenticated', message: 'Refused.' } };
const notFound: Answer = { status: 404, body: { code: 'NotAuthorizedOrNotFound', message: 'There is no such operation.' } };

const stream = {
  id: 'recorded',
  name: 'recorded',
  partitions: 1,
  compartmentId: 'recorded',
  streamPoolId: 'recorded',
  lifecycleState: 'ACTIVE',
  timeCreated: timestamp,
  messagesEndpoint: 'https://recorded',
  freeformTags: {},
  definedTags: {},
};
const workRequest = {
  id: 'recorded',
  operationType: 'CREATE_STREAM',
  status: 'SUCCEEDED',
  compartmentId: 'recorded',
  resources: [],
  percentComplete: 100,
  timeAccepted: timestamp,
};

/** By method and path, names left out. */
const answers: Readonly<Record<string, (request: RecordedRequest) => Answer>> = {
  'POST /streams/*/messages': putMessages,
  'GET /streams/*/messages': () => ({ status: 200, headers: { 'opc-next-cursor': 'next' }, body: [message] }),
  'POST /streams/*/cursors': () => cursor,
  'POST /streams/*/groupCursors': () => cursor,
  'POST /streams/*/commit': () => cursor,
  'POST /streams/*/heartbeat': () => cursor,
  'GET /streams/*/groups/*': () => ({ status: 200, body: { streamId: 'recorded', groupName: 'recorded', reservations: [reservation] } }),
  'PUT /streams/*/groups/*': () => ({ status: 200 }),
  'POST /streams': () => ({ status: 200, body: { ...stream, retentionInHours: 24 } }),
  'GET /streams': () => ({ status: 200, headers: { 'opc-next-page': 'next' }, body: [stream] }),
  'GET /streams/*': () => ({ status: 200, body: { ...stream, retentionInHours: 24 } }),
  'PUT /streams/*': () => ({ status: 200, body: { ...stream, retentionInHours: 24 } }),
  'DELETE /streams/*': () => ({ status: 204 }),
  'GET /workRequests': () => ({ status: 200, body: { items: [workRequest] } }),
  'GET /workRequests/*': () => ({ status: 200, body: workRequest }),
};

function answerTo(request: RecordedRequest): Answer {
  const [path = ''] = request.target.split('?');
  const nameless = path
    .slice(basePath.length)
    .replace(/(?<=^\/\w+\/)[^/]+/, '*')
    .replace(/(?<=\/groups\/)[^/]+$/, '*');
  return answers[`${request.method} ${nameless}`]?.(request) ?? notFound;
}

function putMessages({ body }: RecordedRequest): Answer {
  const { messages } = JSON.parse(body.toString()) as { messages: readonly unknown[] };
  const entries = messages.map((_, index) => ({ partition: '0', offset: index, timestamp }));
  return { status: 200, body: { failures: 0, entries } };
}
