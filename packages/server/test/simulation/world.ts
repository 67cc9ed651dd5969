// What clients and judges share in one life of the service: chance, time, the service itself, and how it is called.
import type { LogStore } from 'millrace-log';
import type { CrashFileSystem, ManualClock, Scheduler, Seeded, Tally } from 'millrace-log/test-support';
import type { OperationName } from 'millrace-protocol';
import type { Service } from '../../src/service.ts';
import { callService, type Reply, type Sent } from './call.ts';
import { law } from './law.ts';

/** Counts what happens, over all lives: of two moments the later one is larger. */
export class Moments {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** The times that a caller can see. */
export interface Times {
  /** When in the order of all that happens. */
  readonly moment: number;
  readonly wallMs: number;
  readonly elapsedMs: number;
  /** The log's own time. */
  readonly logMs: number;
}

/** A call with its answer. */
export interface Exchange {
  readonly from: Times;
  readonly to: Times;
  readonly reply: Reply;
}

/** What a world is made of. */
export interface WorldParts {
  readonly random: Seeded;
  readonly clock: ManualClock;
  readonly scheduler: Scheduler;
  readonly fileSystem: CrashFileSystem;
  readonly tally: Tally;
  readonly moments: Moments;
  readonly store: LogStore;
  readonly service: Service;
  /** The size of large messages, bytes. */
  readonly largeBytes: number;
  /** From so many bytes of puts on, puts may be refused as too many. */
  readonly crowdBytes: number;
  /** True if stored bytes may be unreadable: 500 is allowed then. */
  readonly isHurt: () => boolean;
  readonly trace: (line: string) => void;
}

/** One life of the service, as its callers see it. */
export class World {
  readonly parts: WorldParts;
  /** From now on calls may be refused. */
  isClosing = false;
  /** Bytes of puts that were not answered yet, about. */
  #bytesInFlight = 0;
  /** The last moment at which there may have been more of them than there is room for. */
  #crowdedAt = 0;
  readonly #draining = new AbortController();
  /** What waits, and when it certainly waits no longer. */
  readonly #waits = new Set<() => string | undefined>();

  constructor(parts: WorldParts) {
    this.parts = parts;
  }

  /** Ends waits, as the listener does when the server stops. */
  drain(): void {
    this.#draining.abort();
  }

  /** Until the returned function is called, something waits; `overdue` says, in words, if it should not any more. */
  wait(overdue: () => string | undefined): () => void {
    this.#waits.add(overdue);
    return () => this.#waits.delete(overdue);
  }

  /** Nothing can go on before time does: who waits then, waits for something that is not there. */
  judgeIdle(): void {
    for (const overdue of this.#waits) {
      const told = overdue();
      law(told === undefined, () => told ?? '');
    }
  }

  /** Counts a put of about so many bytes until the returned function is called. */
  enter(bytes: number): () => void {
    this.#bytesInFlight += bytes;
    this.#noteCrowd();
    return () => {
      this.#noteCrowd();
      this.#bytesInFlight -= bytes;
    };
  }

  #noteCrowd(): void {
    if (this.#bytesInFlight > this.parts.crowdBytes) this.#crowdedAt = this.parts.moments.next();
  }

  /** Now. */
  times(): Times {
    const { moments, clock, store } = this.parts;
    return { moment: moments.next(), wallMs: clock.wallMs, elapsedMs: clock.elapsedMs, logMs: store.clock.now() };
  }

  /** True when waits end before their time. */
  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /**
   * Calls the service and holds the answer against what every call is promised. Never answers once the process is dead:
   * nobody could have heard it.
   */
  async call(operation: OperationName, sent: Sent, caller: string): Promise<Exchange> {
    const { service, fileSystem, trace } = this.parts;
    const from = this.times();
    trace(`${caller} ${operation} ${JSON.stringify(sent.path ?? sent.query ?? {})}`);
    const signal = sent.signal === undefined ? this.#draining.signal : AbortSignal.any([sent.signal, this.#draining.signal]);
    const reply = await callService(service, operation, { ...sent, signal }).catch((error: unknown) => {
      if (fileSystem.isDead) return undefined;
      throw error;
    });
    if (fileSystem.isDead || reply === undefined) return await new Promise(() => {});
    trace(`${caller} ${operation} -> ${reply.status} ${reply.code} ${reply.message}`);
    this.#judge(operation, reply, from.moment);
    return { from, to: this.times(), reply };
  }

  /** True if a call that began at `from` may be refused for want of storage, or of room. */
  mayFail(from: number): boolean {
    return this.isClosing || this.parts.fileSystem.failures > 0 || this.#wasCrowded(from);
  }

  #wasCrowded(from: number): boolean {
    return this.#crowdedAt > from || this.#bytesInFlight > this.parts.crowdBytes;
  }

  #judge(operation: OperationName, { status, code, message }: Reply, from: number): void {
    const { tally } = this.parts;
    if (status >= 400) tally.add(`refused with ${status} ${code}`);
    if (status === 503) law(this.mayFail(from), () => `${operation} answered 503 though nothing had failed: ${message}`);
    if (status === 500) law(this.parts.isHurt(), () => `${operation} answered 500 though nothing was damaged: ${message}`);
    // Commands have a share of their own, which they never fill here.
    const mayBeTooMany = operation === 'PutMessages' && this.#wasCrowded(from);
    if (status === 429) law(mayBeTooMany, () => `${operation} answered 429 with ${this.#bytesInFlight} bytes in flight.`);
    law([200, 204, 400, 404, 409, 412, 429, 500, 503].includes(status), () => `${operation} answered ${status} ${code}: ${message}`);
  }
}

/** True if an answer says that the change may or may not have happened. */
export function isUnknown({ status }: Reply): boolean {
  return status >= 500;
}
