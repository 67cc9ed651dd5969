// The processes of row restart. `grow <directory> <GiB>` spreads that much over 10,000 partitions and closes; `touch <directory>`
// appends to a hundred of them and waits to be killed; `open <directory>` opens what is there, says how long it took, and ends.
import { randomBytes } from 'node:crypto';
import { type LogStore, openLogStore } from 'millrace-log';
import { encodeBatch } from 'millrace-records';

/** What `open` says. */
export interface Restarted {
  readonly openMs: number;
  /** Of all partitions together. */
  readonly endOffsets: number;
  readonly rssMiB: number;
}

/** What the others say: the records they had acknowledged. */
export interface Appended {
  readonly records: number;
}

const logs = 100;
const partitionsEach = 100;
const appendsInFlight = 16;
const touchedPartitions = 100;
const settings = { partitionCount: partitionsEach, retentionMs: 'forever' } as const;

const [task, directory = '', gib = '0'] = process.argv.slice(2);
const tasks: Readonly<Record<string, () => Promise<Restarted | Appended>>> = { grow, touch, open };
console.log(JSON.stringify(await tasks[task ?? '']?.()));

async function grow(): Promise<Appended> {
  await using store = await openLogStore({ directory, durability: 'async' });
  for (let log = 0; log < logs; log++) await store.createLog(nameOf(log), settings);
  const bytes = Math.round((Number(gib) * 1024 ** 3) / (logs * partitionsEach));
  let next = 0;
  const appendOn = async (): Promise<void> => {
    for (let index = next++; index < logs * partitionsEach; index = next++) await appendTo(store, index, bytes);
  };
  await Promise.all(Array.from({ length: appendsInFlight }, appendOn));
  return { records: logs * partitionsEach };
}

/** Leaves the store open. */
async function touch(): Promise<Appended> {
  const store = await openLogStore({ directory });
  for (let index = 0; index < touchedPartitions; index++) await appendTo(store, index * (logs - 1), 1024);
  setInterval(() => {}, 60_000);
  return { records: touchedPartitions };
}

async function open(): Promise<Restarted> {
  const startedAt = performance.now();
  await using store = await openLogStore({ directory });
  const openMs = performance.now() - startedAt;
  let endOffsets = 0;
  for (let log = 0; log < logs; log++) {
    for (let partition = 0; partition < partitionsEach; partition++) {
      endOffsets += (await store.partition(nameOf(log), partition).bounds()).endOffset;
    }
  }
  return { openMs, endOffsets, rssMiB: process.memoryUsage().rss / 1024 ** 2 };
}

/** One record of so many bytes. */
async function appendTo(store: LogStore, index: number, bytes: number): Promise<void> {
  const value = randomBytes(bytes);
  await store.partition(nameOf(Math.floor(index / partitionsEach)), index % partitionsEach).append(encodeBatch([{ key: null, value }]));
}

function nameOf(log: number): string {
  return `bench-${log}`;
}
