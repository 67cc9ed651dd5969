// A server with one stream on a clock of its own, for tests of consumer groups.

import { encodeBatch } from 'millrace-records';
import { messageLogOf } from '../../src/admin/catalogue.ts';
import type { StreamRecord } from '../../src/admin/catalogue-state.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type ComposedServer, composeServer } from '../http/composed-server.ts';
import { TestClock } from '../support/test-clock.ts';
import { GroupClient } from './group-client.ts';

export interface GroupStage extends AsyncDisposable {
  readonly clock: TestClock;
  readonly server: ComposedServer;
  readonly streamId: string;
  readonly group: GroupClient;
  /** Stores one batch of these values in a partition. */
  append(partition: number, ...values: readonly string[]): Promise<void>;
  /** Retention forgets what is before `offset`. */
  trim(partition: number, offset: number): Promise<void>;
  /** Offsets behind the commands in the logs of all groups. */
  commandCount(): Promise<number>;
  /** A cursor at the oldest message of partition 0. */
  partitionCursor(): string;
  otherStream(name: string): Promise<GroupClient>;
  deleteStream(): Promise<void>;
}

/** Starts it, on the memory engine. */
export async function stageGroup({ partitions }: { readonly partitions: number }): Promise<GroupStage> {
  const clock = new TestClock();
  const server = await composeServer({ clock });
  const { service } = server;
  const { engine, catalogue, cursors } = service;
  const make = async (name: string): Promise<StreamRecord> => {
    const created = await catalogue.createStream({
      name,
      partitions,
      retentionInHours: 24,
      compartmentId: 'c',
      freeformTags: {},
      definedTags: {},
    });
    return created.stream;
  };
  const stream = await make('orders');
  const clientOf = ({ id }: StreamRecord): GroupClient => new GroupClient(server.client, id, () => ({ date: new Date(clock.now()) }));
  const logOf = (partition: number): ReturnType<Engine['partition']> => engine.partition(messageLogOf(stream), partition);
  return {
    clock,
    server,
    streamId: stream.id,
    group: clientOf(stream),
    append: async (partition, ...values) => {
      await logOf(partition).append(encodeBatch(values.map((value) => ({ key: null, value: Buffer.from(value) }))));
    },
    trim: (partition, offset) => logOf(partition).trim(offset),
    commandCount: async () => {
      let count = 0;
      for (let index = 0; index < catalogue.groupLogCount; index += 1) {
        count += (await engine.partition('_millrace.groups', index).bounds()).endOffset;
      }
      return count;
    },
    partitionCursor: () => cursors.encode(stream.id, { partition: 0, position: { kind: 'horizon' } }, clock.now()),
    otherStream: async (name) => clientOf(await make(name)),
    deleteStream: async () => {
      await catalogue.deleteStream(stream.id);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
