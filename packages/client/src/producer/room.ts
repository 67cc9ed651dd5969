// The bound on what a producer holds: who finds no room waits, first come, first served.

interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
  readonly refuse: (reason: unknown) => void;
}

/** What one message takes beside its bytes. */
const bookkeepingBytes = 256;

/** Bytes that may be taken. One message may pass the bound when nothing else is there. */
export class Room {
  readonly #maxBytes: number;
  readonly #waiters: Waiter[] = [];
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
    if (this.#waiters.length > 0 || !this.#hasRoom(bytes)) return false;
    this.#taken += bytes + bookkeepingBytes;
    return true;
  }

  leave(bytes: number): void {
    this.#taken -= bytes + bookkeepingBytes;
    for (let [first] = this.#waiters; first !== undefined && this.#hasRoom(first.bytes); [first] = this.#waiters) {
      this.#taken += first.bytes + bookkeepingBytes;
      first.enter();
    }
  }

  /** Refuses all who wait. */
  close(reason: Error): void {
    for (const waiter of [...this.#waiters]) waiter.refuse(reason);
  }

  #hasRoom(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes + bookkeepingBytes <= this.#maxBytes;
  }

  /** Takes room as soon as there is, behind all who wait already, and runs `enter`. Rejects with the signal's reason, or `close`'s. */
  wait<Result>(bytes: number, enter: () => Result, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const leaveQueue = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        bytes,
        enter: () => {
          leaveQueue();
          resolve(enter());
        },
        refuse: (reason) => {
          leaveQueue();
          reject(reason);
        },
      };
      const abort = (): void => waiter.refuse(signal?.reason);
      this.#waiters.push(waiter);
      signal?.addEventListener('abort', abort);
    });
  }
}
