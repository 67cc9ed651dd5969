// What an operation is given and what it gives back; it knows nothing of HTTP servers.
import type { Query } from './query.ts';
import type { Service } from './service.ts';

/** A request whose caller is known and whose body has arrived whole. */
export interface OperationRequest {
  /** A path parameter, decoded, of 1 or more characters. */
  pathParameter(name: string): string;
  readonly query: Query;
  /** A header by lower-case name. */
  header(name: string): string | undefined;
  /** The body's bytes; empty if there was none. */
  readonly body: Buffer;
  /** The address the caller reached, or the public URL: `http://host:port`, no path. */
  readonly origin: string;
  /** Aborts when the caller has gone, or the server stops waiting. */
  readonly signal: AbortSignal;
}

/** Bytes that are used again when they have been sent. */
export interface LentBody {
  readonly body: Buffer;
  /** Called when `body` has been handed to the system whole; not called if it never is. */
  readonly sent: () => void;
}

/** A body that is written, or taken, when it is sent: once. */
export interface LateBody {
  /** In bytes, if that is known and writing takes a while: the head of a long one goes ahead, and the caller can go on by it meanwhile. */
  readonly length?: number | undefined;
  readonly write: () => LentBody;
}

/**
 * A success. `body`: text and bytes are sent as they are (they are of `contentType` already), anything else as JSON,
 * undefined as nothing.
 */
export interface Answer {
  readonly status: 200 | 204;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of `body` and `late`; JSON if it is left out. */
  readonly contentType?: string;
  readonly body?: unknown;
  /** Instead of `body`. */
  readonly late?: LateBody;
  /** Instead of `body`: JSON in pieces that are made as the caller takes them. */
  readonly pieces?: Iterable<string>;
}

/** Carries out one operation of the API; throws `ApiError` to refuse. */
export type OperationHandler = (service: Service, request: OperationRequest) => Promise<Answer>;
