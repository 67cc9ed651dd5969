// What a call resolves with.
import { header } from 'millrace-protocol';
import type { HttpHead, HttpRequest } from './http.ts';

/** A successful answer: its data and what came with them. */
export class Response<Data> {
  /** 200 to 299. */
  readonly status: number;
  /** What the operation answers; undefined if it answers nothing. */
  readonly data: Data;
  // Private, so that printing a response does not print a signature.
  readonly #request: HttpRequest;
  readonly #rawHeaders: readonly string[];
  #headers: Headers | undefined;

  /** Made by the client. */
  constructor({ status, rawHeaders }: HttpHead, data: Data, request: HttpRequest) {
    this.status = status;
    this.data = data;
    this.#request = request;
    this.#rawHeaders = rawHeaders;
  }

  /** The request as it was sent the last time, its signature included. */
  get request(): HttpRequest {
    return this.#request;
  }

  /** All headers of the answer. */
  get headers(): Headers {
    this.#headers ??= toHeaders(this.#rawHeaders);
    return this.#headers;
  }

  /** @internal The first header of this lower-case name; without making `headers`, which costs more than the rest of a small answer. */
  header(name: string): string | undefined {
    return headerOf(this.#rawHeaders, name);
  }

  /** `opc-request-id`: name it when asking for help with a request. */
  get requestId(): string | undefined {
    return this.header(header.requestId);
  }

  /** `opc-next-page` of a list: the `page` to ask for next; undefined behind the last one. */
  get nextPage(): string | undefined {
    return this.header(header.nextPage);
  }

  /** Whether there is a `nextPage`. */
  get hasNextPage(): boolean {
    return this.nextPage !== undefined;
  }

  /** `opc-next-cursor` of getMessages, which always has one: the cursor to read with next. */
  get nextCursor(): string | undefined {
    return this.header(header.nextCursor);
  }
}

/** The value of the first header of this lower-case name. */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const candidate = rawHeaders[at];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return rawHeaders[at + 1];
  }
  return undefined;
}

/** Names and values in turn as `Headers`. */
export function toHeaders(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}
