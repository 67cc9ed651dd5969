// The processes of row recovery: `fill <directory> <n>` appends batches of n messages until 1 GiB lies in the journal, says so
// and waits to be killed;
// `open <directory>` opens what that left, says how long it took, and ends.
import { randomBytes } from 'node:crypto';
import { openLogStore } from 'millrace-log';
import { encodeBatch } from 'millrace-records';
import { messageBytes } from '../load/put-body.ts';

/** What `fill` says. */
export interface Filled {
  /** The first offset that was not acknowledged. */
  readonly offset: number;
}

/** What `open` says. */
export interface Opened {
  readonly openMs: number;
  readonly endOffset: number;
  readonly rssMiB: number;
}

const fillBytes = 1024 ** 3;
const appendsInFlight = 64;
/** A checkpoint begins when half of the journal's files (64 MiB each) are used: with so many, behind a GiB. */
const journalFileCount = 40;

const [task, directory = '', batchMessages] = process.argv.slice(2);
console.log(JSON.stringify(task === 'fill' ? await fill(Number(batchMessages)) : await open()));

/** Leaves the store open. */
async function fill(messages: number): Promise<Filled> {
  const store = await openLogStore({ directory, journalFileCount });
  await store.createLog('bench', { partitionCount: 1, retentionMs: 'forever' });
  const partition = store.partition('bench', 0);
  let bytes = 0;
  const appendOn = async (): Promise<void> => {
    while (bytes < fillBytes) {
      const batch = createBatch(messages);
      bytes += batch.length;
      await partition.append(batch);
    }
  };
  await Promise.all(Array.from({ length: appendsInFlight }, appendOn));
  setInterval(() => {}, 60_000);
  return { offset: (await partition.bounds()).endOffset };
}

async function open(): Promise<Opened> {
  const startedAt = performance.now();
  await using store = await openLogStore({ directory, journalFileCount });
  const { endOffset } = await store.partition('bench', 0).bounds();
  return { openMs: performance.now() - startedAt, endOffset, rssMiB: process.memoryUsage().rss / 1024 ** 2 };
}

function createBatch(messages: number): Buffer {
  const records = Array.from({ length: messages }, () => ({ key: null, value: randomBytes(messageBytes) }));
  return encodeBatch(records);
}
