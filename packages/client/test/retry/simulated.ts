// Simulated time and chance for retry strategies, attempts that fail as told, and errors to fail with.
import { ConnectionError, ServiceError, TimeoutError } from '../../src/errors.ts';
import type { RetryEnvironment } from '../../src/retry/environment.ts';

/** Waits take no real time: they are written down, and `now` jumps ahead. */
export class Simulation implements RetryEnvironment {
  /** Milliseconds, in order. */
  readonly waits: number[] = [];
  readonly #chance: number;
  #now = 1_000_000;
  readonly clock = {
    now: (): number => this.#now,
    after: (ms: number, run: () => void): (() => void) => {
      this.waits.push(ms);
      this.#now += ms;
      queueMicrotask(run);
      return () => {};
    },
  };

  /** `chance` is what `random` always gives. */
  constructor(chance = 0) {
    this.#chance = chance;
  }

  random(): number {
    return this.#chance;
  }

  /** Lets time pass outside of a wait. */
  advance(ms: number): void {
    this.#now += ms;
  }
}

/** An attempt that fails with `error` every time, or as many times as said and then gives `'done'`. */
export class Attempts {
  count = 0;
  readonly #error: unknown;
  readonly #failures: number;

  constructor(error: unknown, failures: number = Infinity) {
    this.#error = error;
    this.#failures = failures;
  }

  readonly run = async (): Promise<string> => {
    this.count += 1;
    if (this.count <= this.#failures) throw this.#error;
    return 'done';
  };
}

export function answer(status: number, code?: string): ServiceError {
  return new ServiceError({
    status,
    code,
    message: '',
    requestId: undefined,
    headers: new Headers(),
    operation: 'GetMessages',
    endpoint: 'http://127.0.0.1:1',
  });
}

export function brokenConnection(): ConnectionError {
  return new ConnectionError('The connection broke.', 'unknown');
}

export function timeout(): TimeoutError {
  return new TimeoutError('read', 60_000, '127.0.0.1:1');
}
