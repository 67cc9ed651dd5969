// A message between its acceptance and its acknowledgement.
import type { Effect } from '../errors.ts';
import type { PutMessagesResultEntry } from '../models.ts';
import type { RetryClock } from '../retry/environment.ts';
import type { EncodedMessage } from './producer-message.ts';

/** Where a message was stored. */
export interface Ack {
  /** Index in decimal. */
  readonly partition: string;
  /** Its place in the partition; exact up to 2^53. */
  readonly offset: number;
  /** When the service stored it, to the millisecond. */
  readonly timestamp: Date;
}

const noBytes = new Uint8Array();

/** Settles once, and has no value from then on. */
export class Entry {
  /** What is to be sent. */
  message: EncodedMessage;
  /** When it fails, by the producer's clock. */
  readonly deadlineMs: number;
  /** When it was accepted, by the producer's clock. */
  readonly acceptedMs: number;
  readonly ack: Promise<Ack>;
  /** Attempts that failed. */
  failures = 0;
  /** Whether an attempt may have stored it. */
  effect: Effect = 'none';
  /** What the last attempt failed with. */
  lastFailure: unknown;
  #isSettled = false;
  #resolve: (ack: Ack) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(message: EncodedMessage, acceptedMs: number, timeoutMs: number) {
    this.message = message;
    this.acceptedMs = acceptedMs;
    this.deadlineMs = acceptedMs + timeoutMs;
    this.ack = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Resolves when it is settled, or its deadline has come by `clock`; leaves no timer. */
  settledOrLate(clock: RetryClock): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(Math.max(0, this.deadlineMs - clock.now()), resolve);
      const settled = (): void => {
        cancel();
        resolve();
      };
      this.ack.then(settled, settled);
    });
  }

  succeed({ partition, offset, timestamp }: PutMessagesResultEntry): void {
    this.#settle();
    // A stored entry has all three (OCI Streaming API 20180418).
    this.#resolve({ partition: partition ?? '', offset: offset ?? Number.NaN, timestamp: timestamp ?? new Date(Number.NaN) });
  }

  /** An attempt failed, or its storing does not count; `effect` is whether it may have stored the message. */
  noteFailure(failure: unknown, effect: Effect): void {
    this.failures += 1;
    this.lastFailure = failure;
    if (effect === 'unknown') this.effect = effect;
  }

  fail(failure: Error): void {
    this.#settle();
    this.ack.catch(() => {}); // Nobody has to look: `flush` and `close` report failures too.
    this.#reject(failure);
  }

  /** Who looks at an acknowledgement later holds no message by it. */
  #settle(): void {
    this.#isSettled = true;
    const { key, bytes } = this.message;
    this.message = { key, value: noBytes, bytes };
  }
}
