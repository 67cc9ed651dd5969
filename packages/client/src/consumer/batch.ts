// What a consumer gives out, and what it remembers of it.
import { notNeeded } from '../not-needed.ts';
import type { GroupRead } from './group-calls.ts';
import type { ReceivedMessage } from './received-message.ts';

/** Messages of one or more partitions, in order for each. */
export interface ConsumerBatch {
  /** One or more. */
  readonly messages: readonly ReceivedMessage[];
  /** Aborted when it is known that other consumers are given these messages, and when closing does not wait any longer. */
  readonly signal: AbortSignal;
  /**
   * Commits this batch and all before it; resolves when that is durable. Rejects with `CommitRefused`, and with `ConsumerClosed` when
   * closing is over.
   */
  commit(): Promise<void>;
}

/** A cursor that heartbeats and commits renew. */
export interface CursorRef {
  value: string;
}

/** A batch between its reading and its end. */
export class Batch implements ConsumerBatch {
  readonly messages: readonly ReceivedMessage[];
  /** Covers the batch. */
  readonly ref: CursorRef;
  readonly #lost = new AbortController();
  readonly #done = new AbortController();
  readonly #commit: (batch: Batch) => Promise<void>;
  #committing: Promise<void> | undefined;

  constructor({ messages }: GroupRead, ref: CursorRef, commit: (batch: Batch) => Promise<void>) {
    this.messages = messages;
    this.ref = ref;
    this.#commit = commit;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborted when nobody works on the batch any more. */
  get done(): AbortSignal {
    return this.#done.signal;
  }

  get isCommitted(): boolean {
    return this.#committing !== undefined;
  }

  async commit(): Promise<void> {
    this.#committing ??= this.#commit(this);
    await this.#committing;
  }

  /** The last offset of each partition. */
  get offsets(): Record<string, number> {
    return Object.fromEntries(this.messages.map(({ partition, offset }) => [partition, offset]));
  }

  lose(reason: unknown): void {
    this.#lost.abort(reason);
  }

  finish(): void {
    this.#done.abort(notNeeded);
  }
}
