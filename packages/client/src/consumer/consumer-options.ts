// What a consumer can be told: one place an option.
import { limits } from 'millrace-protocol';
import { checkedOptions, type NumberOptions } from '../check-options.ts';
import type { StreamClient } from '../stream-client.ts';
import type { ConsumerEvent } from './consumer-events.ts';

/** Where messages go that the handler could not do. */
export interface DeadLetter {
  /** OCID of the stream they are put into, with their key and value. */
  readonly streamId: string;
  /** For a stream of another endpoint; the consumer's own client if not given. */
  readonly client?: Pick<StreamClient, 'putMessages' | 'endpoint'> | undefined;
}

/** What a `Consumer` takes beside its client and stream. Numbers are whole. */
export interface ConsumerOptions {
  /** 1 to 255 characters. The group is made if there is none. */
  readonly groupName: string;
  /**
   * Names this consumer in its group, one at a time: who joins under the name again takes over the partitions at once. A UUID if not given; then
   * the partitions of a consumer that was ended are free when its timeout is over.
   */
  readonly instanceName?: string | undefined;
  /** Where a new group begins: at the oldest message (the default), behind the newest, or at a time. An existing one goes on where it is. */
  readonly start?: 'TRIM_HORIZON' | 'LATEST' | Date | undefined;
  /** Milliseconds without a sign of life after which others get the partitions: 1,000 to 2^31 - 1; 30,000 if not given (OCI asks for 5,000 or more). */
  readonly timeoutMs?: number | undefined;
  /** `auto`, the default: a batch is committed when the next one is asked for. `manual`: by `commit` alone. */
  readonly commit?: 'auto' | 'manual' | undefined;
  /** Messages in a batch, at most: 1 to 10,000, which is the default. The service has a bound of bytes too. */
  readonly maxMessages?: number | undefined;
  /** Whether the next batch is read while one is handled; true if not given. */
  readonly readAhead?: boolean | undefined;
  /** Milliseconds a service that can wait is asked to wait for messages: 0 to 30,000; 10,000 if not given. */
  readonly waitMs?: number | undefined;
  /** Longest pause between reads of a service that cannot wait, while nothing comes: 200 to 60,000 ms; 1,000 if not given. */
  readonly maxPollMs?: number | undefined;
  /** Handlers of `run` at work at a time: 1 to 10,000; 1 if not given. */
  readonly concurrency?: number | undefined;
  /** What handlers at work at the same time keep in order: the messages of a `partition` (the default), or only those of a `key`. */
  readonly orderPer?: 'partition' | 'key' | undefined;
  /** How often the handler of `run` is given a message before it counts as failed: 1 to 1,000; 3 if not given. */
  readonly attempts?: number | undefined;
  /** Milliseconds the handler may take for a message: 1 to 86,400,000, or Infinity; 300,000 if not given. */
  readonly handlerTimeoutMs?: number | undefined;
  /** Where messages that have failed go; without it the consumer ends with `HandlerFailed`. */
  readonly deadLetter?: DeadLetter | undefined;
  /** Milliseconds a call may take beside `waitMs`: 1 to 600,000; 30,000 if not given. */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest wait between two attempts of a call or a handler: 1 to 600,000 ms; 10,000 if not given. */
  readonly maxBackoffMs?: number | undefined;
  /** Aborting it is the same as `close()`. */
  readonly signal?: AbortSignal | undefined;
  /** Told of everything; what it throws is ignored. With it the group is asked for now and then, to tell of rebalances. */
  readonly onEvent?: ((event: ConsumerEvent) => void) | undefined;
}

type NumberName =
  | 'timeoutMs'
  | 'maxMessages'
  | 'waitMs'
  | 'maxPollMs'
  | 'concurrency'
  | 'attempts'
  | 'handlerTimeoutMs'
  | 'requestTimeoutMs'
  | 'maxBackoffMs';

/** All options, defaults filled in. */
export interface ConsumerSettings extends Readonly<Record<NumberName, number>> {
  readonly groupName: string;
  readonly instanceName: string;
  readonly start: 'TRIM_HORIZON' | 'LATEST' | Date;
  readonly commit: 'auto' | 'manual';
  readonly readAhead: boolean;
  readonly orderPer: 'partition' | 'key';
  readonly deadLetter: DeadLetter | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: ((event: ConsumerEvent) => void) | undefined;
}

const table: NumberOptions<NumberName> = {
  timeoutMs: limits.groupTimeoutMs,
  maxMessages: { ...limits.getLimit, default: limits.getLimit.max },
  waitMs: { ...limits.waitMs, default: 10_000 },
  maxPollMs: { min: 200, max: 60_000, default: 1000 },
  concurrency: { min: 1, max: 10_000, default: 1 },
  attempts: { min: 1, max: 1000, default: 3 },
  handlerTimeoutMs: { min: 1, max: 86_400_000, default: 300_000, unlimited: true },
  requestTimeoutMs: { min: 1, max: 600_000, default: 30_000 },
  maxBackoffMs: { min: 1, max: 600_000, default: 10_000 },
};

const otherNames = ['groupName', 'instanceName', 'start', 'commit', 'readAhead', 'orderPer', 'deadLetter', 'signal', 'onEvent'];

/** Defaults filled in. Throws `TypeError` for an unknown name or a wrong word, `RangeError` for a number out of its range. */
export function consumerSettings(options: ConsumerOptions): ConsumerSettings {
  const numbers = checkedOptions('consumer', table, { ...options }, otherNames);
  const { groupName, instanceName, start, commit, readAhead, orderPer, deadLetter, signal, onEvent } = options;
  if (typeof groupName !== 'string' || groupName === '') throw new TypeError('groupName: expected 1 to 255 characters.');
  return {
    ...numbers,
    groupName,
    instanceName: instanceName ?? globalThis.crypto.randomUUID(),
    start: start instanceof Date ? start : oneOf<'TRIM_HORIZON' | 'LATEST'>('start', start, ['TRIM_HORIZON', 'LATEST']),
    commit: oneOf('commit', commit, ['auto', 'manual']),
    readAhead: readAhead ?? true,
    orderPer: oneOf('orderPer', orderPer, ['partition', 'key']),
    deadLetter,
    signal,
    onEvent,
  };
}

/** The first word is the default. */
function oneOf<Word extends string>(name: string, value: Word | undefined, words: readonly [Word, ...Word[]]): Word {
  if (value === undefined || value === null) return words[0];
  if (words.includes(value)) return value;
  throw new TypeError(`${name}: expected ${words.join(' or ')}, got ${JSON.stringify(value)}.`);
}
