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
  readonly #waiters = new Set<Waiter>();
  #taken = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Runs `enter` as soon as there is room: at once, if there is and nobody waits. */
  async enter<Result>(bytes: number, enter: () => Result, signal: AbortSignal | undefined): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#waiters.size > 0 || !this.#hasRoom(bytes)) return await this.#wait(bytes, enter, signal);
    this.#taken += bytes + bookkeepingBytes;
    return enter();
  }

  leave(bytes: number): void {
    this.#taken -= bytes + bookkeepingBytes;
    for (const waiter of this.#waiters) {
      if (!this.#hasRoom(waiter.bytes)) return;
      this.#taken += waiter.bytes + bookkeepingBytes;
      waiter.enter();
    }
  }

  /** Refuses all who wait. */
  close(reason: Error): void {
    for (const waiter of this.#waiters) waiter.refuse(reason);
  }

  #hasRoom(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes + bookkeepingBytes <= this.#maxBytes;
  }

  #wait<Result>(bytes: number, enter: () => Result, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const leaveQueue = (): void => {
        this.#waiters.delete(waiter);
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
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort);
    });
  }
}
