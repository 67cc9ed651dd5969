// One partition from a position on: cursors made, used and made anew when they expire.
import { header } from 'millrace-protocol';
import { Pace } from '../consumer/pace.ts';
import type { AttemptOptions, Persistence } from '../consumer/persistence.ts';
import { ServiceError } from '../errors.ts';
import type { Message } from '../models.ts';
import type { Response } from '../response.ts';
import type { RetryClock } from '../retry/environment.ts';
import type { StreamClient } from '../stream-client.ts';
import { cursorAt, type PartitionPosition } from './reader-position.ts';

/** As much of a `StreamClient` as a reader uses. */
export type ReaderClient = Pick<StreamClient, 'endpoint' | 'createCursor' | 'getMessages'>;

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
}

/** Reads one partition; one call at a time. */
export class PartitionReader {
  readonly partition: string;
  readonly #reading: PartitionReading;
  readonly #pace: Pace;
  #position: PartitionPosition | 'LATEST';
  #cursor: string | undefined;
  #isNew = true;

  constructor(reading: PartitionReading, partition: string, position: PartitionPosition | 'LATEST') {
    this.partition = partition;
    this.#reading = reading;
    this.#position = position;
    this.#pace = new Pace(reading.clock, reading.waitMs, reading.maxPollMs);
  }

  /** Where it is: behind the last message that was read. With LATEST the time its first cursor was made, to the second, until then. */
  get position(): PartitionPosition {
    return this.#position === 'LATEST' ? { oldest: true } : this.#position;
  }

  /** Makes the first cursor. Rejects with the `ServiceError` of status 400 if there is no such partition, or not that offset any more. */
  async open(signal: AbortSignal): Promise<void> {
    const { client, streamId, persistence, requestTimeoutMs } = this.#reading;
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
  async read(signal: AbortSignal): Promise<readonly Message[]> {
    for (;;) {
      if (this.#cursor === undefined) await this.open(signal);
      try {
        return await this.#readWith(this.#cursor ?? '', signal);
      } catch (error) {
        const isRefused = error instanceof ServiceError && error.status === 400;
        if (!isRefused || this.#isNew) throw error;
        this.#cursor = undefined; // It has expired, most likely; if not, a new one is refused as well.
      }
    }
  }

  async #readWith(cursor: string, signal: AbortSignal): Promise<readonly Message[]> {
    const { client, streamId, persistence, maxMessages: limit, waitMs, maxPollMs, requestTimeoutMs } = this.#reading;
    const read = (options: AttemptOptions) =>
      this.#pace.read(async () => {
        const response = await client.getMessages(streamId, cursor, { limit, waitMs, ...options });
        return { response, count: response.data.length, isWaiting: response.headers.has(header.waitMs) };
      }, options.signal);
    const { response } = await persistence.call('GetMessages', maxPollMs + waitMs + requestTimeoutMs, signal, read);
    this.#cursor = response.nextCursor ?? cursor;
    this.#isNew = false;
    const last = response.data.at(-1);
    if (last !== undefined) this.#position = { after: last.offset };
    return response.data;
  }
}

/** Unix milliseconds, to the second; this machine's clock where the service does not say. */
function serviceTime({ headers }: Response<unknown>): number {
  const time = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(time) ? Date.now() : time;
}
