// The calls of one consumer to its group, each made until it succeeds or cannot.
import { header } from 'millrace-protocol';
import { ServiceError } from '../errors.ts';
import type { StreamClient } from '../stream-client.ts';
import type { ConsumerSettings } from './consumer-options.ts';
import { Pace } from './pace.ts';
import type { AttemptOptions, Persistence } from './persistence.ts';
import type { ReceivedMessage } from './received-message.ts';

/** As much of a `StreamClient` as a consumer uses. */
export type GroupClient = Pick<
  StreamClient,
  'endpoint' | 'createGroupCursor' | 'receiveMessages' | 'consumerCommit' | 'consumerHeartbeat' | 'getGroup' | 'putMessages'
>;

/** What a read brought. */
export interface GroupRead {
  readonly messages: readonly ReceivedMessage[];
  /** Covers these messages: to commit them with, and to read on with. */
  readonly cursor: string;
  /** The service's clock when it answered, Unix milliseconds, to the second; NaN if it does not say. */
  readonly serviceMs: number;
}

/** The service does not take the cursor any more: it has expired, or its instance is no longer what it was. `cause` is the refusal. */
export class StaleCursor extends Error {
  override readonly name = 'StaleCursor';

  constructor(cause: ServiceError) {
    super('The cursor does not count any more.', { cause });
  }
}

/** Calls with the group's cursors. Each rejects with `StaleCursor` where a new cursor may help. */
export class GroupCalls {
  readonly #client: GroupClient;
  readonly #streamId: string;
  readonly #settings: ConsumerSettings;
  readonly #persistence: Persistence;
  readonly #pace: Pace;

  constructor(client: GroupClient, streamId: string, settings: ConsumerSettings, persistence: Persistence, pace: Pace) {
    this.#client = client;
    this.#streamId = streamId;
    this.#settings = settings;
    this.#persistence = persistence;
    this.#pace = pace;
  }

  async join(signal: AbortSignal): Promise<string> {
    const { groupName, instanceName, start, timeoutMs } = this.#settings;
    const place = start instanceof Date ? ({ type: 'AT_TIME', time: start } as const) : { type: start };
    const details = { groupName, instanceName, ...place, timeoutInMs: timeoutMs, commitOnGet: false };
    const { data } = await this.#call('CreateGroupCursor', signal, (options) =>
      this.#client.createGroupCursor(this.#streamId, details, options),
    );
    return data.value;
  }

  /** Waits for its turn first. */
  async read(cursor: string, signal: AbortSignal): Promise<GroupRead> {
    const { maxMessages: limit, waitMs, requestTimeoutMs } = this.#settings;
    const read = (options: AttemptOptions) =>
      this.#pace.read(async () => {
        const response = await this.#client.receiveMessages(this.#streamId, cursor, { limit, waitMs, ...options });
        return { response, count: response.data.length, isWaiting: response.header(header.waitMs) !== undefined };
      }, options.signal);
    // The pause before the read counts too, and is never longer than `maxPollMs`.
    const timeoutMs = this.#settings.maxPollMs + waitMs + requestTimeoutMs;
    const { response } = await staleIfRefused(this.#persistence.call('GetMessages', timeoutMs, signal, read));
    const serviceMs = Date.parse(response.header('date') ?? '');
    return { messages: response.data, cursor: response.nextCursor ?? cursor, serviceMs };
  }

  /** Answers the cursor to go on with. */
  async commit(cursor: string, signal: AbortSignal): Promise<string> {
    const commit = (options: AttemptOptions) => this.#client.consumerCommit(this.#streamId, cursor, options);
    return (await staleIfRefused(this.#call('ConsumerCommit', signal, commit))).data.value;
  }

  /** Answers the cursor to go on with. One attempt: a late heartbeat is worth nothing. */
  async heartbeat(cursor: string, signal: AbortSignal): Promise<string> {
    const heartbeat = (options: AttemptOptions) => this.#client.consumerHeartbeat(this.#streamId, cursor, options);
    return (await staleIfRefused(this.#persistence.once(this.#settings.timeoutMs / 3, signal, heartbeat))).data.value;
  }

  /** Indexes of the partitions that are reserved for this consumer, rising. One attempt. */
  async partitions(signal: AbortSignal): Promise<string[]> {
    const { groupName, instanceName, requestTimeoutMs } = this.#settings;
    const { data } = await this.#persistence.once(requestTimeoutMs, signal, (options) =>
      this.#client.getGroup(this.#streamId, groupName, options),
    );
    const own = (data.reservations ?? []).filter(({ reservedInstance }) => reservedInstance === instanceName);
    return own.flatMap(({ partition }) => partition ?? []).toSorted((a, b) => Number(a) - Number(b));
  }

  #call<Result>(operation: string, signal: AbortSignal, attempt: (options: AttemptOptions) => Promise<Result>): Promise<Result> {
    return this.#persistence.call(operation, this.#settings.requestTimeoutMs, signal, attempt);
  }
}

/** With a cursor in hand a 400 speaks of the cursor: all else was right before. Decided by the status, never by the text. */
async function staleIfRefused<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof ServiceError && error.status === 400 ? new StaleCursor(error) : error;
  }
}
