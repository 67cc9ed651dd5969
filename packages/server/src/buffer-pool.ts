// Buffers for bodies and record batches, used again: fresh megabytes cost page faults and garbage collections.

/** Buffers of this size and less come from Node's own pool of small buffers, or cost little. */
const smallBytes = 64 * 1024;
/** Every pooled buffer has this size; a full put or get in base64 fits. */
const pooledBytes = 2 * 1024 * 1024;
const maxKept = 16;

/** Buffers that were taken for one purpose. */
export class Loan {
  readonly #pool: BufferPool;
  #taken: Buffer[] = [];

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** As the pool's. */
  readonly take = (length: number): Buffer => {
    const buffer = this.#pool.take(length);
    this.#taken.push(buffer);
    return buffer;
  };

  /** Gives back all that was taken so far; nobody may use it any more. */
  giveBack(): void {
    for (const buffer of this.#taken) this.#pool.give(buffer);
    this.#taken = [];
  }
}

/** Keeps a few buffers for the next requests. */
export class BufferPool {
  readonly #kept: Buffer[] = [];

  /** A buffer of exactly `length` bytes, its content undefined. */
  take(length: number): Buffer {
    if (length <= smallBytes) return Buffer.allocUnsafe(length);
    if (length > pooledBytes) return Buffer.allocUnsafeSlow(length);
    return (this.#kept.pop() ?? Buffer.allocUnsafeSlow(pooledBytes)).subarray(0, length);
  }

  /** Gives back what `take` gave; nobody may use it any more. */
  give(buffer: Buffer): void {
    const { buffer: whole } = buffer;
    if (whole.byteLength === pooledBytes && this.#kept.length < maxKept) this.#kept.push(Buffer.from(whole));
  }
}
