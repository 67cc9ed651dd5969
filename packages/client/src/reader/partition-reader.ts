// One partition from a position on: cursors made, used and made anew when they expire.
import { header } from 'millrace-protocol';
import { Pace } from '../consumer/pace.ts';
import type { AttemptOptions, Persistence } from '../consumer/persistence.ts';
import type { ReceivedMessage } from '../consumer/received-message.ts';
import { ServiceError } from '../errors.ts';
import { nextTurn } from '../next-turn.ts';
import type { Response } from '../response.ts';
import type { RetryClock } from '../retry/environment.ts';
import type { StreamClient } from '../stream-client.ts';
import { cursorAt, type PartitionPosition } from './reader-position.ts';

/** As much of a `StreamClient` as a reader uses. */
export type ReaderClient = Pick<StreamClient, 'endpoint' | 'createCursor' | 'receiveMessages'>;

/** What the readers of all partitions share. */
export interface PartitionReading {
  readonly client: ReaderClient;
  readonly streamId: string;
  readonly persistence: Persistence;
  readonly clock: RetryClock;
  readonly maxMessages: number;
  readonly waitMs: number;
  readonly maxPollMs: number;
  readonly requestTimeoutMs: number;
  /** Ends all reads. */
  readonly signal: AbortSignal;
}

/** A read that has begun. `outcome` rejects with what no further attempt can cure. */
interface ReadUnderWay {
  readonly outcome: Promise<Response<ReceivedMessage[]>>;
  readonly cancel: AbortController;
  /** To read on with, known before the messages have come; undefined unless more are worth asking for at once. */
  nextCursor: string | undefined;
  /** Whether the rest of the answer takes a while to come. */
  isLong: boolean;
  /** The read behind it, if that has begun. */
  next: ReadUnderWay | undefined;
}

/**
 * Reads one partition, in order. From a service that can wait the next messages are asked for when the head of an answer has come: they are
 * on their way while the others are received and decoded.
 */
export class PartitionReader {
  readonly partition: string;
  readonly #reading: PartitionReading;
  readonly #pace: Pace;
  #position: PartitionPosition | 'LATEST';
  #cursor: string | undefined;
  #isNew = true;
  /** Asked for by `read`, or begun before that; undefined between reads. */
  #current: ReadUnderWay | undefined;
  #isHeld = false;

  constructor(reading: PartitionReading, partition: string, position: PartitionPosition | 'LATEST') {
    this.partition = partition;
    this.#reading = reading;
    this.#position = position;
    this.#pace = new Pace(reading.clock, reading.waitMs, reading.maxPollMs);
    // Once, not for each read: a listener that is removed goes on keeping the one that was added behind it, and that the next one.
    reading.signal.addEventListener('abort', () => {
      for (let begun = this.#current; begun !== undefined; begun = begun.next) begun.cancel.abort(reading.signal.reason);
    });
  }

  /** Where it is: behind the last message that was read. With LATEST the time its first cursor was made, to the second, until then. */
  get position(): PartitionPosition {
    return this.#position === 'LATEST' ? { oldest: true } : this.#position;
  }

  /** Makes the first cursor. Rejects with the `ServiceError` of status 400 if there is no such partition, or not that offset any more. */
  async open(): Promise<void> {
    const { client, streamId, persistence, requestTimeoutMs, signal } = this.#reading;
    const { partition } = this;
    const details = this.#position === 'LATEST' ? ({ partition, type: 'LATEST' } as const) : cursorAt(partition, this.#position);
    const response = await persistence.call('CreateCursor', requestTimeoutMs, signal, (options) =>
      client.createCursor(streamId, details, options),
    );
    if (this.#position === 'LATEST') this.#position = { time: new Date(serviceTime(response)).toISOString() };
    this.#cursor = response.data.value;
    this.#isNew = true;
  }

  /** Messages from the position on, which it moves; none at the end, after the service has waited if it can. */
  async read(): Promise<readonly ReceivedMessage[]> {
    for (;;) {
      if (this.#cursor === undefined) await this.open();
      try {
        return await this.#readWith(this.#cursor ?? '');
      } catch (error) {
        const isRefused = error instanceof ServiceError && error.status === 400;
        if (!isRefused || this.#isNew) throw error;
        this.#cursor = undefined; // It has expired, most likely; if not, a new one is refused as well.
      }
    }
  }

  /** What was read last waits: nothing is begun ahead until `goOn`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** What was read last has been taken. */
  goOn(): void {
    this.#isHeld = false;
    this.#readOn();
  }

  /** Ends what was begun ahead. */
  async drop(): Promise<void> {
    const reading = this.#current;
    this.#current = undefined;
    if (reading !== undefined) await end(reading);
  }

  async #readWith(cursor: string): Promise<readonly ReceivedMessage[]> {
    this.#current ??= this.#begin(cursor, 'now');
    const reading = this.#current;
    this.#readOn();
    try {
      const { data, nextCursor = cursor } = await reading.outcome;
      this.#current = reading.next;
      reading.next = undefined; // A read that is over, and old, would keep all behind it until the next full collection.
      this.#cursor = nextCursor;
      this.#isNew = false;
      const last = data.at(-1);
      if (last !== undefined) this.#position = { after: last.offset };
      return data;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  #readOn(): void {
    const reading = this.#current;
    if (reading?.nextCursor === undefined || reading.next !== undefined || this.#isHeld) return;
    reading.next = this.#begin(reading.nextCursor, reading.isLong ? 'now' : 'next turn');
  }

  /**
   * Signing takes longer than all else here. So messages that came with their head go to their taker first: the read behind them begins in
   * the next turn. Where most of an answer is still to come, the service is given its next one to work on meanwhile.
   */
  #begin(cursor: string, when: 'now' | 'next turn'): ReadUnderWay {
    const cancel = new AbortController();
    const { signal } = this.#reading;
    if (signal.aborted) cancel.abort(signal.reason);
    const begins = when === 'now' ? Promise.resolve() : new Promise<void>((resolve) => nextTurn(resolve));
    const reading: ReadUnderWay = {
      outcome: begins.then(() => this.#call(cursor, reading)),
      cancel,
      nextCursor: undefined,
      isLong: false,
      next: undefined,
    };
    reading.outcome.catch(() => {}); // Whoever reads on is told.
    return reading;
  }

  async #call(cursor: string, reading: ReadUnderWay): Promise<Response<ReceivedMessage[]>> {
    const { client, streamId, persistence, maxMessages: limit, waitMs, maxPollMs, requestTimeoutMs } = this.#reading;
    const onHead = (head: Response<undefined>): void => {
      if (!isWorthReadingOn(head)) return;
      reading.nextCursor = head.nextCursor;
      reading.isLong = bodyBytesOf(head) > oneReadBytes;
      if (this.#current === reading) this.#readOn();
    };
    const attempt = async (options: AttemptOptions) => {
      try {
        const response = await client.receiveMessages(streamId, cursor, { limit, waitMs, onHead, ...options });
        return { response, count: response.data.length, isWaiting: response.header(header.waitMs) !== undefined };
      } catch (error) {
        // Another attempt may be answered more than this one: what is behind it is then another place.
        reading.next?.cancel.abort(error);
        reading.next = undefined;
        reading.nextCursor = undefined;
        throw error;
      }
    };
    const read = (options: AttemptOptions) => this.#pace.read(() => attempt(options), options.signal);
    const { response } = await persistence.call('GetMessages', maxPollMs + waitMs + requestTimeoutMs, reading.cancel.signal, read);
    return response;
  }
}

/** The longest body without messages: `[]` in JSON, in binary eight bytes. */
const emptyBytes = 8;
/** What runtimes read from a connection at a time. Of longer answers the service sends the head ahead, where it can. */
const oneReadBytes = 64 * 1024;

/** The service says that it waits, and there are messages: more may be behind them. A service that does not wait is asked at its pace. */
function isWorthReadingOn(head: Response<undefined>): boolean {
  return head.header(header.waitMs) !== undefined && bodyBytesOf(head) > emptyBytes;
}

/** As the head says; 0 if it does not. */
function bodyBytesOf(head: Response<undefined>): number {
  return Number(head.header('content-length') ?? 0);
}

async function end(reading: ReadUnderWay): Promise<void> {
  const { next } = reading;
  reading.cancel.abort(new Error('Nobody reads on.'));
  await reading.outcome.catch(() => {});
  if (next !== undefined) await end(next);
}

/** Unix milliseconds, to the second; this machine's clock where the service does not say. */
function serviceTime(response: Response<unknown>): number {
  const time = Date.parse(response.header('date') ?? '');
  return Number.isNaN(time) ? Date.now() : time;
}
