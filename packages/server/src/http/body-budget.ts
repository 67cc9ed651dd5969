// A bound on the bytes of all request bodies that are in memory at once, so that many large or slow senders cannot fill it.
import { header } from 'millrace-protocol';
import { ApiError } from '../api-error.ts';

/** The share of one request: `take` counts bytes as they arrive, `release` gives them all back. */
export interface BodyLease {
  readonly take: (bytes: number) => void;
  readonly release: () => void;
}

/** Counts what has arrived, not what was announced: a sender that never sends holds nothing. */
export class BodyBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  lease(): BodyLease {
    let taken = 0;
    return {
      take: (bytes) => {
        if (this.#heldBytes + bytes > this.#maxBytes) throw overloaded(this.#maxBytes);
        taken += bytes;
        this.#heldBytes += bytes;
      },
      release: () => {
        this.#heldBytes -= taken;
        taken = 0;
      },
    };
  }
}

function overloaded(maxBytes: number): ApiError {
  const message = `Request bodies of more than ${maxBytes.toLocaleString('en-US')} bytes are under way; the next request can be made in 1000 ms.`;
  return new ApiError('TooManyRequests', message, { headers: { [header.retryAfter]: '1' } });
}
