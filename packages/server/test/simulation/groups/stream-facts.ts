// A stream as the simulation knows it.

export interface StreamFacts {
  readonly id: string;
  readonly name: string;
  readonly logName: string;
  readonly partitions: number;
  readonly retentionMs: number;
  /** The partition of the group logs that its groups are in. */
  readonly shard: number;
}
