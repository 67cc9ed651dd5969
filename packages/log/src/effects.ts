// What a judged change does to the visible state once it is durable; recovery does the same with what the journal repeats.
import type { Catalogue, Log, Partition } from './catalogue.ts';
import type { Unsynced } from './unsynced.ts';

/** Makes changes visible. Each is one turn: readers and checkpoints see all of it or nothing. */
export class Effects {
  readonly #catalogue: Catalogue;
  readonly #unsynced: Unsynced;

  constructor(catalogue: Catalogue, unsynced: Unsynced) {
    this.#catalogue = catalogue;
    this.#unsynced = unsynced;
  }

  showLog(log: Log): void {
    this.#catalogue.show(log);
  }

  /** The log is no more; its waiting readers find that out, its files go after the next checkpoint. */
  dropLog(log: Log): void {
    if (this.#catalogue.visible.get(log.name) === log) this.#catalogue.visible.delete(log.name);
    this.#unsynced.dropLog(log);
    for (const { waiters } of log.partitions) waiters.wakeAll();
  }

  /** Moves a partition's start; returns how many bytes of files are no longer needed. */
  trim(partition: Partition, beforeOffset: number): number {
    const dropped = partition.forgetBefore(beforeOffset);
    this.#unsynced.drop(dropped);
    return dropped.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
