// The judge of the simulations comes to an end, whatever a store says that it holds.
import { encodeBatch } from 'millrace-records';
import { expect, test } from 'vitest';
import type { LogStore } from '../src/index.ts';
import { createWorld, openIn } from './setup.ts';
import { History } from './support/history.ts';
import { valueOf } from './support/partition-history.ts';

/** Where these stand in a batch's header. */
const field = { crc: 17, lastOffsetDelta: 23, count: 57 };
/** What a header can claim at most. */
const mostRecords = 2 ** 31 - 1;
const mostCalls = 100;

test('a damaged batch that claims more offsets than anybody appended to is reported at once, not walked', async () => {
  const world = createWorld();
  const history = new History();
  const { name, partitions } = history.addLog(1, 'forever');
  const store = await openIn(world);
  await store.createLog(name, { partitionCount: 1, retentionMs: 'forever' });
  for (const partition of partitions) {
    const append = history.addAppend(partition, 1, 20);
    await store.partition(name, 0).append(claiming(mostRecords, encodeBatch([{ key: null, value: valueOf(append) }])));
  }
  await store[Symbol.asyncDispose]();
  world.disk.damage('/data/logs/1/0/00000000000000000000.log', field.crc);

  const reopened = await openIn(world);
  endAfter(mostCalls, reopened);
  await expect(history.checkCopy(reopened, 'a beginning')).rejects.toThrow(
    `log0/0 is said to go from 0 to ${mostRecords}; 1 records were appended at most.`,
  );
  await reopened[Symbol.asyncDispose]();
});

/** The same batch, whose header says that it holds so many records. */
function claiming(records: number, batch: Buffer): Buffer {
  batch.writeInt32BE(records - 1, field.lastOffsetDelta);
  batch.writeInt32BE(records, field.count);
  return batch;
}

/** Whoever asks the store for a partition more often than that has not stopped to. */
function endAfter(calls: number, store: LogStore): void {
  const partition = store.partition.bind(store);
  let left = calls;
  store.partition = (name, index) => {
    left -= 1;
    if (left < 0) throw new Error(`The store was asked more than ${calls} times.`);
    return partition(name, index);
  };
}
