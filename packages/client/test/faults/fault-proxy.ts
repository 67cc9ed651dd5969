// Between client and service: passes requests on, and now and then does what networks, overload and crashes do.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Seeded } from './seeded.ts';

/** Everything that can go wrong. */
export type Fault =
  | 'reset' // The connection breaks before the service is asked.
  | 'lost answer' // The service has done it, and nobody is told.
  | 'half an answer' // The connection breaks in the middle of the answer.
  | 'slow' // The answer comes after other things have happened.
  | 'silence' // No answer ever.
  | 'throttled' // 429, and for some requests to come.
  | 'unavailable' // 503.
  | 'partial failure' // Of a put: some keys are refused.
  | 'expired cursor'; // 400, of a read, commit or heartbeat.

const everywhere: readonly Fault[] = ['reset', 'lost answer', 'half an answer', 'slow', 'silence', 'throttled', 'unavailable'];

interface Entry {
  readonly key?: string;
  readonly value: string;
}

interface Answer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** A server on the loopback address whose requests go to `target`. */
export class FaultProxy implements AsyncDisposable {
  /** Where requests go now; undefined while the service is down. */
  target: string | undefined;
  /** Share of requests that meet a fault. */
  share = 0;
  /** How often each fault was done. */
  readonly done: Map<Fault, number> = new Map();
  /** Called for every request that comes. */
  onRequest: (count: number) => void = () => {};
  readonly #chance: Seeded;
  readonly #server: Server;
  #count = 0;
  #throttledLeft = 0;

  constructor(chance: Seeded) {
    this.#chance = chance;
    this.#server = createServer((incoming, outgoing) => {
      void this.#handle(incoming, outgoing).catch(() => incoming.socket.destroy());
    });
  }

  /** Resolves with the address. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    // A string only for pipes, null only before listening.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#count += 1;
    this.onRequest(this.#count);
    const body = await bytesOf(incoming);
    const fault = this.#choose(incoming);
    if (fault !== undefined) this.done.set(fault, (this.done.get(fault) ?? 0) + 1);
    if (fault === 'silence') return; // The client ends it.
    if (fault === 'reset') throw new Error('reset');
    if (fault === 'throttled') return refuse(outgoing, 429, 'TooManyRequests');
    if (fault === 'unavailable') return refuse(outgoing, 503, 'ServiceUnavailable');
    if (fault === 'expired cursor') return refuse(outgoing, 400, 'InvalidParameter');
    const answer = fault === 'partial failure' ? await this.#putSome(incoming, body) : await this.#forward(incoming, body);
    if (fault === 'lost answer') throw new Error('lost');
    if (fault === 'slow') for (let turns = this.#chance.below(300); turns > 0; turns -= 1) await turn();
    outgoing.writeHead(answer.status, [...answer.rawHeaders]);
    if (fault !== 'half an answer') outgoing.end(answer.body);
    else outgoing.write(answer.body.subarray(0, answer.body.length / 2), () => incoming.socket.destroy());
  }

  #choose({ method, url = '' }: IncomingMessage): Fault | undefined {
    if (this.#throttledLeft > 0) {
      this.#throttledLeft -= 1;
      return 'throttled';
    }
    if (!this.#chance.chance(this.share)) return undefined;
    const special: Fault[] = [];
    if (method === 'POST' && url.endsWith('/messages')) special.push('partial failure', 'partial failure');
    if (url.includes('cursor=')) special.push('expired cursor');
    const faults = [...everywhere, ...special];
    const fault = faults[this.#chance.below(faults.length)];
    if (fault === 'throttled') this.#throttledLeft = this.#chance.below(6);
    return fault;
  }

  /** Refuses all messages of some keys, as a service does whose partitions fail one by one, and puts the others. */
  async #putSome(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const { messages } = JSON.parse(body.toString()) as { readonly messages: readonly Entry[] };
    const refusedKeys = new Set([...new Set(messages.map(({ key }) => key))].filter(() => this.#chance.chance(0.5)));
    const rest = messages.filter(({ key }) => !refusedKeys.has(key));
    const answer = rest.length === 0 ? undefined : await this.#forward(incoming, Buffer.from(JSON.stringify({ messages: rest })));
    if (answer !== undefined && answer.status !== 200) return answer;
    const stored = answer === undefined ? [] : (JSON.parse(answer.body.toString()) as { readonly entries: readonly unknown[] }).entries;
    let at = 0;
    const refusal = { error: 'TooManyRequests', errorMessage: 'The partition is busy.' };
    const entries = messages.map(({ key }) => {
      if (refusedKeys.has(key)) return refusal;
      at += 1;
      return stored[at - 1];
    });
    return { status: 200, rawHeaders: [], body: Buffer.from(JSON.stringify({ failures: entries.length - stored.length, entries })) };
  }

  async #forward({ method, url, rawHeaders }: IncomingMessage, body: Buffer): Promise<Answer> {
    if (this.target === undefined) throw new Error('down');
    const { hostname, port } = new URL(this.target);
    // Signed as they are; the length of a put is not, and may be another one.
    const length = method === 'GET' ? [] : ['content-length', String(body.length)];
    const headers = [...withoutLength(rawHeaders), ...length];
    const sent = request({ hostname, port, method, path: url, headers, agent: false });
    sent.on('error', () => {}); // Also behind the answer, when the service is killed.
    sent.end(body);
    // Rejects if the service is killed meanwhile.
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, rawHeaders: withoutLength(answer.rawHeaders), body: await bytesOf(answer) };
  }
}

function refuse(outgoing: ServerResponse, status: number, code: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code, message: 'By the fault proxy.' }));
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const bytes = await buffer(message);
  if (!message.complete) throw new Error('The connection broke.');
  return bytes;
}

const hopByHop: readonly string[] = ['content-length', 'connection', 'transfer-encoding', 'keep-alive'];

function withoutLength(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!hopByHop.includes(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
