// One way for every call: build the request, sign it, send it, read the answer; again if the retry strategy says so.

import { basePath, header, type StreamOperationName, streamOperations } from 'millrace-protocol';
import { utf8Length } from '#codec';
import { bodyText } from './body-text.ts';
import type { Decode } from './decode.ts';
import { ConnectionError, type Effect, RequestError, ServiceError, withUnknownEffect } from './errors.ts';
import type { HttpHead, HttpRequest, HttpResponse, RequestBody, RequestSigner, Timeouts, Transport } from './http.ts';
import { headerOf, Response, toHeaders } from './response.ts';
import { NoneRetryStrategy, type RetryStrategy } from './retry/retry-strategy.ts';
import { unlessAborted } from './unless-aborted.ts';
import { clientInfo } from './version.ts';

/** What every call takes. */
export interface CallOptions {
  /** Named in the service's logs, and the beginning of the answer's `requestId`; made up if not given. */
  readonly opcRequestId?: string | undefined;
  /** Instead of the client's strategy, for this call. */
  readonly retryStrategy?: RetryStrategy | undefined;
  /** Ends the call at once, waits between attempts included; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One call of one operation. */
export interface Call<Data> {
  readonly operation: StreamOperationName;
  /** Values of the path's parameters by name. */
  readonly path?: Readonly<Record<string, string>>;
  /** Query parameters; those that are undefined or null are left out. */
  readonly query?: Readonly<Record<string, string | number | null | undefined>>;
  /** Further headers by lower-case name; those that are undefined or null are left out. */
  readonly headers?: Readonly<Record<string, string | null | undefined>>;
  /** JSON. */
  readonly body?: RequestBody;
  readonly decode: Decode<Data>;
  /** Called when the head of a success has come, before its body has. */
  readonly onHead?: ((head: Response<undefined>) => void) | undefined;
  /** The caller's options, and the names of those this call knows beside `CallOptions`. */
  readonly options: CallOptions | undefined;
  readonly optionNames?: readonly string[];
}

/** What a client is composed of. */
export interface ApiClientParts {
  /** Base URL with scheme, host, port and base path, no slash at the end. */
  readonly endpoint: string;
  readonly transport: Transport;
  readonly signer: RequestSigner;
  readonly retryStrategy: RetryStrategy | undefined;
  readonly timeouts: Timeouts;
  /** Put behind the user agent; empty for nothing. */
  readonly additionalUserAgent: string;
  /** Ends what the client keeps. */
  readonly close: () => void;
}

const commonOptions = ['opcRequestId', 'retryStrategy', 'signal'];

/** Sends calls; knows no operation by name. */
export class ApiClient {
  /** Base URL with the base path. */
  readonly endpoint: string;
  readonly #parts: ApiClientParts;
  readonly #url: URL;
  readonly #userAgent: string;

  constructor(parts: ApiClientParts) {
    this.endpoint = parts.endpoint;
    this.#parts = parts;
    this.#url = new URL(parts.endpoint);
    this.#userAgent = `${clientInfo} ${parts.additionalUserAgent}`.trim();
  }

  /** Resolves with a success. Rejects with `ServiceError`, `ConnectionError`, `TimeoutError` or the signal's reason. */
  async send<Data>(call: Call<Data>): Promise<Response<Data>> {
    checkOptions(call);
    const signal = call.options?.signal ?? undefined;
    const retryStrategy = call.options?.retryStrategy ?? this.#parts.retryStrategy;
    const opcRequestId = call.options?.opcRequestId || createRequestId();
    signal?.throwIfAborted();
    const request = this.#build(call, opcRequestId, retryStrategy !== undefined && !(retryStrategy instanceof NoneRetryStrategy));
    if (retryStrategy === undefined) return await this.#attempt(call, request, signal);
    let effect: Effect = 'none';
    const attempt = async (): Promise<Response<Data>> => {
      try {
        return await this.#attempt(call, request, signal);
      } catch (error) {
        if (error instanceof RequestError) effect = error.effect === 'unknown' ? 'unknown' : effect;
        throw error instanceof RequestError && effect === 'unknown' ? withUnknownEffect(error) : error;
      }
    };
    return await retryStrategy.run(attempt, signal);
  }

  close(): void {
    this.#parts.close();
  }

  #build(call: Call<unknown>, requestId: string, isRetried: boolean): HttpRequest {
    const { method, bodySignature } = streamOperations[call.operation];
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': this.#userAgent,
      'opc-client-info': clientInfo,
      [header.requestId]: requestId,
    };
    if (isRetried) headers['opc-client-retries'] = 'true';
    for (const [name, value] of Object.entries(call.headers ?? {})) if (value !== undefined && value !== null) headers[name] = value;
    if (method === 'POST' || method === 'PUT') headers['content-length'] = String(lengthOf(call.body));
    return {
      method,
      url: this.#url,
      target: this.#url.pathname + targetOf(call),
      headers,
      body: call.body,
      bodySignature: bodySignature === 'optional' ? 'left-out' : 'covered',
    };
  }

  /** One attempt; with credentials that were out of date, two. */
  async #attempt<Data>(call: Call<Data>, prepared: HttpRequest, signal: AbortSignal | undefined): Promise<Response<Data>> {
    let request = await this.#sign(prepared, signal);
    let response = await this.#exchange(call, request, signal);
    const renewed = response.status === 401 ? await this.#renew(call.operation, prepared, { request, response }, signal) : undefined;
    if (renewed !== undefined) {
      request = renewed;
      response = await this.#exchange(call, request, signal);
    }
    if (!isSuccess(response.status)) throw this.#serviceError(call.operation, request, response);
    const data = decodeWith(call, response, this.endpoint);
    response.release?.();
    return new Response(response, data, request);
  }

  /** Rejects also with what `onHead` throws. */
  async #exchange({ onHead }: Call<unknown>, request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const { transport, timeouts } = this.#parts;
    if (onHead === undefined) return await transport.send(request, timeouts, signal);
    let thrown: { readonly error: unknown } | undefined;
    const tell = ({ status, rawHeaders }: HttpHead): void => {
      try {
        if (isSuccess(status)) onHead(new Response({ status, rawHeaders }, undefined, request));
      } catch (error) {
        thrown = { error };
      }
    };
    const response = await transport.send(request, timeouts, signal, tell);
    if (thrown !== undefined) throw thrown.error;
    return response;
  }

  /** Signed anew for each attempt, since a signature holds for minutes only. */
  async #sign(prepared: HttpRequest, signal: AbortSignal | undefined): Promise<HttpRequest> {
    const request = { ...prepared, headers: { ...prepared.headers } };
    const signing = this.#parts.signer.sign(request);
    if (signing !== undefined) await unlessAborted(Promise.resolve(signing), signal);
    signal?.throwIfAborted();
    return request;
  }

  /** The request signed by credentials the service has not refused yet; undefined if the signer has none. */
  async #renew(
    operation: StreamOperationName,
    prepared: HttpRequest,
    { request, response }: { readonly request: HttpRequest; readonly response: HttpResponse },
    signal: AbortSignal | undefined,
  ): Promise<HttpRequest | undefined> {
    const { signer } = this.#parts;
    if (signer.refresh === undefined) return undefined;
    try {
      // Another call may have renewed them while the answer was under way.
      const now = await this.#sign(prepared, signal);
      if (keyIdOf(now) !== keyIdOf(request)) return now;
      const isNew = await unlessAborted(Promise.resolve(signer.refresh(signal)), signal);
      const again = await this.#sign(prepared, signal);
      return isNew || keyIdOf(again) !== keyIdOf(request) ? again : undefined;
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#serviceError(operation, request, response, { cause });
    }
  }

  #serviceError(
    operation: StreamOperationName,
    request: HttpRequest,
    { status, rawHeaders, body }: HttpResponse,
    options?: ErrorOptions,
  ): ServiceError {
    const { code, message } = parseErrorBody(body);
    const requestId = headerOf(rawHeaders, header.requestId) ?? request.headers[header.requestId];
    return new ServiceError(
      { status, code, message, requestId, headers: toHeaders(rawHeaders), operation, endpoint: this.endpoint },
      options,
    );
  }
}

/**
 * A value of a path, checked: the service would answer for another resource. Throws `TypeError` if it is no text,
 * blank, or holds half a surrogate pair, which no request can carry.
 */
export function pathValue(name: string, value: string): string {
  if (typeof value === 'string' && value.trim() !== '' && value.isWellFormed()) return value;
  throw new TypeError(
    `${name}: expected a text that is not blank, got ${typeof value === 'string' ? JSON.stringify(value) : String(value)}.`,
  );
}

/** `host` with or without the base path and slashes at its end, as the base URL of all requests. Throws `TypeError`. */
export function baseUrlOf(serviceEndpoint: string): string {
  const url = URL.canParse(serviceEndpoint) ? new URL(serviceEndpoint) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.search !== '' || url.hash !== '') {
    throw new TypeError(`serviceEndpoint: expected a URL such as https://host:port, got ${JSON.stringify(serviceEndpoint)}.`);
  }
  const path = url.pathname.replace(/\/+$/, '');
  return url.origin + (path.endsWith(basePath) ? path : path + basePath);
}

/** The JSON of a call's details. Throws `TypeError` if they are no object, or hold a date that is none. */
export function encodeDetails(name: string, details: object): string {
  if (typeof details !== 'object' || details === null) throw new TypeError(`${name}: expected an object, got ${String(details)}.`);
  for (const [member, value] of Object.entries(details)) {
    if (value instanceof Date && Number.isNaN(value.getTime()))
      throw new TypeError(`${name}.${member}: expected a time, got an invalid Date.`);
  }
  return JSON.stringify(details);
}

function checkOptions({ operation, options, optionNames = [] }: Call<unknown>): void {
  if (options === undefined || options === null) return;
  const known = [...optionNames, ...commonOptions];
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new TypeError(`${operation} got unknown options: ${unknown.join(', ')}. It knows ${known.join(', ')}.`);
}

/** Path and query of a call, behind the base path. */
export function targetOf({ operation, path = {}, query = {} }: Pick<Call<unknown>, 'operation' | 'path' | 'query'>): string {
  return fillPath(streamOperations[operation].path, path) + encodeQuery(query);
}

function lengthOf(body: RequestBody = ''): number {
  return typeof body === 'string' ? utf8Length(body) : body.length;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function fillPath(path: string, values: Readonly<Record<string, string>>): string {
  let filled = path;
  for (const [name, value] of Object.entries(values)) filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
  return filled;
}

function encodeQuery(query: Readonly<Record<string, string | number | null | undefined>>): string {
  let text = '';
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null)
      text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(String(value).toWellFormed())}`;
  }
  return text;
}

function decodeWith<Data>({ operation, decode }: Call<Data>, { status, rawHeaders, body }: HttpResponse, endpoint: string): Data {
  try {
    return decode(body, headerOf(rawHeaders, 'content-type'));
  } catch (cause) {
    throw new ConnectionError(`${endpoint} answered ${operation} with ${status} and a body that is not what it should be.`, 'unknown', {
      cause,
    });
  }
}

/** Who a request was signed for, as its Authorization header says. */
function keyIdOf({ headers }: HttpRequest): string | undefined {
  return headers['authorization']?.split('keyId="', 2)[1]?.split('"', 1)[0];
}

/** Characters of a text that is no error body of OCI's, a gateway's page for instance, that go into a message. */
const foreignTextCharacters = 500;

/** Code and message of an error body; the text itself as the message when it is not OCI's. */
function parseErrorBody(body: readonly Uint8Array[]): { readonly code: string | undefined; readonly message: string } {
  const text = bodyText(body);
  const { code, message } = parseObject(text);
  if (typeof message === 'string') return { code: typeof code === 'string' ? code : undefined, message };
  if (typeof code === 'string') return { code, message: '' };
  return { code: undefined, message: text.trim().slice(0, foreignTextCharacters) };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** 32 upper-case hexadecimal digits, as the Python SDK makes them. */
function createRequestId(): string {
  return globalThis.crypto.randomUUID().replaceAll('-', '').toUpperCase();
}
