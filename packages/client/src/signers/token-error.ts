// Why there is no token to sign with.
import { RequestError } from '../errors.ts';

/** What is known about a failure to get a token. */
export interface TokenErrorOptions extends ErrorOptions {
  /** HTTP status of the answer that was not as expected. */
  readonly status?: number | undefined;
}

/**
 * A token could not be had from the metadata or the federation service; the request it was meant for was not sent, so `effect`
 * is always `none`.
 */
export class TokenError extends RequestError {
  override readonly name = 'TokenError';
  /** HTTP status, or undefined if there was no answer or it could not be understood. */
  readonly status: number | undefined;

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, 'none', options);
    this.status = options.status;
  }
}
