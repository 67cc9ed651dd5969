// What callers of a store were told, and the judge that compares it with what the store says later.
import { baseOffsetOf, RecordReader, timestampOf } from 'millrace-records';
import type { LogStore } from '../../src/index.ts';

/** One append as its caller saw it; its records carry its id. */
export interface AppendRecord {
  readonly id: number;
  readonly partition: string;
  readonly recordCount: number;
  outcome: 'waiting' | 'stored' | 'refused' | 'unknown';
  firstOffset: number;
  timestampMs: number;
}

/** One record as a reader saw it. */
interface Seen {
  readonly id: number;
  readonly timestampMs: number;
}

/** What a partition holds, from its start on. */
interface Contents {
  readonly startOffset: number;
  readonly records: readonly (Seen & { offset: number })[];
}

interface LogFate {
  readonly partitionCount: number;
  created: 'asked' | 'answered';
  deleted: 'no' | 'asked' | 'answered';
}

/** All that was asked and answered, over all lives of a store. */
export class History {
  readonly appends: Map<number, AppendRecord> = new Map();
  readonly logs: Map<string, LogFate> = new Map();
  /** For each partition the records readers saw, by offset. */
  readonly #seen = new Map<string, Map<number, Seen>>();
  /** For each partition the largest offset a trim was asked for, and answered. */
  readonly trimAsked: Map<string, number> = new Map();
  readonly trimAnswered: Map<string, number> = new Map();
  /** Answered appends in the order of their answers. */
  readonly answered: AppendRecord[] = [];

  append(partition: string, recordCount: number): AppendRecord {
    const append: AppendRecord = { id: this.appends.size, partition, recordCount, outcome: 'waiting', firstOffset: -1, timestampMs: -1 };
    this.appends.set(append.id, append);
    return append;
  }

  /** A reader was given these batches. */
  observe(partition: string, batches: readonly Buffer[]): void {
    const seen = this.#seenIn(partition);
    for (const batch of batches) {
      for (const record of recordsOf(batch)) {
        const before = seen.get(record.offset);
        if (before !== undefined && (before.id !== record.id || before.timestampMs !== record.timestampMs)) {
          throw new Error(`${partition}@${record.offset} was append ${before.id} and is ${record.id} now.`);
        }
        seen.set(record.offset, record);
      }
    }
  }

  /**
   * Forgets what a power cut may take in `async`: everything from the first answered append on that is gone, though neither
   * trimmed nor deleted, and what was read of appends whose callers never had an answer.
   */
  #forgetLostTail(contents: ReadonlyMap<string, Contents>): void {
    const present = new Set([...contents.values()].flatMap(({ records }) => records.map(({ id }) => id)));
    const lost = this.answered.findIndex((append) => !present.has(append.id) && isExpected(append, contents));
    for (const append of lost < 0 ? [] : this.answered.splice(lost)) {
      if (present.has(append.id)) throw new Error(`Append ${append.id} outlived an append that was answered before it.`);
      append.outcome = 'unknown';
    }
    for (const seen of this.#seen.values()) {
      for (const [offset, { id }] of seen) if (!present.has(id) && this.appends.get(id)?.outcome !== 'stored') seen.delete(offset);
    }
  }

  /** Compares a store that has just recovered with everything known; afterwards what it holds is known. */
  async check(store: LogStore, mayLoseTail: boolean): Promise<void> {
    this.#checkLogs(new Set((await store.listLogs()).map(({ name }) => name)));
    const contents = new Map<string, Contents>();
    for (const { name, partitionCount } of await store.listLogs()) {
      for (let index = 0; index < partitionCount; index += 1) contents.set(`${name}/${index}`, await readAll(store, name, index));
    }
    if (mayLoseTail) this.#forgetLostTail(contents);
    for (const [partition, { startOffset, records }] of contents) this.#checkPartition(partition, startOffset, records);
  }

  #checkLogs(names: ReadonlySet<string>): void {
    for (const [name, { created, deleted }] of this.logs) {
      if (created === 'answered' && deleted === 'no' && !names.has(name)) throw new Error(`The log ${name} is gone.`);
      if (deleted === 'answered' && names.has(name)) throw new Error(`The log ${name} came back.`);
    }
  }

  #checkPartition(partition: string, startOffset: number, records: readonly (Seen & { offset: number })[]): void {
    if (startOffset < (this.trimAnswered.get(partition) ?? 0)) throw new Error(`${partition} begins at ${startOffset}, before its trim.`);
    if (startOffset > (this.trimAsked.get(partition) ?? 0)) throw new Error(`${partition} begins at ${startOffset}, behind every trim.`);
    const seen = this.#seenIn(partition);
    for (const [offset, { id }] of seen) {
      if (offset >= startOffset && !records.some((record) => record.offset === offset && record.id === id))
        throw new Error(`${partition}@${offset}, append ${id}, was read and is gone.`);
    }
    const copies = new Map<number, number>();
    for (const { id } of records) copies.set(id, (copies.get(id) ?? 0) + 1);
    for (const append of this.appends.values())
      if (append.partition === partition) checkAppend(append, copies.get(append.id) ?? 0, records, startOffset);
    for (const { id, offset, timestampMs } of records) this.#learn(partition, id, offset, timestampMs);
    for (const record of records) seen.set(record.offset, record);
  }

  /** An append whose outcome was unknown is there: from now on it is known. */
  #learn(partition: string, id: number, offset: number, timestampMs: number): void {
    const append = this.appends.get(id);
    if (append === undefined || append.partition !== partition)
      throw new Error(`${partition}@${offset} holds append ${id} of ${append?.partition ?? 'nobody'}.`);
    if (append.outcome !== 'stored' && append.firstOffset < 0) Object.assign(append, { firstOffset: offset, timestampMs });
    if (append.outcome === 'unknown') append.outcome = 'stored';
  }

  #seenIn(partition: string): Map<number, Seen> {
    const seen = this.#seen.get(partition) ?? new Map<number, Seen>();
    this.#seen.set(partition, seen);
    return seen;
  }
}

function checkAppend(append: AppendRecord, copies: number, records: readonly (Seen & { offset: number })[], startOffset: number): void {
  const { id, partition, recordCount, outcome, firstOffset, timestampMs } = append;
  if (outcome === 'refused' && copies > 0) throw new Error(`Append ${id} was refused and is in ${partition}.`);
  if (copies > recordCount) throw new Error(`Append ${id} is there twice.`);
  const own = records.filter((record) => record.id === id);
  const first = own[0];
  if (first !== undefined && own.some(({ offset }, index) => offset !== first.offset + index))
    throw new Error(`Append ${id} is torn apart.`);
  if (outcome !== 'stored') return;
  const expected = Math.max(Math.min(recordCount, firstOffset + recordCount - startOffset), 0);
  const from = Math.max(firstOffset, startOffset);
  if (own.filter(({ offset }) => offset >= startOffset).length !== expected)
    throw new Error(`Append ${id} was answered and is not (all) in ${partition}@${firstOffset}.`);
  if (expected > 0 && !own.some((record) => record.offset === from && record.timestampMs === timestampMs))
    throw new Error(`Append ${id} moved from ${partition}@${firstOffset}.`);
}

/** True if a partition that was not deleted begins before the end of the append. */
function isExpected({ partition, firstOffset, recordCount }: AppendRecord, contents: ReadonlyMap<string, Contents>): boolean {
  const startOffset = contents.get(partition)?.startOffset;
  return startOffset !== undefined && firstOffset + recordCount > startOffset;
}

/** Everything a partition holds; throws if offsets leave a gap or stamps fall. */
async function readAll(store: LogStore, name: string, index: number): Promise<Contents> {
  const partition = store.partition(name, index);
  const { startOffset, endOffset } = await partition.bounds();
  const records: (Seen & { offset: number })[] = [];
  let next = startOffset;
  let stampMs = 0;
  while (next < endOffset) {
    const { batches, nextOffset } = await partition.read(next, { maxBytes: 4096, maxRecords: 50, waitMs: 0 });
    for (const batch of batches) {
      if (baseOffsetOf(batch) !== next && next !== startOffset) throw new Error(`${name}/${index} has a gap before ${next}.`);
      if (timestampOf(batch) < stampMs) throw new Error(`The stamp of ${name}/${index} falls at ${next}.`);
      stampMs = timestampOf(batch);
      for (const record of recordsOf(batch)) if (record.offset >= startOffset) records.push(record);
      next = (records.at(-1)?.offset ?? next) + 1;
    }
    if (nextOffset !== next) throw new Error(`${name}/${index} goes on at ${nextOffset}, not ${next}.`);
  }
  return { startOffset, records };
}

function recordsOf(batch: Buffer): (Seen & { offset: number })[] {
  const reader = new RecordReader(batch);
  const records: (Seen & { offset: number })[] = [];
  while (reader.next()) records.push({ id: reader.value().readUInt32BE(0), offset: reader.offset, timestampMs: reader.timestampMs });
  return records;
}
