// The bound on what a producer holds: who finds no room waits, first come, first served.
import { Pending } from './pending.ts';

interface Waiter {
  readonly bytes: number;
  isSettled: boolean;
  enter: () => void;
  refuse: (reason: unknown) => void;
}

/** What one message takes beside its bytes. */
const bookkeepingBytes = 256;

const nothing = (): void => {};
/** Without what the message of a waiter is held by. */
const settled = { isSettled: true, enter: nothing, refuse: nothing };

/** Bytes that may be taken. One message may pass the bound when nothing else is there. */
export class Room {
  readonly #maxBytes: number;
  readonly #waiters = new Pending<Waiter>();
  #taken = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes room for a message; false if there is not enough, or others wait for it. */
  take(bytes: number): boolean {
    if (this.#waiters.size > 0 || !this.#hasRoom(bytes)) return false;
    this.#taken += bytes + bookkeepingBytes;
    return true;
  }

  /** Takes room as soon as there is, behind all who wait already, and runs `enter`. Rejects with the signal's reason, or `close`'s. */
  wait<Result>(bytes: number, enter: () => Result, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        signal?.removeEventListener('abort', abort);
        Object.assign(waiter, settled);
        this.#waiters.noteSettled();
      };
      const waiter: Waiter = {
        bytes,
        isSettled: false,
        enter: () => {
          settle();
          resolve(enter());
        },
        refuse: (reason) => {
          settle();
          reject(reason);
        },
      };
      const abort = (): void => waiter.refuse(signal?.reason);
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort);
    });
  }

  leave(bytes: number): void {
    this.#taken -= bytes + bookkeepingBytes;
    for (let { first } = this.#waiters; first !== undefined && this.#hasRoom(first.bytes); { first } = this.#waiters) {
      this.#taken += first.bytes + bookkeepingBytes;
      first.enter();
    }
  }

  /** Refuses all who wait. */
  close(reason: Error): void {
    for (const waiter of this.#waiters.all) waiter.refuse(reason);
  }

  #hasRoom(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes + bookkeepingBytes <= this.#maxBytes;
  }
}
