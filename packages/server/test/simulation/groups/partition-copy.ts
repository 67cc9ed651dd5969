// What was ever stored in one partition of messages.
import { law } from '../law.ts';

export class PartitionCopy {
  readonly name: string;
  /** The values as text, by offset. */
  readonly values: string[] = [];
  readonly stamps: number[] = [];
  /** What lies before it is known to be forgotten. */
  startOffset = 0;

  constructor(name: string) {
    this.name = name;
  }

  add(firstOffset: number, stampMs: number, values: readonly string[]): void {
    law(firstOffset === this.values.length, () => `An append to ${this.name} went to ${firstOffset}; its end is ${this.values.length}.`);
    for (const value of values) {
      this.values.push(value);
      this.stamps.push(stampMs);
    }
  }

  /** The first offset stamped at or after a time, among the first `end` records. */
  offsetAtTime(timestampMs: number, end: number): number {
    const found = this.stamps.findIndex((stamp) => stamp >= timestampMs);
    return found < 0 ? end : Math.min(found, end);
  }
}
