// HTTP on the runtime's `fetch`.
import { ConnectionError, TimeoutError } from '../errors.ts';
import type { HttpHead, HttpRequest, HttpResponse, Timeouts, Transport } from '../http.ts';
import { sentUrl } from './sent-url.ts';

/** A page may not set them, or not everywhere; the runtime sets them itself, the first two to what was signed. */
const ownOfRuntime: readonly string[] = ['host', 'content-length', 'date', 'user-agent'];

/**
 * The transport of browsers, for every runtime with `fetch`. It does not see when a connection is there, so connecting counts as
 * reading and `connectMs` has no effect, and the `effect` of a `ConnectionError` is always `unknown`. Redirects are refused.
 */
export class FetchTransport implements Transport {
  async send(
    request: HttpRequest,
    { readMs }: Timeouts,
    signal: AbortSignal | undefined,
    onHead?: (head: HttpHead) => void,
  ): Promise<HttpResponse> {
    signal?.throwIfAborted();
    const { host } = request.url;
    const url = sentUrl(request);
    const watch = new Watch(host, readMs, signal);
    try {
      const { status, headers, body } = await fetch(url, {
        method: request.method,
        headers: Object.entries(request.headers).filter(([name]) => !ownOfRuntime.includes(name)),
        body: (request.body ?? null) as string | Uint8Array<ArrayBuffer> | null, // Never in shared memory.
        signal: watch.signal,
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'error',
      });
      const head = { status, rawHeaders: [...headers].flat() };
      onHead?.(head);
      return { ...head, body: await readAll(body, watch) };
    } catch (cause) {
      watch.signal.throwIfAborted();
      throw new ConnectionError(`No whole answer came from ${host}: ${cause instanceof Error ? cause.message : String(cause)}`, 'unknown', {
        cause,
      });
    } finally {
      watch.end();
    }
  }

  /** Connections are the runtime's: there is nothing to end. */
  close(): void {}
}

/** Ends a request that nothing comes from any more, or that the caller aborts. */
class Watch {
  readonly #ends = new AbortController();
  readonly #host: string;
  readonly #ms: number | undefined;
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: string, ms: number | undefined, outer: AbortSignal | undefined) {
    this.#host = host;
    this.#ms = ms;
    this.#outer = outer;
    outer?.addEventListener('abort', this.#abort);
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#ends.signal;
  }

  /** Something came. */
  restart(): void {
    clearTimeout(this.#timer);
    const ms = this.#ms;
    if (ms !== undefined) this.#timer = setTimeout(() => this.#ends.abort(new TimeoutError('read', ms, this.#host)), ms);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#ends.abort(this.#outer?.reason);
}

async function readAll(body: ReadableStream<Uint8Array> | null, watch: Watch): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const reader = body?.getReader();
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    watch.restart();
    pieces.push(next.value);
  }
  return pieces;
}
