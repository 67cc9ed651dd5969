// What travels between the parts of the client: one request, one response, and who sends them.

/** What a request carries: UTF-8 text, or its bytes. */
export type RequestBody = string | Uint8Array;

/** A request as it will be sent. Signers add to `headers`; nobody changes the rest. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Where it goes: scheme, host and port count, nothing else. */
  readonly url: URL;
  /** Path and query exactly as they go over the wire and into the signature; a `URL` would normalise `..`. */
  readonly target: string;
  /** By lower-case name. */
  readonly headers: Record<string, string>;
  /** Undefined for a request without a body. */
  readonly body: RequestBody | undefined;
  /** Whether the signature covers the body: for all POST and PUT requests but PutMessages (OCI's "exclude body" strategy). */
  readonly bodySignature: 'covered' | 'left-out';
}

/** An answer, whatever its status. */
export interface HttpResponse {
  /** 100 to 599. */
  readonly status: number;
  /** Name and value in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** All of it, in the pieces it came in; none if there is no body. Pieces may be empty after `release`: copy what is kept. */
  readonly body: readonly Uint8Array[];
  /** Called by the client when it has decoded `body`: gives the memory back before the garbage collector would. May be left out. */
  readonly release?: () => void;
}

/** What of an answer comes first. */
export type HttpHead = Pick<HttpResponse, 'status' | 'rawHeaders'>;

/** How long a request may take; undefined waits for ever. */
export interface Timeouts {
  /** To a connection, milliseconds. */
  readonly connectMs: number | undefined;
  /** Without a byte from the server, milliseconds; anew from the moment the request has left. */
  readonly readMs: number | undefined;
}

/** Sends requests. Another one can be given to a client: for another runtime, or for tests. */
export interface Transport {
  /**
   * Resolves with the answer, whatever its status. Rejects with `ConnectionError` or `TimeoutError`, and with the signal's
   * reason when that aborts, which frees the connection at once. `onHead` is called, once, when the head of the answer has come, before
   * its body has; a transport that knows no such moment need not call it.
   */
  send(request: HttpRequest, timeouts: Timeouts, signal: AbortSignal | undefined, onHead?: (head: HttpHead) => void): Promise<HttpResponse>;
  /** Ends connections that are kept, at once or when the request on them is done; requests under way are not cut off. */
  close(): void;
}

/**
 * Proves who is asking. Anything with `sign` will do: it adds headers to the request (`date`, `authorization`, …), at once or
 * asynchronously, and is called anew for every attempt.
 */
export interface RequestSigner {
  /** Throws or rejects if it cannot sign: the call then rejects with that, and nothing is sent. */
  sign(request: HttpRequest): void | Promise<void>;
  /** Called once after a 401. True: the credentials are new, and the request is signed and sent once more. */
  refresh?(signal?: AbortSignal): Promise<boolean>;
  /** Region the endpoint is derived from if neither endpoint nor configuration names one. */
  readonly region?: string | undefined;
  /** Domain of that region's realm, such as `oraclecloud.com`, for a region the client does not know. */
  readonly realmDomain?: string | undefined;
}
