// Forgets what has outlived its log's retention, whole segments at a time.
import type { Catalogue, Partition } from './catalogue.ts';
import type { Clock } from './clock.ts';
import type { LogClock } from './log-clock.ts';

/** How often retention is looked after, milliseconds. */
const retentionCheckMs = 60_000;

/** What retention works with. */
export interface RetentionParts {
  readonly timers: Clock;
  readonly clock: LogClock;
  readonly catalogue: Catalogue;
  /** Moves a partition's start, durably. */
  readonly trim: (partition: Partition, beforeOffset: number) => Promise<void>;
  /** Called after a pass that moved a start. */
  readonly afterTrim: () => void;
}

/** Looks through all partitions now and then. */
export class Retention {
  readonly #parts: RetentionParts;
  #cancel: () => void;
  #pass: Promise<void> = Promise.resolve();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
    this.#cancel = this.#schedule();
  }

  /** Ends the pass that runs; none follows. */
  async close(): Promise<void> {
    this.#cancel();
    await this.#pass;
    this.#cancel();
  }

  #schedule(): () => void {
    return this.#parts.timers.after(retentionCheckMs, () => {
      this.#pass = this.#run();
    });
  }

  async #run(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const trims: Promise<void>[] = [];
    for (const { settings, partitions } of this.#parts.catalogue.visible.values()) {
      if (settings.retentionMs === 'forever') continue;
      for (const partition of partitions) {
        const offset = expiredBefore(partition, nowMs - settings.retentionMs);
        if (offset > partition.startOffset) trims.push(this.#parts.trim(partition, offset));
      }
    }
    await Promise.allSettled(trims); // a refused one is tried again by the next pass
    if (trims.length > 0) this.#parts.afterTrim();
    this.#cancel = this.#schedule();
  }
}

/** The end of the last segment before the first with anything stamped at or after `oldestMs`. A hole goes with the segment behind it. */
function expiredBefore(partition: Partition, oldestMs: number): number {
  const { segments, startOffset } = partition;
  const kept = segments.findIndex(({ bytes, largestStampMs }) => bytes === 0 || largestStampMs >= oldestMs);
  const count = kept === -1 ? segments.length : kept;
  return count === 0 ? startOffset : partition.endOfSegment(count - 1);
}
