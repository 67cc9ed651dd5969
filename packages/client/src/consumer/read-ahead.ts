// One read at a time, which may begin before anybody asks for what it brings.
import type { CursorRef } from './batch.ts';
import { ConsumerClosed } from './consumer-errors.ts';
import type { GroupRead } from './group-calls.ts';

/** A read that has begun; `outcome` never rejects. */
interface Reading {
  readonly outcome: Promise<GroupRead | { readonly error: unknown }>;
  readonly cancel: AbortController;
  /** Of what was read; undefined until then. */
  ref: CursorRef | undefined;
}

/** Reads with a cursor, and keeps what came until it is taken. */
export class ReadAhead {
  readonly #read: (cursor: string, signal: AbortSignal) => Promise<GroupRead>;
  readonly #stops: AbortSignal;
  #reading: Reading | undefined;

  /** `stops` ends the read under way, and every later one at once. */
  constructor(read: (cursor: string, signal: AbortSignal) => Promise<GroupRead>, stops: AbortSignal) {
    this.#read = read;
    this.#stops = stops;
  }

  /** Whether a read has begun that nobody has taken. */
  get isBegun(): boolean {
    return this.#reading !== undefined;
  }

  /** The cursor behind what was read and not taken; heartbeats renew it. */
  get ref(): CursorRef | undefined {
    return this.#reading?.ref;
  }

  begin({ value }: CursorRef): void {
    const cancel = new AbortController();
    const abort = (): void => cancel.abort(this.#stops.reason);
    this.#stops.addEventListener('abort', abort);
    if (this.#stops.aborted) abort();
    const read = async (): Promise<GroupRead | { readonly error: unknown }> => {
      try {
        const got = await this.#read(value, cancel.signal);
        reading.ref = { value: got.cursor };
        return got;
      } catch (error) {
        return { error };
      } finally {
        this.#stops.removeEventListener('abort', abort);
      }
    };
    const reading: Reading = { outcome: Promise.resolve().then(read), cancel, ref: undefined };
    this.#reading = reading;
  }

  /** What the read that has begun brings, and the cursor behind it; begins one if none has. */
  async take(cursor: CursorRef): Promise<{ readonly read: GroupRead; readonly ref: CursorRef }> {
    if (this.#reading === undefined) this.begin(cursor);
    const reading = this.#reading;
    const outcome = await reading?.outcome;
    this.#reading = undefined;
    if (outcome === undefined || 'error' in outcome) throw outcome?.error;
    return { read: outcome, ref: reading?.ref ?? { value: outcome.cursor } };
  }

  /** Ends the read that has begun, and forgets what it brought. */
  async drop(): Promise<void> {
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.cancel.abort(new ConsumerClosed());
    await reading?.outcome;
  }
}
