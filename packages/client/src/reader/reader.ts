// Reads partitions without a group: from any position, to the end or for ever, and resumable.

import { limits } from 'millrace-protocol';
import { checkedOptions, type NumberOptions } from '../check-options.ts';
import { Persistence } from '../consumer/persistence.ts';
import type { ReceivedMessage } from '../consumer/received-message.ts';
import { ServiceError } from '../errors.ts';
import { type RetryEnvironment, systemEnvironment } from '../retry/environment.ts';
import { PartitionReader, type PartitionReading, type ReaderClient } from './partition-reader.ts';
import { type PartitionPosition, parsePosition, type ReaderPosition, type ReaderStart } from './reader-position.ts';

/** What a `Reader` takes beside its client and stream. Numbers are whole. */
export interface ReaderOptions {
  /** Indexes in decimal; all partitions of the stream if not given, which takes one refused call more than there are partitions. */
  readonly partitions?: readonly string[] | undefined;
  /** The oldest message (the default), behind the newest, a time, or a position that was saved: then `partitions` is not given. */
  readonly start?: ReaderStart | undefined;
  /** `end`: reading stops when every partition has been seen at its end. `closed`, the default: it goes on until the reader is closed. */
  readonly until?: 'end' | 'closed' | undefined;
  /** Messages in a batch, at most: 1 to 10,000, which is the default. */
  readonly maxMessages?: number | undefined;
  /** Milliseconds a service that can wait is asked to wait for messages: 0 to 30,000; 10,000 if not given. 0 with `until: 'end'`. */
  readonly waitMs?: number | undefined;
  /** Longest pause between reads of a partition of a service that cannot wait: 200 to 60,000 ms; 1,000 if not given. */
  readonly maxPollMs?: number | undefined;
  /** Milliseconds a call may take beside `waitMs`: 1 to 600,000; 30,000 if not given. */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest wait between two attempts of a call: 1 to 600,000 ms; 10,000 if not given. */
  readonly maxBackoffMs?: number | undefined;
  /** Aborting it ends the reader, as `close` does. */
  readonly signal?: AbortSignal | undefined;
  /** Told of failures that are tried again. */
  readonly onError?: ((operation: string, error: unknown) => void) | undefined;
}

/** Messages of one partition, in order. */
export interface ReaderBatch {
  /** Index in decimal. */
  readonly partition: string;
  /** One or more. */
  readonly messages: readonly ReceivedMessage[];
  /** Behind this batch and all that were given out before: what a new reader goes on from. Plain JSON. */
  readonly position: ReaderPosition;
}

type NumberName = 'maxMessages' | 'waitMs' | 'maxPollMs' | 'requestTimeoutMs' | 'maxBackoffMs';

const table: NumberOptions<NumberName> = {
  maxMessages: { ...limits.getLimit, default: limits.getLimit.max },
  waitMs: { ...limits.waitMs, default: 10_000 },
  maxPollMs: { min: 200, max: 60_000, default: 1000 },
  requestTimeoutMs: { min: 1, max: 600_000, default: 30_000 },
  maxBackoffMs: { min: 1, max: 600_000, default: 10_000 },
};
const otherNames = ['partitions', 'start', 'until', 'signal', 'onError'];

/** What a partition brings; `letGo` lets it go on. */
type Arrival =
  | {
      readonly kind: 'messages';
      readonly from: PartitionReader;
      readonly messages: readonly ReceivedMessage[];
      readonly position: PartitionPosition;
      readonly letGo: () => void;
    }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Of a partition: lets it go on if it waits until a batch of its own is taken. */
interface Turn {
  letGo: () => void;
}
const nothingHeld = (): void => {};

/**
 * Reads one partition or all of a stream, without a group: `for await (const batch of reader)`. In order for each partition; which of them is next
 * is whichever has something. A batch is read while the one before is worked on; of each partition two wait at most.
 */
export class Reader implements AsyncDisposable, AsyncIterable<ReaderBatch> {
  readonly #reading: PartitionReading;
  readonly #options: ReaderOptions;
  readonly #start: ReaderStart;
  readonly #ends = new AbortController();
  readonly #arrivals: Arrival[] = [];
  /** One for each partition, as long as the reader: a Set of those that wait would keep batches that were taken (docs/adr/0023). */
  readonly #turns: Turn[] = [];
  #wake: () => void = () => {};
  #isBegun = false;
  #tasks: readonly Promise<void>[] = [];
  #position: ReaderPosition = { version: 1, partitions: {} };

  /**
   * The client stays the caller's to close. `environment` is time and chance, for tests of this package. Throws `TypeError` and `RangeError` for
   * options, and for a position that is none.
   */
  constructor(client: ReaderClient, streamId: string, options: ReaderOptions = {}, environment: RetryEnvironment = systemEnvironment) {
    const numbers = checkedOptions('reader', table, { ...options }, otherNames);
    const { start = 'TRIM_HORIZON', onError } = options;
    const isWord = start === 'TRIM_HORIZON' || start === 'LATEST' || start instanceof Date;
    this.#start = isWord ? start : parsePosition(start);
    if (!isWord && options.partitions !== undefined) throw new TypeError('partitions: a saved position has its own.');
    this.#options = options;
    const { host } = new URL(client.endpoint);
    const persistence = new Persistence({
      environment,
      host,
      maxBackoffMs: numbers.maxBackoffMs,
      onFailure: (operation, error) => onError?.(operation, error),
    });
    const waitMs = options.until === 'end' ? 0 : numbers.waitMs;
    this.#reading = { client, streamId, persistence, clock: environment.clock, ...numbers, waitMs, signal: this.#ends.signal };
  }

  /** Behind everything that was given out. Plain JSON. No partitions before the first batch. */
  get position(): ReaderPosition {
    return this.#position;
  }

  /**
   * Batches; once. Rejects with a `ServiceError` that no further attempt can cure: 404 for an unknown stream, 400 for an offset that retention
   * has removed. `return`, which `break` calls, closes the reader.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReaderBatch, void, undefined> {
    if (this.#isBegun) throw new TypeError('A reader is iterated once: make another one, from a position.');
    this.#isBegun = true;
    const { signal } = this.#options;
    signal?.addEventListener('abort', this.#end);
    if (signal?.aborted === true) this.#end();
    try {
      yield* this.#batches();
    } catch (error) {
      if (!this.#ends.signal.aborted) throw error;
    } finally {
      signal?.removeEventListener('abort', this.#end);
      await this.close();
    }
  }

  /** Ends reading at once; what was given out stays good. Never rejects. */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#tasks);
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #end = (): void => {
    this.#ends.abort(new Error('The reader is closed.'));
    for (const turn of this.#turns) turn.letGo();
    this.#wake();
  };

  async *#batches(): AsyncGenerator<ReaderBatch, void, undefined> {
    const readers = await this.#open();
    this.#position = { version: 1, partitions: Object.fromEntries(readers.map(({ partition, position }) => [partition, position])) };
    this.#tasks = readers.map((reader) => this.#follow(reader));
    let open = readers.length;
    while (open > 0 && !this.#ends.signal.aborted) {
      const arrival = this.#arrivals.shift();
      if (arrival === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      if (arrival.kind === 'failed') throw arrival.error;
      if (arrival.kind === 'end') open -= 1;
      else yield this.#give(arrival);
    }
  }

  #give({ from: { partition }, messages, position, letGo }: Extract<Arrival, { kind: 'messages' }>): ReaderBatch {
    letGo();
    this.#position = { version: 1, partitions: { ...this.#position.partitions, [partition]: position } };
    return { partition, messages, position: this.#position };
  }

  /** Reads a partition until the reader ends, one batch ahead of what is taken. */
  async #follow(reader: PartitionReader): Promise<void> {
    const { signal } = this.#ends;
    const turn: Turn = { letGo: nothingHeld };
    this.#turns.push(turn);
    let taken: Promise<void> = Promise.resolve();
    try {
      while (!signal.aborted) {
        const messages = await reader.read();
        if (messages.length === 0 && this.#options.until === 'end') break;
        if (messages.length === 0) continue;
        const { position } = reader;
        await taken;
        reader.hold();
        taken = this.#untilTaken(turn, (letGo) => this.#arrive({ kind: 'messages', from: reader, messages, position, letGo }));
        void taken.then(() => reader.goOn());
      }
      this.#arrive({ kind: 'end' });
    } catch (error) {
      this.#arrive({ kind: 'failed', error });
    } finally {
      await reader.drop();
    }
  }

  /** Resolves when the batch is taken, or the reader has ended. */
  #untilTaken(turn: Turn, give: (letGo: () => void) => void): Promise<void> {
    if (this.#ends.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const letGo = (): void => {
        turn.letGo = nothingHeld;
        resolve();
      };
      turn.letGo = letGo;
      give(letGo);
    });
  }

  #arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#wake();
  }

  async #open(): Promise<PartitionReader[]> {
    const start = this.#start;
    if (typeof start === 'object' && 'partitions' in start) {
      const readers = Object.entries(start.partitions).map(([index, position]) => new PartitionReader(this.#reading, index, position));
      for (const reader of readers) await reader.open();
      return readers;
    }
    const position = placeOf(start);
    const { partitions } = this.#options;
    if (partitions === undefined) return await this.#openAll(position);
    const readers = partitions.map((index) => new PartitionReader(this.#reading, index, position));
    for (const reader of readers) await reader.open();
    return readers;
  }

  /** Partitions have indexes without gaps: the first one that is refused is not there. */
  async #openAll(position: PartitionPosition | 'LATEST'): Promise<PartitionReader[]> {
    const readers: PartitionReader[] = [];
    for (;;) {
      const reader = new PartitionReader(this.#reading, String(readers.length), position);
      try {
        await reader.open();
      } catch (error) {
        if (readers.length > 0 && error instanceof ServiceError && error.status === 400) return readers;
        throw error;
      }
      readers.push(reader);
    }
  }
}

function placeOf(start: 'TRIM_HORIZON' | 'LATEST' | Date): PartitionPosition | 'LATEST' {
  if (start === 'LATEST') return start;
  return start instanceof Date ? { time: start.toISOString() } : { oldest: true };
}
