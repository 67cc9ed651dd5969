// Where `type` and `time` of a group stand for in each partition at this moment.
import { messageLogOf } from '../admin/catalogue.ts';
import type { StreamRecord } from '../admin/catalogue-state.ts';
import type { Engine, PartitionLog } from '../engine/engine.ts';
import { parseCursorTime } from '../streams/cursor-time.ts';
import type { Start } from './group-state.ts';

/** What CreateGroupCursor and UpdateGroup take. */
export interface StartDetails {
  readonly type: 'AT_TIME' | 'LATEST' | 'TRIM_HORIZON';
  readonly time?: string;
}

/** Partitions whose offset is looked up at once: a stream may have thousands. */
const lookupsAtATime = 64;

/** A time that has not come yet stands for the end. Throws 400 if `time` is none, or missing with AT_TIME. */
export async function startOf({ type, time }: StartDetails, stream: StreamRecord, engine: Engine): Promise<Start> {
  if (type === 'TRIM_HORIZON') return 'horizon';
  if (type === 'LATEST') return await everywhere(stream, engine, async (log) => (await log.bounds()).endOffset);
  const timestampMs = parseCursorTime(time);
  return await everywhere(stream, engine, (log) => log.offsetAtTime(timestampMs));
}

async function everywhere(stream: StreamRecord, engine: Engine, offsetOf: (log: PartitionLog) => Promise<number>): Promise<number[]> {
  const offsets: number[] = [];
  for (let partition = 0; partition < stream.partitions; partition += lookupsAtATime) {
    const some = Array.from({ length: Math.min(lookupsAtATime, stream.partitions - partition) }, (_, index) => partition + index);
    offsets.push(...(await Promise.all(some.map((index) => offsetOf(engine.partition(messageLogOf(stream), index))))));
  }
  return offsets;
}
