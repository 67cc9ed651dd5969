// Which partitions a consumer has. The service does not say so with its messages; the group is asked now and then.
import type { RetryClock } from '../retry/environment.ts';
import type { RebalanceEvent } from './consumer-events.ts';

/** Not more often than so, milliseconds: OCI allows 5 GetGroup a second, for all consumers of a group together. */
const leastGapMs = 5000;

/** Remembers the partitions and tells of changes. */
export class Assignment {
  readonly #clock: RetryClock;
  #partitions: readonly string[] = [];
  #lookedMs = -Infinity;

  constructor(clock: RetryClock) {
    this.#clock = clock;
  }

  /** Whether it is time to look again. */
  get isDue(): boolean {
    return this.#clock.now() - this.#lookedMs >= leastGapMs;
  }

  /** Look at the next chance: something has happened. */
  suspect(): void {
    this.#lookedMs = -Infinity;
  }

  /** What has changed; undefined if nothing has. */
  async look(partitionsNow: () => Promise<readonly string[]>): Promise<RebalanceEvent | undefined> {
    this.#lookedMs = this.#clock.now();
    const partitions = await partitionsNow();
    const before = this.#partitions;
    this.#partitions = partitions;
    const gained = partitions.filter((partition) => !before.includes(partition));
    const lost = before.filter((partition) => !partitions.includes(partition));
    return gained.length + lost.length === 0 ? undefined : { kind: 'rebalance', partitions, gained, lost };
  }
}
