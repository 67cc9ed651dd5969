// Sends messages of one stream: many calls become few requests, what fails is sent again, and the messages of a key stay in order.

import { RequestError, TimeoutError } from '../errors.ts';
import type { PutMessagesResultEntry } from '../models.ts';
import { nextTurn } from '../next-turn.ts';
import { notNeeded } from '../not-needed.ts';
import { type Backoff, persistentBackoff, waitMs } from '../retry/backoff.ts';
import { type RetryEnvironment, sleep, systemEnvironment } from '../retry/environment.ts';
import { NoneRetryStrategy } from '../retry/retry-strategy.ts';
import type { StreamClient } from '../stream-client.ts';
import { isTransient, isTransientCode, retryAfterMs } from '../transient.ts';
import { withDeadline } from '../with-deadline.ts';
import { type Ack, Entry } from './entry.ts';
import { Lanes, type Share } from './lanes.ts';
import { Pending } from './pending.ts';
import { ProducerClosed, UndeliveredMessage, UndeliveredMessages } from './producer-errors.ts';
import { type EncodedMessage, encodeMessage, type ProducerMessage } from './producer-message.ts';
import { type ProducerOptions, type ProducerSettings, producerSettings } from './producer-options.ts';
import { Room } from './room.ts';

/** A message that was accepted. */
export interface Submission {
  /** Resolves when the message is durable; rejects with `UndeliveredMessage`. Need not be looked at: `flush` and `close` tell too. */
  readonly ack: Promise<Ack>;
}

/** What `submit` and `send` take. */
export interface SubmitOptions {
  /** Ends the wait for room, with the signal's reason; a message that was accepted is sent all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What `close` takes. */
export interface CloseOptions {
  /** Milliseconds within which accepted messages may still be stored; 30,000 if not given. */
  readonly timeoutMs?: number | undefined;
}

/** Counts since the producer was made, and what it holds now. */
export interface ProducerStatistics {
  /** Messages taken by `submit` and `send`. */
  readonly accepted: number;
  readonly acknowledged: number;
  /** Messages that were given up, for whatever reason. */
  readonly failed: number;
  /** Times a message was sent once more. */
  readonly resent: number;
  readonly requests: number;
  /** Requests without an answer, or with one that is no success; a partial failure is a success. */
  readonly failedRequests: number;
  /** Accepted, and neither acknowledged nor failed. */
  readonly bufferedMessages: number;
  /** What `maxBufferedBytes` bounds. */
  readonly bufferedBytes: number;
  readonly requestsUnderWay: number;
}

const withoutRetry = new NoneRetryStrategy();

/**
 * Sends messages to one stream. At least once: a message whose acknowledgement was lost is sent again. In order for each key: a message is
 * sent when all earlier ones of its key are stored or given up; where a service stores a later message of a request and refuses an earlier one
 * of the same key, the later one is sent again behind it.
 */
export class Producer implements AsyncDisposable {
  readonly #client: Pick<StreamClient, 'putMessages' | 'endpoint'>;
  readonly #streamId: string;
  readonly #settings: ProducerSettings;
  readonly #environment: RetryEnvironment;
  readonly #lanes = new Lanes();
  readonly #unsettled = new Pending<Entry>();
  readonly #room: Room;
  readonly #tasks = new Set<Promise<void>>();
  /** Ends requests and waits: when closing is over. */
  readonly #ends = new AbortController();
  readonly #backoff: Backoff;
  readonly #counts = { accepted: 0, acknowledged: 0, failed: 0, resent: 0, requests: 0, failedRequests: 0 };
  #underWay = 0;
  #flushes = 0;
  #isScheduled = false;
  #isLingering = false;
  #isWatching = false;
  #failuresInARow = 0;
  #pausedUntilMs = -Infinity;
  #unreported: { count: number; readonly first: Error } | undefined;
  #closing: Promise<void> | undefined;

  /**
   * The client stays the caller's to close, after the producer. Its retry strategy is not used here. `environment` is time and chance, for
   * tests of this package. Throws `TypeError` for unknown options, `RangeError` for values out of range.
   */
  constructor(
    client: Pick<StreamClient, 'putMessages' | 'endpoint'>,
    streamId: string,
    options: ProducerOptions = {},
    environment: RetryEnvironment = systemEnvironment,
  ) {
    this.#client = client;
    this.#streamId = streamId;
    this.#settings = producerSettings(options);
    this.#environment = environment;
    this.#room = new Room(this.#settings.maxBufferedBytes);
    this.#backoff = persistentBackoff(this.#settings.maxBackoffMs);
  }

  /** What was done so far. */
  get statistics(): ProducerStatistics {
    const { size: bufferedMessages } = this.#unsettled;
    return { ...this.#counts, bufferedMessages, bufferedBytes: this.#room.taken, requestsUnderWay: this.#underWay };
  }

  /**
   * Resolves when the message is accepted, at once while there is room: wait for it before the next one, or memory has no bound. Rejects
   * with `TypeError` or `RangeError` for a message that cannot be sent, with `ProducerClosed`, and with the signal's reason.
   */
  async submit(message: ProducerMessage, options?: SubmitOptions): Promise<Submission> {
    const { ack } = await this.#enter(message, options);
    return { ack };
  }

  /** Resolves when the message is durable; rejects as `submit` does, and with `UndeliveredMessage`. */
  async send(message: ProducerMessage, options?: SubmitOptions): Promise<Ack> {
    const entered = this.#enter(message, options);
    const { ack } = entered instanceof Entry ? entered : await entered;
    return await ack;
  }

  /**
   * Sends what was accepted without waiting for more, and resolves when all of it is durable. Rejects with `UndeliveredMessages` if
   * messages have failed since that was last reported by `flush`.
   */
  async flush(): Promise<void> {
    await this.#settleAll();
    this.#report();
  }

  /**
   * Takes no more messages, sends what was accepted, and ends, within `timeoutMs`: what is not acknowledged by then has failed, with reason
   * `closed`. Rejects as `flush` does. Further calls give the result of the first.
   */
  close({ timeoutMs = 30_000 }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#room.close(new ProducerClosed());
    const drained = new AbortController();
    const late = sleep(this.#environment.clock, timeoutMs, drained.signal).catch(() => {});
    await Promise.race([this.#settleAll(), late]);
    drained.abort(notNeeded);
    for (const entry of this.#unsettled.all) this.#fail(entry, 'closed', 'The producer was closed before the message was acknowledged.');
    this.#ends.abort(new ProducerClosed());
    await Promise.all(this.#tasks);
    this.#report();
  }

  async #settleAll(): Promise<void> {
    this.#flushes += 1;
    this.#pump();
    await Promise.allSettled(this.#unsettled.all.map(({ ack }) => ack));
    this.#flushes -= 1;
  }

  #report(): void {
    const unreported = this.#unreported;
    this.#unreported = undefined;
    if (unreported !== undefined) throw new UndeliveredMessages(unreported.count, unreported.first);
  }

  /** At once while there is room, as there is for most. */
  #enter(message: ProducerMessage, options: SubmitOptions | undefined): Entry | Promise<Entry> {
    const encoded = encodeMessage(message);
    if (this.#closing !== undefined) throw new ProducerClosed();
    options?.signal?.throwIfAborted();
    const accept = (): Entry => this.#accept(encoded);
    return this.#room.take(encoded.bytes) ? accept() : this.#room.wait(encoded.bytes, accept, options?.signal);
  }

  #accept(message: EncodedMessage): Entry {
    const entry = new Entry(message, this.#environment.clock.now(), this.#settings.timeoutMs);
    this.#counts.accepted += 1;
    this.#unsettled.add(entry);
    this.#lanes.add(entry);
    if (!this.#isWatching && entry.deadlineMs < Infinity) this.#start(this.#watchDeadlines());
    if (this.#isFull) this.#pump();
    else this.#schedule();
    return entry;
  }

  /** What is submitted in one turn goes together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTurn(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  get #isFull(): boolean {
    return this.#lanes.readyBytes >= this.#settings.maxBatchBytes || this.#lanes.readyCount >= this.#settings.maxBatchMessages;
  }

  /** Sends all that is due. */
  #pump(): void {
    const { maxBatchBytes, maxBatchMessages, maxRequests } = this.#settings;
    while (this.#underWay < maxRequests && this.#isDue()) {
      const shares = this.#lanes.take(maxBatchBytes, maxBatchMessages);
      if (shares.length > 0) this.#start(this.#send(shares));
    }
    if (!this.#isLingering && this.#lanes.readyCount > 0 && this.#settings.lingerMs > 0) this.#start(this.#linger());
  }

  #isDue(): boolean {
    const { first } = this.#lanes;
    const nowMs = this.#environment.clock.now();
    if (first === undefined || nowMs < this.#pausedUntilMs || this.#ends.signal.aborted) return false;
    if (this.#isFull || this.#flushes > 0) return true;
    const { lingerMs } = this.#settings;
    return lingerMs === 0 ? this.#underWay === 0 : nowMs - first.acceptedMs >= lingerMs;
  }

  async #linger(): Promise<void> {
    this.#isLingering = true;
    const { first } = this.#lanes;
    const leftMs = (first?.acceptedMs ?? 0) + this.#settings.lingerMs - this.#environment.clock.now();
    if (first !== undefined && leftMs > 0) await this.#pause(leftMs);
    this.#isLingering = false;
    if (leftMs > 0) this.#pump();
  }

  async #send(shares: readonly Share[]): Promise<void> {
    const entries = shares.flatMap((share) => share.entries);
    const startedMs = this.#environment.clock.now();
    this.#underWay += 1;
    this.#counts.requests += 1;
    this.#counts.resent += entries.filter(({ failures }) => failures > 0).length;
    const results = await this.#put(entries).then(
      ({ data }) => data.entries,
      (error: unknown) => ({ error }),
    );
    this.#underWay -= 1;
    if (!('error' in results)) {
      this.#failuresInARow = 0;
      this.#takeResults(shares, results);
    } else {
      this.#counts.failedRequests += 1;
      if (!this.#ends.signal.aborted) this.#requestFailed(shares, results.error, startedMs);
    }
    this.#pump();
  }

  #put(entries: readonly Entry[]): ReturnType<StreamClient['putMessages']> {
    const { clock } = this.#environment;
    const messages = entries.map(({ message: { key, value } }) => ({ key, value }));
    const { requestTimeoutMs: ms } = this.#settings;
    const late = (): Error => new TimeoutError('read', ms, new URL(this.#client.endpoint).host);
    return withDeadline({ clock, ms, late, signal: this.#ends.signal }, (signal) =>
      this.#client.putMessages(this.#streamId, { messages }, { retryStrategy: withoutRetry, signal }),
    );
  }

  /** Everything goes again, before anything else of its key, once all sending has paused; unless nothing will help. */
  #requestFailed(shares: readonly Share[], error: unknown, startedMs: number): void {
    const mayPass = isTransient(error);
    for (const share of shares) {
      for (const entry of share.entries) {
        entry.noteFailure(error, error instanceof RequestError ? error.effect : 'none');
        if (!mayPass) this.#fail(entry, 'refused', `The request was refused: ${String(error)}`);
      }
      this.#lanes.putBack({ lane: share.lane, entries: share.entries.filter(({ isSettled }) => !isSettled) });
    }
    if (mayPass) this.#pauseAll(error, startedMs);
  }

  /** Requests that were under way together fail together: that counts once. */
  #pauseAll(error: unknown, startedMs: number): void {
    const nowMs = this.#environment.clock.now();
    if (startedMs >= this.#pausedUntilMs) this.#failuresInARow += 1;
    const pauseMs = this.#waitMs(this.#failuresInARow, retryAfterMs(error));
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
    this.#start(this.#resume());
  }

  /** A timer may be early by a part of a millisecond: the clock decides. */
  async #resume(): Promise<void> {
    const { clock } = this.#environment;
    for (let leftMs = this.#pausedUntilMs - clock.now(); leftMs > 0; leftMs = this.#pausedUntilMs - clock.now()) {
      await this.#pause(leftMs);
      if (this.#ends.signal.aborted) return;
    }
    this.#pump();
  }

  #takeResults(shares: readonly Share[], results: readonly PutMessagesResultEntry[]): void {
    let at = 0;
    const again: Share[] = [];
    for (const { lane, entries } of shares) {
      const failed = this.#takeShare(lane.key, entries, results.slice(at, at + entries.length));
      at += entries.length;
      if (failed.length > 0) again.push({ lane, entries: failed });
      else this.#lanes.release(lane);
    }
    if (again.length > 0) this.#start(this.#sendAgain(again));
  }

  /** Settles what is stored or refused for good; answers what has to go again, in order. */
  #takeShare(key: string | undefined, entries: readonly Entry[], results: readonly PutMessagesResultEntry[]): Entry[] {
    const failed: Entry[] = [];
    for (const [index, entry] of entries.entries()) {
      const result = results[index] ?? { error: 'MissingEntry', errorMessage: 'The answer has no entry for the message.' };
      const { error, errorMessage } = result;
      const isStored = error === undefined || error === null;
      if (!isStored) entry.noteFailure(new Error(`${error}: ${errorMessage ?? ''}`), results[index] === undefined ? 'unknown' : 'none');
      if (!isStored && !isTransientCode(error)) this.#fail(entry, 'refused', `The service refused the message: ${error}`);
      else if (isStored && (failed.length === 0 || key === undefined)) this.#succeed(entry, result);
      else {
        // Stored before an earlier message of its key: once more, behind that.
        if (isStored) entry.noteFailure(entry.lastFailure, 'unknown');
        failed.push(entry);
      }
    }
    return failed.filter(({ isSettled }) => !isSettled);
  }

  /** After a wait, before everything else of their keys. */
  async #sendAgain(shares: readonly Share[]): Promise<void> {
    const failures = Math.max(...shares.flatMap(({ entries }) => entries.map((entry) => entry.failures)));
    await this.#pause(this.#waitMs(failures, 0));
    for (const { lane, entries } of shares) this.#lanes.putBack({ lane, entries: entries.filter(({ isSettled }) => !isSettled) });
    this.#pump();
  }

  #waitMs(failures: number, leastMs: number): number {
    return Math.max(leastMs, waitMs(this.#backoff, { number: failures, isThrottled: false }, this.#environment.random()));
  }

  /** Fails what is over its time, for as long as there is something unsettled. */
  async #watchDeadlines(): Promise<void> {
    this.#isWatching = true;
    const { clock } = this.#environment;
    for (let { first: oldest } = this.#unsettled; oldest !== undefined; { first: oldest } = this.#unsettled) {
      await oldest.settledOrLate(clock);
      if (!oldest.isSettled) this.#failLate(clock.now());
    }
    this.#isWatching = false;
  }

  #failLate(nowMs: number): void {
    for (const entry of this.#unsettled.all) {
      if (entry.deadlineMs > nowMs) return;
      this.#fail(entry, 'timeout', `The message was not acknowledged within ${this.#settings.timeoutMs} ms.`);
    }
  }

  #succeed(entry: Entry, result: PutMessagesResultEntry): void {
    if (entry.isSettled) return;
    this.#counts.acknowledged += 1;
    entry.succeed(result);
    this.#leave(entry);
  }

  #fail(entry: Entry, reason: UndeliveredMessage['reason'], message: string): void {
    if (entry.isSettled) return;
    const error = new UndeliveredMessage(reason, message, entry.effect, { cause: entry.lastFailure });
    this.#counts.failed += 1;
    this.#unreported ??= { count: 0, first: error };
    this.#unreported.count += 1;
    entry.fail(error);
    this.#leave(entry);
  }

  #leave(entry: Entry): void {
    this.#unsettled.noteSettled();
    this.#room.leave(entry.message.bytes);
  }

  /** Resolves after `ms`, or when the producer has ended. */
  async #pause(ms: number): Promise<void> {
    await sleep(this.#environment.clock, ms, this.#ends.signal).catch(() => {});
  }

  #start(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}
