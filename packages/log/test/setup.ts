// A store on a simulated disk and clock, for tests.
import { encodeBatch, RecordReader } from 'millrace-records';
import { type LogStore, type LogStoreOptions, openLogStore, type PartitionHandle } from '../src/index.ts';
import { CrashDisk, type CrashFileSystem } from './support/crash-file-system.ts';
import { ManualClock, Seeded } from './support/seeded.ts';

/** What the openings of one data directory share. */
export interface World {
  readonly disk: CrashDisk;
  readonly clock: ManualClock;
  readonly random: Seeded;
}

export const directory = '/data';
export const everything: { maxBytes: number; maxRecords: number; waitMs: number } = {
  maxBytes: 1_000_000,
  maxRecords: 1_000_000,
  waitMs: 0,
};

/** An empty disk and a clock that stands still. */
export function createWorld(seed = 1): World {
  const random = new Seeded(seed);
  return { disk: new CrashDisk(random), clock: new ManualClock(), random };
}

/** Opens the world's directory through `fileSystem`, as a process of a new boot. */
export function openIn(
  world: World,
  options: Partial<LogStoreOptions> = {},
  fileSystem: CrashFileSystem = world.disk.mount(),
): Promise<LogStore> {
  return openLogStore({
    directory,
    journalFileBytes: 64 * 1024,
    segmentBytes: 64 * 1024,
    clock: world.clock,
    random: (length) => world.random.bytes(length),
    fileSystem,
    host: { pid: 1, bootId: String(world.random.next()), startedAt: () => 'start' },
    ...options,
  });
}

/** A batch with one record for each value. */
export function batchOf(...values: (string | Buffer)[]): Buffer {
  return encodeBatch(values.map((value) => ({ key: null, value: Buffer.from(value) })));
}

/** The values of a partition from `from` on (its start if left out), read until its end. */
export async function valuesOf(partition: PartitionHandle, from?: number): Promise<string[]> {
  const values: string[] = [];
  const { startOffset, endOffset } = await partition.bounds();
  const first = from ?? startOffset;
  for (let next = first; next < endOffset; ) {
    const { batches, nextOffset } = await partition.read(next, everything);
    values.push(...batches.flatMap((batch) => valuesIn(batch, first)));
    next = nextOffset;
  }
  return values;
}

/** The values of a batch, from offset `first` on. */
export function valuesIn(batch: Buffer, first = 0): string[] {
  const values: string[] = [];
  const reader = new RecordReader(batch);
  while (reader.next()) if (reader.offset >= first) values.push(reader.value().toString());
  return values;
}

/** Lets everything that waits for nothing but its turn happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}
