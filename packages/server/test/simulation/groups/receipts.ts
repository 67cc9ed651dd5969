// What the clients of each group have received: an answer that was lost is no receipt.

export class Receipts {
  /** By group and partition: of each offset the highest offset of a POLL under which a client got it. */
  readonly #received = new Map<string, Map<number, number>>();

  add(shard: number, group: number, partition: number, offset: number, asOf: number): void {
    const received = this.#of(shard, group, partition);
    received.set(offset, Math.max(asOf, received.get(offset) ?? -1));
  }

  /** True if a client of the group got the message by a POLL behind the command at `since`. */
  has(shard: number, group: number, partition: number, offset: number, since: number): boolean {
    return (this.#of(shard, group, partition).get(offset) ?? -1) > since;
  }

  #of(shard: number, group: number, partition: number): Map<number, number> {
    const key = `${shard} ${group} ${partition}`;
    const received = this.#received.get(key) ?? new Map<number, number>();
    this.#received.set(key, received);
    return received;
  }
}
