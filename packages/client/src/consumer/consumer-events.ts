// What a consumer tells of itself.
import type { ReceivedMessage } from './received-message.ts';

/** The partitions of this consumer are others than before, as GetGroup says. */
export interface RebalanceEvent {
  readonly kind: 'rebalance';
  /** Indexes in decimal, rising: those it has now. */
  readonly partitions: readonly string[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** The consumer has joined its group, at first or again; `cause` is why again. */
export interface JoinEvent {
  readonly kind: 'join';
  readonly cause: unknown;
}

/** A batch was committed. */
export interface CommitEvent {
  readonly kind: 'commit';
  /** How many messages the batch had. */
  readonly count: number;
  /** The last offset of each partition in the batch. */
  readonly offsets: Readonly<Record<string, number>>;
}

/**
 * How old the last message of a partition was when its batch was read, by the service's clock: the consumer is no further behind. The API does
 * not tell how many messages are.
 */
export interface LagEvent {
  readonly kind: 'lag';
  readonly partition: string;
  readonly offset: number;
  /** Milliseconds, to the second. */
  readonly behindMs: number;
}

/** A message went to the dead-letter stream. */
export interface DeadLetterEvent {
  readonly kind: 'deadLetter';
  readonly message: ReceivedMessage;
  /** What the handler failed with the last time. */
  readonly error: unknown;
}

/** Something failed, and the consumer goes on. */
export interface ErrorEvent {
  readonly kind: 'error';
  /** A call of the API such as `GetMessages`; `handler` when the handler threw, or its time was over. */
  readonly operation: string;
  readonly error: unknown;
}

/** What a consumer tells of itself. */
export type ConsumerEvent = RebalanceEvent | JoinEvent | CommitEvent | LagEvent | DeadLetterEvent | ErrorEvent;
