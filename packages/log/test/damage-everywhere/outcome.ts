// What a damaged directory gives: an opening that is refused, or every batch as it was acknowledged or refused by name.
import { baseOffsetOf, endOffsetOf, timestampOf } from 'millrace-records';
import { LogError, type LogStore, OffsetOutOfRange, openLogStore } from '../../src/index.ts';
import type { CrashDisk } from '../support/crash-file-system.ts';
import { ManualClock, Seeded } from '../support/seeded.ts';

/** A batch as it was acknowledged: the log and partition it is in, its offsets, its bytes as they are stored. */
export interface Acknowledged {
  readonly log: string;
  readonly partition: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** How an opening and reading everything went. */
export interface Outcome {
  /** Why the opening was refused; nothing else is known then. */
  readonly refused?: string;
  /** Batches whose reading was refused as damage, with the message. */
  readonly damaged: ReadonlyMap<Acknowledged, string>;
  /** Batches that the store says it does not have. */
  readonly missing: readonly Acknowledged[];
  /** Whatever must never be: other bytes, other errors. */
  readonly wrong: readonly string[];
}

/** Options of the stores that are damaged. */
export const options = { directory: '/data', journalFileBytes: 4096, journalFileCount: 2, segmentBytes: 1024 } as const;

/** Opens what is on a disk, reads from the first offset of each batch, and one after the other from the start of each partition. */
export async function outcomeOf(
  disk: CrashDisk,
  acknowledged: readonly Acknowledged[],
  journalFileBytes: number = options.journalFileBytes,
): Promise<Outcome> {
  const random = new Seeded(2);
  const opened = await openLogStore({
    ...options,
    journalFileBytes,
    fileSystem: disk.mount(),
    clock: new ManualClock(),
    random: (length) => random.bytes(length),
    host: { pid: 1, bootId: 'another boot', startedAt: () => 'start' },
  }).catch((error: unknown) => String(error));
  if (typeof opened === 'string') return { refused: opened, damaged: new Map(), missing: [], wrong: [] };
  const damaged = new Map<Acknowledged, string>();
  const missing: Acknowledged[] = [];
  const wrong: string[] = [];
  for (const one of acknowledged) {
    const read = await readBatch(opened, one, one.offset);
    if (read instanceof Buffer) {
      if (!read.equals(one.bytes)) wrong.push(`${nameOf(one)} has other bytes`);
    } else if (read instanceof OffsetOutOfRange || read === undefined) {
      missing.push(one);
    } else if (read instanceof LogError && read.code === 'Damaged') {
      damaged.set(one, read.message);
    } else wrong.push(`${nameOf(one)} gave ${String(read)}`);
  }
  wrong.push(...(await walk(opened, acknowledged)));
  for (const one of acknowledged) if (!missing.includes(one)) wrong.push(...(await lookUp(opened, one, acknowledged, damaged)));
  await opened[Symbol.asyncDispose]();
  return { damaged, missing, wrong };
}

/** How a batch is called in messages. */
export function nameOf({ log, partition, offset }: Acknowledged): string {
  return `partition ${partition} of ${log}, offset ${offset}`;
}

/** The batch that a read from `offset` gives first, undefined if it gives none; or what it throws. */
async function readBatch(store: LogStore, { log, partition }: Acknowledged, offset: number): Promise<Buffer | Error | undefined> {
  try {
    const { batches } = await store.partition(log, partition).read(offset, { maxBytes: 1, maxRecords: 1, waitMs: 0 });
    return batches[0];
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * Looks up the time of a batch: the first offset of that time is given, or that of a batch that a read refuses, or damage is
 * named; a reader that goes on from there learns of everything.
 */
async function lookUp(
  store: LogStore,
  batch: Acknowledged,
  acknowledged: readonly Acknowledged[],
  damaged: ReadonlyMap<Acknowledged, string>,
): Promise<string[]> {
  const isBeside = (one: Acknowledged): boolean => one.log === batch.log && one.partition === batch.partition;
  const timestampMs = timestampOf(batch.bytes);
  const first = acknowledged.find((one) => isBeside(one) && timestampOf(one.bytes) >= timestampMs) ?? batch;
  const found = await store
    .partition(batch.log, batch.partition)
    .offsetAtTime(timestampMs)
    .catch((error: unknown) => String(error));
  if (found === first.offset || (typeof found === 'string' && found.startsWith('LogError: ') && damaged.size > 0)) return [];
  const isRefused = acknowledged.some((one) => isBeside(one) && one.offset === found && found < first.offset && damaged.has(one));
  return isRefused ? [] : [`the time of ${nameOf(batch)} led to ${found}, not ${first.offset}`];
}

/** Reads each partition in large pieces until its end or damage: offsets must follow one another, and only known batches may come. */
async function walk(store: LogStore, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, partitionCount } of await store.listLogs()) {
    for (let partition = 0; partition < partitionCount; partition += 1) {
      const log = store.partition(name, partition);
      let { startOffset: next, endOffset } = await log.bounds();
      while (next < endOffset) {
        const batches = await log.read(next, { maxBytes: 1_000_000, maxRecords: 1_000_000, waitMs: 0 }).then(
          (read) => read.batches,
          () => [],
        );
        for (const batch of batches) {
          const known = acknowledged.find((one) => one.log === name && one.partition === partition && one.offset === baseOffsetOf(batch));
          if (known?.bytes.equals(batch) !== true || baseOffsetOf(batch) > next)
            wrong.push(`${name}/${partition} gave another batch at ${next}`);
          next = endOffsetOf(batch);
        }
        if (batches.length === 0) break;
      }
    }
  }
  return wrong;
}
