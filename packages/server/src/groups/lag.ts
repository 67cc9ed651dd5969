// How far a group is behind.
import { OffsetOutOfRange } from 'millrace-log';
import { timestampOf } from 'millrace-records';
import { messageLogOf } from '../admin/catalogue.ts';
import type { StreamRecord } from '../admin/catalogue-state.ts';
import type { Engine, PartitionLog } from '../engine/engine.ts';
import type { Group } from './group.ts';

/** One partition of a group beside the log. */
export interface PartitionLag {
  /** The first offset that is not committed. */
  readonly nextOffset: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Messages that are retained and not committed. */
  readonly lagMessages: number;
}

/** The lag of every partition, by index. Reads no messages. */
export async function lagsOf(engine: Engine, stream: StreamRecord, { partitions }: Group): Promise<PartitionLag[]> {
  const logName = messageLogOf(stream);
  const lags: PartitionLag[] = [];
  for (const [index, { committed, position }] of partitions.entries()) {
    const { startOffset, endOffset } = await engine.partition(logName, index).bounds();
    const nextOffset = committed ?? position ?? startOffset;
    lags.push({ nextOffset, startOffset, endOffset, lagMessages: Math.max(0, endOffset - Math.max(nextOffset, startOffset)) });
  }
  return lags;
}

/** Messages behind, over all partitions. */
export function totalLag(lags: readonly PartitionLag[]): number {
  return lags.reduce((sum, { lagMessages }) => sum + lagMessages, 0);
}

/** The age of the oldest message that is not committed, whole seconds; 0 if there is none. */
export async function lagSecondsOf(
  engine: Engine,
  stream: StreamRecord,
  partition: number,
  lag: PartitionLag,
  now: number,
): Promise<number> {
  if (lag.lagMessages === 0) return 0;
  const from = Math.max(lag.nextOffset, lag.startOffset);
  const batch = await oldestFrom(engine.partition(messageLogOf(stream), partition), from);
  return batch === undefined ? 0 : Math.max(0, Math.floor((now - timestampOf(batch)) / 1000));
}

/** The batch at `from`, or the oldest one if retention has moved on meanwhile. */
async function oldestFrom(log: PartitionLog, from: number): Promise<Buffer | undefined> {
  for (let at = from; ; ) {
    try {
      const { batches } = await log.read(at, { maxBytes: 1, maxRecords: 1, waitMs: 0 });
      return batches[0];
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
      at = error.startOffset;
    }
  }
}
