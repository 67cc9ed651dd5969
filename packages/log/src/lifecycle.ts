// Whether the store may still do anything: open, closing, or failed for good.
import { LogError } from './errors.ts';

type Phase = { readonly name: 'open' | 'closing' } | { readonly name: 'failed'; readonly failure: LogError };

const open: Phase = { name: 'open' };

/** The one place that knows whether the store goes on. */
export class Lifecycle {
  #phase: Phase = open;
  readonly #listeners: ((failure: LogError) => void)[] = [];

  /** True after a failure that only opening again ends. */
  get hasFailed(): boolean {
    return this.#phase.name === 'failed';
  }

  /** True since closing has begun, unless storage has failed. */
  get isClosing(): boolean {
    return this.#phase.name === 'closing';
  }

  /** Throws `Closed` or `Failed` unless the store is open. */
  check(): void {
    if (this.#phase.name === 'open') return;
    if (this.#phase.name === 'failed') throw this.#phase.failure;
    throw new LogError('Closed', 'The log store is closed.');
  }

  /** From now on new calls are refused. */
  close(): void {
    if (this.#phase.name === 'open') this.#phase = { name: 'closing' };
  }

  /** Calls `listener` once if storage fails. */
  onFailure(listener: (failure: LogError) => void): void {
    this.#listeners.push(listener);
  }

  /** Storage failed while doing `what`: nothing more is done until the directory is opened again. */
  fail(what: string, cause: unknown): void {
    if (this.#phase.name === 'failed') return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const failure = new LogError(
      'Failed',
      `Storage failed while ${what}: ${reason}. Nothing more is stored or read until the data directory is opened again.`,
      { cause },
    );
    this.#phase = { name: 'failed', failure };
    for (const listener of this.#listeners) listener(failure);
  }
}
