// PutMessages as a test wants it: every request waits until it is answered.
import { type PutMessagesDetails, type PutMessagesResult, type PutMessagesResultEntry, Response, ServiceError } from '../../src/index.ts';

/** One request that waits for its answer. */
export interface Request {
  /** `key=value` of each message, decoded; `value` alone without a key. */
  readonly messages: readonly string[];
  /** Stores all but those at the indexes of `refused`, which get that code. */
  readonly answer: (refused?: Readonly<Record<number, string>>) => void;
  readonly fail: (error: unknown) => void;
}

/** Stored messages stand in `stored`, in order. */
export class FakeService {
  readonly endpoint = 'http://127.0.0.1:1/20180418';
  readonly waiting: Request[] = [];
  readonly stored: string[] = [];
  requestCount = 0;

  putMessages(
    _streamId: string,
    details: PutMessagesDetails,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Response<PutMessagesResult>> {
    this.requestCount += 1;
    return new Promise((resolve, reject) => {
      const messages = details.messages.map(({ key, value }) => (key === undefined ? text(value) : `${text(key)}=${text(value)}`));
      const request: Request = {
        messages,
        answer: (refused = {}) => resolve(responseOf(messages.map((message, index) => this.#store(message, refused[index])))),
        fail: (error) => reject(error),
      };
      this.waiting.push(request);
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
    });
  }

  /** The oldest request that waits. */
  next(): Request {
    const request = this.waiting.shift();
    if (request === undefined) throw new Error('No request waits.');
    return request;
  }

  #store(message: string, code: string | undefined): PutMessagesResultEntry {
    if (code !== undefined) return { error: code, errorMessage: 'refused' };
    this.stored.push(message);
    return { partition: '0', offset: this.stored.length - 1, timestamp: new Date(0) };
  }
}

export function throttled(headers: Record<string, string> = {}): ServiceError {
  return refusal(429, 'TooManyRequests', headers);
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): ServiceError {
  const details = { status, code, message: code, requestId: undefined, operation: 'PutMessages', endpoint: 'http://127.0.0.1:1' };
  return new ServiceError({ ...details, headers: new Headers(headers) });
}

function responseOf(entries: PutMessagesResultEntry[]): Response<PutMessagesResult> {
  const data = { failures: entries.filter(({ error }) => error !== undefined).length, entries };
  const request = { method: 'POST', url: new URL('http://127.0.0.1:1'), target: '/', headers: {}, body: undefined } as const;
  return new Response({ status: 200, rawHeaders: [] }, data, { ...request, bodySignature: 'left-out' });
}

function text(content: string | Uint8Array | null): string {
  return (typeof content === 'string' ? Buffer.from(content, 'base64') : Buffer.from(content ?? [])).toString();
}
