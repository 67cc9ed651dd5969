// A member of a consumer group that reads, keeps its partitions while work is done, and commits what is done.

import { notNeeded } from '../not-needed.ts';
import { Producer } from '../producer/producer.ts';
import type { RetryEnvironment } from '../retry/environment.ts';
import { sleep, systemEnvironment } from '../retry/environment.ts';
import { Assignment } from './assignment.ts';
import { Batch, type ConsumerBatch, type CursorRef } from './batch.ts';
import { CommitRefused, ConsumerClosed, HandlerFailed } from './consumer-errors.ts';
import type { ConsumerEvent } from './consumer-events.ts';
import { type ConsumerOptions, type ConsumerSettings, consumerSettings } from './consumer-options.ts';
import { GroupCalls, type GroupClient, type GroupRead, StaleCursor } from './group-calls.ts';
import { handleBatch, type MessageHandler } from './handle-batch.ts';
import { Pace } from './pace.ts';
import { Persistence } from './persistence.ts';
import { ReadAhead } from './read-ahead.ts';
import type { ReceivedMessage } from './received-message.ts';

/** How closing went: everything that was given out is done, or time was over before. */
export type CloseOutcome = 'drained' | 'cut off';

/** Joining again that often in a row has not helped: then it will not. */
const mostRefusedReads = 3;

/** What `close` of a consumer takes. */
export interface ConsumerCloseOptions {
  /** Milliseconds for what is being handled, its commit included; 30,000 if not given. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Reads a stream as a member of a group: `for await (const batch of consumer)`, or `run(handler)` for message by message. At least once: what is
 * not committed is read again, by this consumer or by another. A batch is committed when the next one is asked for, or when `run` has handled it;
 * leaving the loop does not commit the last one.
 */
export class Consumer implements AsyncDisposable, AsyncIterable<ConsumerBatch> {
  /** Name of this consumer in its group. */
  readonly instanceName: string;
  readonly #client: GroupClient;
  readonly #settings: ConsumerSettings;
  readonly #environment: RetryEnvironment;
  readonly #persistence: Persistence;
  readonly #calls: GroupCalls;
  readonly #assignment: Assignment;
  /** Closing has begun: no more reads. */
  readonly #stops = new AbortController();
  /** Closing is over: nothing goes on. */
  readonly #ends = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  #state: 'new' | 'running' | 'finished' = 'new';
  #cursor: CursorRef | undefined;
  /** Reads that were refused since the last one that was not. */
  #refusedReads = 0;
  #rejoinCause: unknown;
  #refusedInARow = 0;
  readonly #ahead: ReadAhead;
  #batch: Batch | undefined;
  #deadLetters: Producer | undefined;
  #finish: () => void = () => {};
  readonly #finished: Promise<void>;
  #closing: Promise<CloseOutcome> | undefined;

  /**
   * The client stays the caller's to close, behind the consumer. Its retry strategy is not used here, and its read timeout has to be longer than
   * `waitMs`. `environment` is time and chance, for tests of this package. Throws `TypeError` and `RangeError` for options.
   */
  constructor(client: GroupClient, streamId: string, options: ConsumerOptions, environment: RetryEnvironment = systemEnvironment) {
    const settings = consumerSettings(options);
    const { clock } = environment;
    this.instanceName = settings.instanceName;
    this.#client = client;
    this.#settings = settings;
    this.#environment = environment;
    this.#persistence = new Persistence({
      environment,
      host: new URL(client.endpoint).host,
      maxBackoffMs: settings.maxBackoffMs,
      onFailure: (operation, error) => this.#tell({ kind: 'error', operation, error }),
    });
    const pace = new Pace(clock, settings.waitMs, settings.maxPollMs);
    this.#calls = new GroupCalls(client, streamId, settings, this.#persistence, pace);
    this.#ahead = new ReadAhead((cursor, signal) => this.#calls.read(cursor, signal), this.#stops.signal);
    this.#assignment = new Assignment(clock);
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    settings.signal?.addEventListener('abort', this.#abort);
    if (settings.signal?.aborted === true) this.#abort();
  }

  /**
   * Batches, one at a time; once. Rejects with what ends a consumer: a `ServiceError` that no further attempt can cure. `return`, which
   * `break` calls, closes the consumer.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumerBatch, void, undefined> {
    this.#begin();
    try {
      for (let batch = await this.#next(); batch !== undefined; batch = await this.#next()) {
        yield batch;
        await this.#complete(batch);
      }
    } finally {
      await this.#end();
    }
  }

  /**
   * Gives every message to the handler, and resolves when the consumer was closed. Rejects with `HandlerFailed`, and as iteration does; the
   * consumer is closed then.
   */
  async run(handler: MessageHandler): Promise<void> {
    this.#begin();
    try {
      for (let batch = await this.#next(); batch !== undefined; batch = await this.#next()) {
        if (await this.#handle(batch, handler)) await this.#complete(batch);
        else await this.#abandon(batch);
      }
    } finally {
      await this.#end();
    }
  }

  /**
   * Reads no more, waits until the batch that was given out is handled and committed, and ends, within `timeoutMs`: signals are aborted then, and
   * what is not committed will be read again. Inside of the loop it would wait for the loop: use `break` there. Never rejects.
   */
  close({ timeoutMs = 30_000 }: ConsumerCloseOptions = {}): Promise<CloseOutcome> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #abort = (): void => void this.close();

  async #close(timeoutMs: number): Promise<CloseOutcome> {
    this.#stops.abort(new ConsumerClosed());
    if (this.#state === 'new') await this.#end();
    const drained = new AbortController();
    const late = sleep(this.#environment.clock, timeoutMs, drained.signal).then(
      () => 'cut off' as const,
      () => 'drained' as const,
    );
    const outcome = await Promise.race([this.#finished.then(() => 'drained' as const), late]);
    drained.abort(notNeeded);
    if (outcome === 'cut off') await this.#end();
    return outcome;
  }

  #begin(): void {
    if (this.#closing !== undefined) throw new ConsumerClosed();
    if (this.#state !== 'new') throw new TypeError('A consumer is run or iterated once: make another one.');
    this.#state = 'running';
  }

  /** Ends all that goes on. */
  async #end(): Promise<void> {
    if (this.#state === 'finished') return;
    this.#state = 'finished';
    this.#closing ??= Promise.resolve('drained');
    this.#settings.signal?.removeEventListener('abort', this.#abort);
    this.#stops.abort(new ConsumerClosed());
    this.#ends.abort(new ConsumerClosed());
    this.#batch?.lose(new ConsumerClosed());
    this.#batch?.finish();
    await this.#ahead.drop();
    await Promise.all(this.#tasks);
    await this.#deadLetters?.close({ timeoutMs: 0 }).catch(() => {}); // What was not stored is not committed either.
    this.#finish();
  }

  /** The next batch that is not empty; undefined when closing. */
  async #next(): Promise<Batch | undefined> {
    for (;;) {
      if (this.#stops.signal.aborted) return undefined;
      const read = await this.#readOrJoin();
      if (read === undefined) continue;
      this.#lookAtGroup();
      if (read.messages.length === 0) continue;
      const batch = new Batch(read, this.#cursor ?? { value: read.cursor }, (given) => this.#commit(given));
      this.#batch = batch;
      this.#tellLag(batch, read.serviceMs);
      this.#start(this.#keepAlive(batch));
      if (this.#settings.readAhead) this.#ahead.begin(batch.ref);
      return batch;
    }
  }

  /** Undefined if nothing came of it: then joined anew, or closing. Rejects with what ends the consumer. */
  async #readOrJoin(): Promise<GroupRead | undefined> {
    const { signal } = this.#stops;
    try {
      this.#cursor ??= await this.#join(signal);
      const { read, ref } = await this.#ahead.take(this.#cursor);
      this.#cursor = ref;
      this.#refusedReads = 0;
      return read;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof StaleCursor)) throw error;
      await this.#readRefused(error.cause);
      return undefined;
    }
  }

  /** Another cursor helps, unless new ones are refused as well: where retention has passed the group, say. */
  async #readRefused(refusal: unknown): Promise<void> {
    this.#refusedReads += 1;
    if (this.#refusedReads > mostRefusedReads) throw refusal;
    await this.#leaveCursor(refusal);
    if (this.#refusedReads > 1) await this.#persistence.pause(this.#refusedReads, 0, this.#stops.signal).catch(() => {});
  }

  async #join(signal: AbortSignal): Promise<CursorRef> {
    const value = await this.#calls.join(signal);
    this.#assignment.suspect();
    this.#tell({ kind: 'join', cause: this.#rejoinCause });
    return { value };
  }

  /** The next read joins anew. */
  async #leaveCursor(cause: unknown): Promise<void> {
    this.#rejoinCause = cause;
    this.#cursor = undefined;
    this.#refusedInARow = 0;
    await this.#ahead.drop();
  }

  /** True when all is handled; false if the batch was lost meanwhile, or closing does not wait. */
  async #handle(batch: Batch, handler: MessageHandler): Promise<boolean> {
    const { clock } = this.#environment;
    const { orderPer, concurrency, attempts, handlerTimeoutMs, deadLetter } = this.#settings;
    try {
      await handleBatch(batch.messages, {
        ...{ handler, clock, orderPer, concurrency, attempts, handlerTimeoutMs },
        signal: batch.signal,
        onFailure: (error) => this.#tell({ kind: 'error', operation: 'handler', error }),
        pause: (failures) => this.#persistence.pause(failures, 0, batch.signal),
        bury: deadLetter === undefined ? undefined : (message, error) => this.#bury(message, error),
      });
      return true;
    } catch (error) {
      if (batch.signal.aborted) return false;
      throw error;
    }
  }

  /** Durable before the batch can be committed. */
  async #bury(message: ReceivedMessage, error: unknown): Promise<void> {
    const { deadLetter } = this.#settings;
    if (deadLetter === undefined) return;
    this.#deadLetters ??= new Producer(deadLetter.client ?? this.#client, deadLetter.streamId, {}, this.#environment);
    try {
      await this.#deadLetters.send({ key: message.key, value: message.value });
    } catch (cause) {
      throw new HandlerFailed(message, this.#settings.attempts, cause);
    }
    this.#tell({ kind: 'deadLetter', message, error });
  }

  /** The batch is done with: commits it, unless that was done or is not wanted. */
  async #complete(batch: Batch): Promise<void> {
    if (this.#settings.commit === 'auto' && !batch.isCommitted && !this.#ends.signal.aborted) {
      try {
        await batch.commit();
      } catch (error) {
        // The next batch covers this one too, where it still counts.
        if (!(error instanceof CommitRefused) && !this.#ends.signal.aborted) throw error;
      }
    }
    batch.finish();
    this.#batch = undefined;
    // Nothing covers what was refused, or it was refused again.
    if (this.#refusedInARow > (this.#ahead.isBegun ? 1 : 0)) await this.#leaveCursor(undefined);
  }

  /** Others do the rest of the batch: what was read behind it is of no use. */
  async #abandon(batch: Batch): Promise<void> {
    batch.finish();
    this.#batch = undefined;
    await this.#leaveCursor(batch.signal.reason);
  }

  async #commit(batch: Batch): Promise<void> {
    try {
      batch.ref.value = await this.#calls.commit(batch.ref.value, this.#ends.signal);
    } catch (error) {
      if (!(error instanceof StaleCursor)) throw error;
      this.#refusedInARow += 1;
      this.#assignment.suspect();
      this.#tell({ kind: 'error', operation: 'ConsumerCommit', error: error.cause });
      throw new CommitRefused(error.cause);
    }
    this.#refusedInARow = 0;
    this.#tell({ kind: 'commit', count: batch.messages.length, offsets: batch.offsets });
  }

  /** Heartbeats while the batch is worked on, for its own cursor and for what is read on with: both expire. */
  async #keepAlive(batch: Batch): Promise<void> {
    const { clock } = this.#environment;
    const { timeoutMs } = this.#settings;
    let pauseMs = timeoutMs / 3;
    while (!batch.done.aborted) {
      await sleep(clock, pauseMs, batch.done).catch(() => {});
      if (batch.done.aborted) return;
      pauseMs = (await this.#beat(batch)) ? timeoutMs / 3 : timeoutMs / 10;
    }
  }

  /** False if it has to be tried again soon. */
  async #beat(batch: Batch): Promise<boolean> {
    try {
      batch.ref.value = await this.#calls.heartbeat(batch.ref.value, batch.done);
      await this.#renewAhead(batch.done);
      return true;
    } catch (error) {
      if (batch.done.aborted) return true;
      const isLost = error instanceof StaleCursor;
      this.#tell({ kind: 'error', operation: 'ConsumerHeartbeat', error: isLost ? error.cause : error });
      if (!isLost) return false;
      this.#assignment.suspect();
      batch.lose(error.cause);
      batch.finish();
      return true;
    }
  }

  /** If that fails the commit of what was read ahead will tell. */
  async #renewAhead(signal: AbortSignal): Promise<void> {
    const { ref } = this.#ahead;
    try {
      if (ref !== undefined) ref.value = await this.#calls.heartbeat(ref.value, signal);
    } catch (error) {
      if (!signal.aborted) this.#tell({ kind: 'error', operation: 'ConsumerHeartbeat', error });
    }
  }

  #lookAtGroup(): void {
    if (this.#settings.onEvent !== undefined && this.#assignment.isDue) this.#start(this.#tellRebalance());
  }

  async #tellRebalance(): Promise<void> {
    try {
      const change = await this.#assignment.look(() => this.#calls.partitions(this.#stops.signal));
      if (change !== undefined) this.#tell(change);
    } catch (error) {
      if (!this.#stops.signal.aborted) this.#tell({ kind: 'error', operation: 'GetGroup', error });
    }
  }

  #tellLag(batch: Batch, serviceMs: number): void {
    if (this.#settings.onEvent === undefined || Number.isNaN(serviceMs)) return;
    const last = new Map(batch.messages.map((message) => [message.partition, message]));
    for (const { partition, offset, timestamp } of last.values()) {
      this.#tell({ kind: 'lag', partition, offset, behindMs: Math.max(0, serviceMs - timestamp.getTime()) });
    }
  }

  #tell(event: ConsumerEvent): void {
    try {
      this.#settings.onEvent?.(event);
    } catch {
      // A listener's mistake does not stop the work.
    }
  }

  #start(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}
