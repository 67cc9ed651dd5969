// The engine that all servers share, with an auditor behind it: what is stored is seen before anyone is answered.
import { OffsetOutOfRange } from 'millrace-log';
import { endOffsetOf, RecordReader } from 'millrace-records';
import type { Engine, PartitionLog } from '../../../src/engine/engine.ts';
import { law } from '../law.ts';
import type { Auditor } from './auditor.ts';

const readAll = { maxBytes: 1 << 20, maxRecords: 10_000, waitMs: 0 } as const;
const groupLog = '_millrace.groups';

/** What appending needs to know besides the batch. */
export interface AuditedLog extends PartitionLog {
  /** Appends for a call that began to do so at `begunMs` (monotonic). */
  appendSince(batch: Buffer, begunMs: number): ReturnType<PartitionLog['append']>;
}

export class AuditedEngine {
  readonly inner: Engine;
  readonly #auditor: Auditor;

  constructor(inner: Engine, auditor: Auditor) {
    this.inner = inner;
    this.#auditor = auditor;
  }

  partition(name: string, index: number): AuditedLog {
    const log = this.inner.partition(name, index);
    const appendSince: AuditedLog['appendSince'] = async (batch, begunMs) => {
      const values = valuesOf(batch);
      const appended = await log.append(batch);
      const { firstOffset, timestampMs: stampMs } = appended;
      if (isAudited(name)) this.#auditor.stored({ logName: name, index, firstOffset, stampMs, values }, begunMs);
      return appended;
    };
    return {
      ...log,
      appendSince,
      append: (batch) => appendSince(batch, 0),
      bounds: async () => {
        const bounds = await log.bounds();
        this.#learnStart(name, index, bounds.startOffset);
        return bounds;
      },
      read: async (fromOffset, limits, signal) => {
        try {
          return await log.read(fromOffset, limits, signal);
        } catch (error) {
          if (error instanceof OffsetOutOfRange) this.#learnStart(name, index, error.startOffset);
          throw error;
        }
      },
    };
  }

  /** What was stored and not answered when a crash came is found; what was answered must be there. */
  async recover(logName: string, index: number): Promise<void> {
    const log = this.inner.partition(logName, index);
    const known = this.#auditor.endOf(logName, index);
    const { startOffset, endOffset } = await log.bounds();
    law(endOffset >= known, () => `${logName}/${index} ends at ${endOffset} after a crash; ${known} were answered.`);
    for (let next = startOffset; next < endOffset; ) {
      const { batches, nextOffset } = await log.read(next, readAll);
      for (const batch of batches) this.#compare(logName, index, batch, next);
      next = nextOffset;
    }
    this.#learnStart(logName, index, startOffset);
  }

  #compare(logName: string, index: number, batch: Buffer, from: number): void {
    const records = new RecordReader(batch);
    while (records.next()) {
      const { offset, timestampMs: stampMs } = records;
      if (offset < from) continue;
      const value = records.value().toString();
      const known = this.#auditor.valueAt(logName, index, offset);
      law(known === undefined || known === value, () => `${logName}/${index} has ${value} at ${offset}; ${known} was answered.`);
      if (known === undefined) this.#auditor.stored({ logName, index, firstOffset: offset, stampMs, values: [value] }, 0);
    }
  }

  #learnStart(name: string, index: number, startOffset: number): void {
    if (!isAudited(name) || name.endsWith('.snapshots')) return;
    const copy = name === groupLog ? this.#auditor.shard(index) : this.#auditor.partition(name, index);
    copy.startOffset = Math.max(copy.startOffset, startOffset);
  }
}

function isAudited(name: string): boolean {
  return name.startsWith(groupLog) || name.startsWith('stream-');
}

function valuesOf(batch: Buffer): string[] {
  const values: string[] = [];
  const records = new RecordReader(batch);
  while (records.next()) values.push(records.value().toString());
  return values;
}

/** The first batches that end at or before `endOffset`, and where they end; `fromOffset` if there are none. */
export function cutAt(batches: readonly Buffer[], fromOffset: number, endOffset: number): { batches: Buffer[]; nextOffset: number } {
  const within = batches.filter((batch) => endOffsetOf(batch) <= endOffset);
  const last = within.at(-1);
  return { batches: within, nextOffset: last === undefined ? fromOffset : endOffsetOf(last) };
}
