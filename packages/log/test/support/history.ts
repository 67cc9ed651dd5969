// What callers of a store were told, over all its lives, and the judge that compares it with what the store says later.
import { baseOffsetOf, timestampOf } from 'millrace-records';
import { LogError, type LogStore } from '../../src/index.ts';
import { type AppendRecord, type Contents, PartitionHistory, recordsOf, type Seen } from './partition-history.ts';

/** A log as those who asked for it know it. */
export interface LogFate {
  readonly name: string;
  readonly retentionMs: number | 'forever';
  readonly partitions: readonly PartitionHistory[];
  /** `there`: its creation was answered, or somebody saw it. */
  created: 'asked' | 'there';
  /** `gone`: its deletion was answered, or somebody saw that it is no more. */
  deleted: 'no' | 'asked' | 'gone';
}

/** A read that waits for the end of a partition to move on from `from`. */
interface Wait {
  readonly log: LogFate;
  readonly partition: PartitionHistory;
  readonly from: number;
}

const everything = { maxBytes: 100_000, maxRecords: 1000, waitMs: 0 };

/** All that was asked and answered. */
export class History {
  readonly appends: Map<number, AppendRecord> = new Map();
  readonly logs: Map<string, LogFate> = new Map();
  readonly waits: Set<Wait> = new Set();
  /** Answered appends in the order of their answers. */
  readonly answered: AppendRecord[] = [];
  /** Answered appends that a power cut may still take, and since when nothing else was to do, milliseconds. */
  readonly #uncertain = new Map<AppendRecord, number | undefined>();
  #moment = 0;

  /** Counts what happens: of two moments the later one is larger. */
  moment(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** Somebody is about to ask for a log. */
  addLog(partitionCount: number, retentionMs: number | 'forever', name = `log${this.logs.size}`): LogFate {
    const partitions = Array.from({ length: partitionCount }, (_, index) => new PartitionHistory(`${name}/${index}`, retentionMs));
    const log: LogFate = { name, retentionMs, partitions, created: 'asked', deleted: 'no' };
    this.logs.set(name, log);
    return log;
  }

  /** Somebody is about to append. */
  addAppend(partition: PartitionHistory, recordCount: number, valueBytes: number): AppendRecord {
    const append: AppendRecord = {
      id: this.appends.size,
      partition,
      recordCount,
      valueBytes,
      askedAt: this.moment(),
      answeredAt: Number.POSITIVE_INFINITY,
      outcome: 'waiting',
      firstOffset: -1,
      timestampMs: -1,
      isCertain: false,
    };
    this.appends.set(append.id, append);
    partition.recordsAsked += recordCount;
    return append;
  }

  /** An append was answered with success; `isCertain`: that means durable. */
  settle(append: AppendRecord, firstOffset: number, timestampMs: number, isCertain: boolean): void {
    const { partition, recordCount, id } = append;
    Object.assign(append, { outcome: 'stored', firstOffset, timestampMs, isCertain, answeredAt: this.moment() });
    for (let index = 0; index < recordCount; index += 1) partition.learn({ id, offset: firstOffset + index, timestampMs });
    this.answered.push(append);
    if (!isCertain) this.#uncertain.set(append, undefined);
  }

  /** Somebody was given the names of all logs; `mustBeThere` were there before, and nobody had asked for their deletion. */
  learnNames(names: ReadonlySet<string>, mustBeThere: ReadonlySet<LogFate>): void {
    for (const log of this.logs.values()) {
      if (!names.has(log.name)) {
        if (mustBeThere.has(log) && log.deleted === 'no') throw new Error(`The log ${log.name} is gone.`);
        if (log.deleted === 'asked' && log.created === 'there') log.deleted = 'gone';
      } else if (log.deleted === 'gone') throw new Error(`The log ${log.name} came back.`);
      else log.created = 'there';
    }
    for (const name of names) if (!this.logs.has(name)) throw new Error(`Nobody asked for the log ${name}.`);
  }

  /** Logs that are certainly there as long as nobody asks for their deletion. */
  logsThere(): Set<LogFate> {
    return new Set([...this.logs.values()].filter(({ created, deleted }) => created === 'there' && deleted === 'no'));
  }

  /**
   * Nothing can go on before time does: no reader may wait for what is there, and in `async` what was answered `intervalMs`
   * before such a moment is on the disk. Answers how many appends have become certain.
   */
  judgeIdle(elapsedMs: number, intervalMs: number): number {
    for (const { log, partition, from } of this.waits) {
      if (log.deleted === 'gone') throw new Error(`A read of ${partition} still waits though the log is deleted.`);
      if (from < partition.endOffset)
        throw new Error(`A read of ${partition} still waits at ${from} though it ends at ${partition.endOffset}.`);
    }
    const before = this.#uncertain.size;
    for (const [append, sinceMs] of this.#uncertain) {
      if (sinceMs === undefined) this.#uncertain.set(append, elapsedMs);
      else if (elapsedMs >= sinceMs + intervalMs) this.#makeCertain(append);
    }
    return before - this.#uncertain.size;
  }

  /** All that was answered is on the disk: the store was closed. */
  judgeClosed(): void {
    for (const append of this.#uncertain.keys()) this.#makeCertain(append);
  }

  #makeCertain(append: AppendRecord): void {
    append.isCertain = true;
    this.#uncertain.delete(append);
  }

  /** The process is gone: what has no answer now never will have one. */
  end(): void {
    this.waits.clear();
    for (const append of this.appends.values()) if (append.outcome === 'waiting') append.outcome = 'unknown';
  }

  /**
   * Forgets what a power cut may take in `async`: everything from the first answered append on that is gone, though neither
   * trimmed nor deleted, and what was read of appends whose callers never had an answer.
   */
  #forgetLostTail(contents: ReadonlyMap<PartitionHistory, Contents>): void {
    const present = new Set([...contents.values()].flatMap(({ records }) => records.map(({ id }) => id)));
    const lost = this.answered.findIndex((append) => !present.has(append.id) && isExpected(append, contents));
    for (const append of lost < 0 ? [] : this.answered.splice(lost)) {
      if (append.isCertain) throw new Error(`Append ${append.id} was on the disk for certain and is gone.`);
      if (present.has(append.id)) throw new Error(`Append ${append.id} outlived an append that was answered before it.`);
      append.outcome = 'unknown';
    }
    for (const [partition, { endOffset }] of contents) {
      partition.lose(({ id }) => !present.has(id) && this.appends.get(id)?.outcome !== 'stored', endOffset);
    }
  }

  /** Compares a store that has just recovered with everything known; afterwards what it holds is known, and certain. */
  async check(store: LogStore, mayLoseTail: boolean): Promise<void> {
    const names = new Set((await store.listLogs()).map(({ name }) => name));
    this.learnNames(names, this.logsThere());
    for (const log of this.logs.values()) {
      if (!names.has(log.name)) log.deleted = 'gone';
      else if (log.deleted === 'asked') log.deleted = 'no';
    }
    const contents = new Map<PartitionHistory, Contents>();
    for (const { name, partitions } of this.logs.values()) {
      if (!names.has(name)) continue;
      for (const [index, partition] of partitions.entries()) contents.set(partition, await this.#readAll(store, name, index));
    }
    if (mayLoseTail) this.#forgetLostTail(contents);
    const nowMs = store.clock.now();
    for (const [partition, held] of contents) {
      partition.judgeContents(held, this.appends.values(), nowMs);
      for (const record of held.records) this.#learnOutcome(record);
    }
    this.judgeClosed();
  }

  /** An append whose outcome was unknown is there: from now on it is known. */
  #learnOutcome({ id, offset, timestampMs }: Seen): void {
    const append = this.appends.get(id);
    if (append === undefined || append.outcome === 'stored') return;
    Object.assign(append, { firstOffset: offset, timestampMs, outcome: 'stored', isCertain: true });
  }

  /** Everything a partition holds; throws if offsets leave a gap or stamps fall. */
  async #readAll(store: LogStore, name: string, index: number): Promise<Contents> {
    const partition = store.partition(name, index);
    const { startOffset, endOffset } = await partition.bounds();
    const records: Seen[] = [];
    let stampMs = 0;
    for (let next = startOffset; next < endOffset; ) {
      const { batches, nextOffset } = await partition.read(next, everything);
      for (const batch of batches) {
        if (baseOffsetOf(batch) !== next && next !== startOffset) throw new Error(`${name}/${index} has a gap before ${next}.`);
        if (timestampOf(batch) < stampMs) throw new Error(`The stamp of ${name}/${index} falls at ${next}.`);
        stampMs = timestampOf(batch);
        for (const record of recordsOf(batch, this.appends)) if (record.offset >= startOffset) records.push(record);
        next = (records.at(-1)?.offset ?? next) + 1;
      }
      if (nextOffset !== next) throw new Error(`${name}/${index} goes on at ${nextOffset}, not ${next}.`);
    }
    return { startOffset, endOffset, records };
  }

  /**
   * Compares a store that was opened on a copy of the disk; learns nothing. What it gives must be what was stored. What may be
   * missing is said by `expected`: nothing; the last round of the journal, which no later one proves; or what was last. Answers
   * how many records were refused.
   */
  async checkCopy(store: LogStore, expected: 'everything' | 'all but the last round' | 'a beginning'): Promise<number> {
    const present = new Set<AppendRecord>();
    let refusals = 0;
    for (const { name, partitions } of this.logs.values()) {
      for (const [index, partition] of partitions.entries()) {
        const bounds = await store.partition(name, index).bounds().catch(unlessUnknown);
        if (bounds === undefined) continue;
        partition.judgeBounds(bounds);
        for (let offset = bounds.startOffset; offset < bounds.endOffset; offset += 1) {
          const given = await this.#readOne(store, name, index, offset);
          if (given === 'damaged') refusals += 1;
          for (const append of this.#judgeCopied(partition, offset, given)) present.add(append);
        }
      }
    }
    const lost = this.answered.filter((append) => !present.has(append) && this.#isKept(append));
    if (expected === 'everything' && lost[0] !== undefined) throw new Error(`Append ${lost[0].id} was answered and is not there.`);
    if (expected === 'all but the last round') judgeLostRound(lost);
    return refusals;
  }

  async #readOne(store: LogStore, name: string, index: number, offset: number): Promise<readonly Seen[] | 'damaged'> {
    try {
      const { batches } = await store.partition(name, index).read(offset, { ...everything, maxRecords: 1 });
      return batches.flatMap((batch) => recordsOf(batch, this.appends));
    } catch (error) {
      if (error instanceof LogError && error.code === 'Damaged') return 'damaged';
      throw error;
    }
  }

  /** The appends that stand at `offset`, or that are refused there by name. */
  *#judgeCopied(partition: PartitionHistory, offset: number, given: readonly Seen[] | 'damaged'): Generator<AppendRecord> {
    const known = partition.seen.get(offset);
    const ids = given === 'damaged' ? [known?.id] : given.filter((record) => record.offset === offset).map(({ id }) => id);
    if (ids.length === 0) throw new Error(`${partition}@${offset} is skipped in silence.`);
    for (const id of ids) {
      if (known !== undefined && known.id !== id) throw new Error(`${partition}@${offset} is append ${id}, and was ${known.id}.`);
      const append = this.appends.get(id ?? -1);
      if (append !== undefined) yield append;
    }
  }

  /** True if nothing that anybody asked for, and no time, may have forgotten it. */
  #isKept({ partition, firstOffset }: AppendRecord): boolean {
    const log = [...this.logs.values()].find(({ partitions }) => partitions.includes(partition));
    if (log === undefined || log.deleted !== 'no' || log.retentionMs !== 'forever') return false;
    return firstOffset >= Math.max(partition.startOffset, partition.trimAsked);
  }
}

/** Of two answered appends that are gone, the later one would have proved the earlier one: only one bit was turned over. */
function judgeLostRound(lost: readonly AppendRecord[]): void {
  const first = lost.toSorted((a, b) => a.answeredAt - b.answeredAt)[0];
  const proof = lost.find(({ askedAt }) => first !== undefined && askedAt > first.answeredAt);
  if (first !== undefined && proof !== undefined)
    throw new Error(`Append ${first.id} is lost in silence, though append ${proof.id} was stored when it was answered.`);
}

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof LogError) || error.code !== 'UnknownLog') throw error;
}

/** True if a partition that was not deleted begins before the end of the append. */
function isExpected({ partition, firstOffset, recordCount }: AppendRecord, contents: ReadonlyMap<PartitionHistory, Contents>): boolean {
  const startOffset = contents.get(partition)?.startOffset;
  return startOffset !== undefined && firstOffset + recordCount > startOffset;
}
