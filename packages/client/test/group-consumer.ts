// One consumer of a group, as users write them, over either client: ours and the official one.
import common from 'oci-common';
import streaming from 'oci-streaming';
import type { CreateGroupCursorDetails, StreamClient } from '../src/index.ts';
import type { TestService } from './service.ts';

/** A message as both clients give it. */
export interface Received {
  readonly partition: string;
  readonly offset: number;
  /** Base64. */
  readonly value: string;
}

/** One partition in GetGroup, absent members left out. */
export interface Reservation {
  readonly partition: string;
  readonly committedOffset?: number;
  readonly reservedInstance?: string;
}

/** The calls of a consumer of one stream. */
export interface GroupCalls {
  put(values: readonly string[], keyOf: (index: number) => string): Promise<readonly Received[]>;
  join(details: CreateGroupCursorDetails): Promise<string>;
  read(cursor: string, limit: number): Promise<{ readonly messages: readonly Received[]; readonly next: string }>;
  commit(cursor: string): Promise<string>;
  heartbeat(cursor: string): Promise<string>;
  reservations(groupName: string): Promise<readonly Reservation[]>;
  close(): void;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** With `millrace-client`. */
export function ourCalls({ client, streamId }: TestService): GroupCalls {
  return {
    async put(values, keyOf) {
      const messages = values.map((value, index) => ({ key: base64(keyOf(index)), value: base64(value) }));
      const { data } = await client.putMessages(streamId, { messages });
      return data.entries.map(({ partition, offset }, index) => received(partition, offset, messages[index]?.value));
    },
    join: async (details) => (await client.createGroupCursor(streamId, details)).data.value,
    async read(cursor, limit) {
      const { data, nextCursor = '' } = await client.getMessages(streamId, cursor, { limit });
      return { messages: data.map(({ partition, offset, value }) => ({ partition, offset, value })), next: nextCursor };
    },
    commit: async (cursor) => (await client.consumerCommit(streamId, cursor)).data.value,
    heartbeat: async (cursor) => (await client.consumerHeartbeat(streamId, cursor)).data.value,
    reservations: async (groupName) => reservationsOf((await client.getGroup(streamId, groupName)).data.reservations ?? []),
    close: () => client.close(),
  };
}

/** With the official `oci-streaming`, unmodified, made from the config file that the service wrote. */
export function officialCalls({ configPath, url, streamId }: TestService): GroupCalls {
  const authenticationDetailsProvider = new common.ConfigFileAuthenticationDetailsProvider(configPath, 'DEFAULT');
  const client = new streaming.StreamClient({ authenticationDetailsProvider });
  client.endpoint = url;
  return {
    async put(values, keyOf) {
      const messages = values.map((value, index) => ({ key: base64(keyOf(index)), value: base64(value) }));
      const { putMessagesResult } = await client.putMessages({ streamId, putMessagesDetails: { messages } });
      return putMessagesResult.entries.map(({ partition, offset }, index) => received(partition, offset, messages[index]?.value));
    },
    async join({ type, ...details }) {
      const official = { ...details, type: type as streaming.models.CreateGroupCursorDetails.Type };
      // Both take the same members; the official types know neither `undefined` nor times as text.
      const createGroupCursorDetails = official as streaming.models.CreateGroupCursorDetails;
      return (await client.createGroupCursor({ streamId, createGroupCursorDetails })).cursor.value;
    },
    async read(cursor, limit) {
      const { items, opcNextCursor } = await client.getMessages({ streamId, cursor, limit });
      return { messages: items.map(({ partition, offset, value }) => ({ partition, offset, value })), next: opcNextCursor };
    },
    commit: async (cursor) => (await client.consumerCommit({ streamId, cursor })).cursor.value,
    heartbeat: async (cursor) => (await client.consumerHeartbeat({ streamId, cursor })).cursor.value,
    reservations: async (groupName) => reservationsOf((await client.getGroup({ streamId, groupName })).group.reservations ?? []),
    close: () => client.close(),
  };
}

function received(partition: string | null | undefined, offset: number | null | undefined, value = ''): Received {
  if (typeof partition !== 'string' || typeof offset !== 'number') throw new Error('A message was refused.');
  return { partition, offset, value };
}

type ShownReservation = NonNullable<Awaited<ReturnType<StreamClient['getGroup']>>['data']['reservations']>[number];

function reservationsOf(shown: readonly ShownReservation[]): Reservation[] {
  return shown.map(({ partition, committedOffset, reservedInstance }) => ({
    partition: partition ?? '',
    ...(typeof committedOffset === 'number' ? { committedOffset } : {}),
    ...(typeof reservedInstance === 'string' ? { reservedInstance } : {}),
  }));
}

/** Who got a message. */
export interface Delivery extends Received {
  readonly consumer: string;
}

interface ConsumerChoices {
  readonly groupName: string;
  readonly instanceName: string;
  readonly commitOnGet: boolean;
}

/** A consumer: reads, takes down what it got, and commits by hand unless reading does. */
export class GroupConsumer {
  readonly name: string;
  readonly #calls: GroupCalls;
  readonly #commitOnGet: boolean;
  readonly #ledger: Delivery[];
  #cursor: string;

  private constructor(calls: GroupCalls, { instanceName, commitOnGet }: ConsumerChoices, ledger: Delivery[], cursor: string) {
    this.#calls = calls;
    this.name = instanceName;
    this.#commitOnGet = commitOnGet;
    this.#ledger = ledger;
    this.#cursor = cursor;
  }

  /** `ledger` takes down every message it is given, in order of the answers. */
  static async join(calls: GroupCalls, choices: ConsumerChoices, ledger: Delivery[]): Promise<GroupConsumer> {
    const cursor = await calls.join({ ...choices, type: 'TRIM_HORIZON' });
    return new GroupConsumer(calls, choices, ledger, cursor);
  }

  /** Reads up to `limit` messages, and commits them unless the next read does; answers how many came. */
  async turn(limit: number): Promise<number> {
    const count = await this.read(limit);
    if (!this.#commitOnGet && count > 0) this.#cursor = await this.#calls.commit(this.#cursor);
    return count;
  }

  /** Reads and commits nothing of it. */
  async read(limit: number): Promise<number> {
    const { messages, next } = await this.#calls.read(this.#cursor, limit);
    this.#cursor = next;
    this.#ledger.push(...messages.map((message) => ({ ...message, consumer: this.name })));
    return messages.length;
  }

  /** Says that it is still there. */
  async stay(): Promise<void> {
    this.#cursor = await this.#calls.heartbeat(this.#cursor);
  }
}
