// A small signed HTTP client for tests: signs as the SDKs do, and lets a test send whatever it wants instead.
import { createHash, sign } from 'node:crypto';
import { request } from 'node:http';
import { formatAuthorization, signingString } from 'millrace-protocol';
import { keyIdOf } from '../../src/identity/keyring.ts';
import type { LocalIdentity } from '../../src/identity/local-identity.ts';

/** An answer, its body read whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
  /** The same as UTF-8. */
  readonly text: string;
  /** The body as JSON; throws if it is none. */
  json<Value = Record<string, unknown>>(): Value;
}

export interface CallOptions {
  /** An object is sent as JSON; text and bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** PutMessages as the SDKs send it: the body is not signed. */
  readonly bodySignature?: 'signed' | 'unsigned';
  /** Replaces the Authorization header; empty leaves it out. */
  readonly authorization?: string;
  /** Signs this target instead of the one that is sent. */
  readonly signedTarget?: string;
  readonly date?: Date;
  readonly signal?: AbortSignal;
}

/** Calls `server` in the name of `identity`. */
export class SignedClient {
  readonly #url: URL;
  readonly #identity: LocalIdentity;

  constructor(url: string, identity: LocalIdentity) {
    this.#url = new URL(url);
    this.#identity = identity;
  }

  /** Sends `method` `/20180418<path>`, signed. `path` goes over the wire exactly as it is. */
  call(method: string, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.send(method, `/20180418${path}`, options);
  }

  /** Sends any target, signed. */
  send(method: string, target: string, options: CallOptions = {}): Promise<HttpAnswer> {
    const body = bytesOf(options.body);
    const headers = this.#headers(method, target, body, options);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: this.#url.hostname,
          port: this.#url.port,
          method,
          path: target,
          headers,
          ...(options.signal ? { signal: options.signal } : {}),
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const bytes = Buffer.concat(chunks);
            const text = bytes.toString();
            const answerHeaders = incoming.headers as Record<string, string | undefined>;
            resolve({ status: incoming.statusCode ?? 0, headers: answerHeaders, bytes, text, json: () => JSON.parse(text) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  #headers(method: string, target: string, body: Buffer, options: CallOptions): Record<string, string> {
    const hasBody = method === 'POST' || method === 'PUT';
    const headers: Record<string, string> = { host: this.#url.host, date: (options.date ?? new Date()).toUTCString() };
    const signed = ['date', '(request-target)', 'host'];
    if (hasBody) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = String(body.length);
    }
    if (hasBody && options.bodySignature !== 'unsigned') {
      headers['x-content-sha256'] = createHash('sha256').update(body).digest('base64');
      signed.push('content-length', 'content-type', 'x-content-sha256');
    }
    Object.assign(headers, options.headers);
    const authorization = options.authorization ?? this.authorization(method, options.signedTarget ?? target, headers, signed);
    return authorization === '' ? headers : { ...headers, authorization };
  }

  /** The Authorization header over these `signed` headers. */
  authorization(method: string, target: string, headers: Readonly<Record<string, string>>, signed: readonly string[]): string {
    const text = signingString(signed, method, target, (name) => headers[name]);
    const signature = sign('RSA-SHA256', Buffer.from(text), this.#identity.privateKey).toString('base64');
    return formatAuthorization({ keyId: keyIdOf(this.#identity), algorithm: 'rsa-sha256', headers: signed, signature });
  }
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(JSON.stringify(body));
}
