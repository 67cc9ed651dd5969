// Sees all that is appended to the engine that the servers share, keeps a copy, and judges every command of the group logs when it comes.
import { law } from '../law.ts';
import { type CallRecord, currentCall } from './call-record.ts';
import { judgeCommand } from './judge-command.ts';
import { PartitionCopy } from './partition-copy.ts';
import { Receipts } from './receipts.ts';
import { type Entry, Shard } from './shard.ts';
import { SnapshotCopies, type StoredSnapshot } from './snapshot-copies.ts';
import type { StreamFacts } from './stream-facts.ts';

const groupLog = '_millrace.groups';

/** An append as the engine carried it out. */
export interface Stored {
  readonly logName: string;
  readonly index: number;
  readonly firstOffset: number;
  readonly stampMs: number;
  readonly values: readonly string[];
}

export class Auditor {
  readonly shards: Map<number, Shard> = new Map();
  readonly streams: StreamFacts[] = [];
  /** Told of every command of the group logs. */
  readonly #onCommand: (entry: Entry, shard: Shard) => void;
  readonly receipts: Receipts = new Receipts();
  readonly #messages = new Map<string, PartitionCopy>();
  readonly #snapshots = new SnapshotCopies();

  constructor(onCommand: (entry: Entry, shard: Shard) => void) {
    this.#onCommand = onCommand;
  }

  shard(index: number): Shard {
    const shard = this.shards.get(index) ?? new Shard(index);
    this.shards.set(index, shard);
    return shard;
  }

  shardOf({ shard }: StreamFacts): Shard {
    return this.shard(shard);
  }

  /** All complete snapshots that were ever written of a shard. */
  snapshots(shard: number): readonly StoredSnapshot[] {
    return this.#snapshots.of(shard);
  }

  messages({ logName }: StreamFacts, partition: number): PartitionCopy {
    return this.partition(logName, partition);
  }

  messagesOf(streamId: string, partition: number): PartitionCopy {
    const stream = this.streams.find(({ id }) => id === streamId);
    law(stream !== undefined, () => `A group is of a stream ${streamId} that was never made.`);
    return this.messages(stream, partition);
  }

  partition(logName: string, index: number): PartitionCopy {
    const key = `${logName}/${index}`;
    const copy = this.#messages.get(key) ?? new PartitionCopy(key);
    this.#messages.set(key, copy);
    return copy;
  }

  /** How many records of a log are known. */
  endOf(logName: string, index: number): number {
    return logName === groupLog ? this.shard(index).entries.length : this.partition(logName, index).values.length;
  }

  /** What is known to be at an offset. */
  valueAt(logName: string, index: number, offset: number): string | undefined {
    return logName === groupLog ? this.shard(index).entries[offset]?.text : this.partition(logName, index).values[offset];
  }

  /** Something was appended, by the call that is under way now, which began to append at `begunMs`. */
  stored({ logName, index, firstOffset, stampMs, values }: Stored, begunMs: number): void {
    if (logName === groupLog) this.#addCommand(index, firstOffset, stampMs, values, begunMs);
    else if (logName === `${groupLog}.snapshots`) for (const value of values) this.#snapshots.add(index, value);
    else this.partition(logName, index).add(firstOffset, stampMs, values);
  }

  #addCommand(index: number, offset: number, stampMs: number, values: readonly string[], begunMs: number): void {
    const [text] = values;
    law(text !== undefined && values.length === 1, () => `A batch of group log ${index} has ${values.length} commands.`);
    const shard = this.shard(index);
    const call: CallRecord | undefined = currentCall.getStore();
    const entry = shard.add({ offset, stampMs, text, call, begunMs });
    call?.commands.push(entry);
    judgeCommand(entry, shard, this);
    this.#onCommand(entry, shard);
  }
}
