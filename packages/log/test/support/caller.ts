// One of several callers of a store: does one thing after the other, and holds every answer against what all were told before.
import { encodeBatch } from 'millrace-records';
import { LogError, type LogStore, OffsetOutOfRange } from '../../src/index.ts';
import type { CrashFileSystem } from './crash-file-system.ts';
import type { History, LogFate } from './history.ts';
import { type AppendRecord, type PartitionHistory, valueOf } from './partition-history.ts';
import type { Scheduler } from './scheduler.ts';
import type { ManualClock, Seeded } from './seeded.ts';
import type { Tally } from './tally.ts';

const retentionMs = 3_600_000;
/** What a change counts in flight beside the batch of an append, at most, bytes. */
const overheadBytes = 700;

/** Bytes of changes that a store here takes at once. */
export const maxBytesInFlight: number = 64 * 1024;

/** How much callers make. */
export interface Shape {
  readonly mostLogs: number;
  readonly mostPartitions: number;
  /** The size of most values, bytes, and of a few. */
  readonly mostBytes: number;
  readonly largeBytes: number;
}

/** One life of a store, as its callers share it. */
export interface World {
  readonly random: Seeded;
  readonly clock: ManualClock;
  readonly scheduler: Scheduler;
  readonly fileSystem: CrashFileSystem;
  readonly tally: Tally;
  readonly history: History;
  readonly store: LogStore;
  /** Few large values in few partitions, whose segments have indexes, or many small ones in many. */
  readonly shape: Shape;
  /** Bytes of callers' changes without an answer yet, at most. */
  bytesInFlight: number;
  /** From now on calls may be refused as `Closed`. */
  isClosing: boolean;
  /** What the disk was asked to do and no disk can be relied on to survive. */
  misuse: string | undefined;
  /** Ends this life at once, with a power cut, if chance has it: something was seen that must last. */
  mayDie(chance: number, what: string): void;
}

/** Where a call goes. */
interface Place {
  readonly log: LogFate;
  readonly index: number;
  readonly partition: PartitionHistory;
}

/** Makes `steps` calls; throws at the first promise that is broken. */
export class Caller {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async run(steps: number): Promise<void> {
    const { random, clock, scheduler } = this.#world;
    for (let step = 0; step < steps; step += 1) {
      await scheduler.pause();
      clock.advance(this.#anyDelay());
      if (random.chance(0.01)) clock.wallMs -= random.below(10_000);
      if (!(await this.#step())) return;
    }
  }

  /** Mostly moments; now and then about as long as a segment takes appends, or as retention keeps them. */
  #anyDelay(): number {
    const { random } = this.#world;
    const fate = random.next();
    if (fate < 0.01) return random.below(2 * retentionMs);
    if (fate < 0.02) return retentionMs - random.below(120_000);
    return random.below(fate < 0.1 ? 20_000 : 60);
  }

  /** Creates a log. */
  async create(): Promise<void> {
    const { random, history, store, tally, shape } = this.#world;
    const living = [...history.logs.values()].filter(({ deleted }) => deleted === 'no').length;
    if (living >= shape.mostLogs) return;
    const log = history.addLog(1 + random.below(shape.mostPartitions), random.chance(0.5) ? 'forever' : retentionMs);
    const settings = { partitionCount: log.partitions.length, retentionMs: log.retentionMs };
    await this.#hear(this.#counted(store.createLog(log.name, settings)), log);
    log.created = 'there';
    tally.add('log created');
    this.#world.mayDie(0.02, 'a creation was answered');
  }

  /** One call; false if the store takes no more. */
  async #step(): Promise<boolean> {
    const place = this.#anyPlace();
    try {
      await (place === undefined ? this.create() : this.#act(place));
      return true;
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      return this.#judgeError(error, place);
    }
  }

  /** What may be refused, and why. False if the store takes no more. */
  #judgeError(error: LogError, place: Place | undefined): boolean {
    const { fileSystem, isClosing, tally } = this.#world;
    const hasFailed = fileSystem.failures > 0;
    tally.add(`refused: ${error.code}`);
    switch (error.code) {
      case 'AppendRefused':
        if (hasFailed) return true;
        throw error;
      case 'OutcomeUnknown':
      case 'Failed':
        if (hasFailed) return false;
        throw error;
      case 'Closed':
        if (isClosing) return false;
        throw error;
      case 'UnknownLog':
        if (place !== undefined && place.log.deleted !== 'no') return true;
        throw error;
      case 'OffsetOutOfRange':
      case 'Overloaded':
        return true; // judged where it was met
      default:
        throw error;
    }
  }

  #act(place: Place): Promise<void> {
    const fate = this.#world.random.next();
    if (fate < 0.47) return this.#append(place);
    if (fate < 0.48) return this.#burst(place);
    if (fate < 0.68) return this.#read(place, 0);
    if (fate < 0.75) return this.#read(place, 1 + this.#world.random.below(20_000));
    if (fate < 0.8) return this.#bounds(place);
    if (fate < 0.83) return this.#atTime(place);
    if (fate < 0.88) return this.#trim(place);
    if (fate < 0.93) return this.create();
    if (fate < 0.96) return this.#delete(place);
    return this.#list();
  }

  /** Mostly a log that is there. */
  #anyPlace(): Place | undefined {
    const { random, history } = this.#world;
    const all = [...history.logs.values()].filter(({ created }) => created === 'there');
    const living = all.filter(({ deleted }) => deleted === 'no');
    const among = living.length > 0 && random.chance(0.95) ? living : all;
    const log = among[random.below(among.length)];
    const index = random.below(log?.partitions.length ?? 1);
    const partition = log?.partitions[index];
    return log === undefined || partition === undefined ? undefined : { log, index, partition };
  }

  async #append(place: Place, valueBytes: number = this.#anySize()): Promise<void> {
    const { history, random, store, tally } = this.#world;
    const { partition, log, index } = place;
    const append = history.addAppend(partition, 1 + random.below(3), valueBytes);
    const value = valueOf(append);
    const batch = encodeBatch(Array.from({ length: append.recordCount }, () => ({ key: null, value })));
    const floor = partition.endOffset;
    const fromMs = store.clock.now();
    const leave = this.#enter(batch.length + overheadBytes);
    const isCrowded = this.#world.bytesInFlight + this.#retentionBytes() > maxBytesInFlight;
    try {
      const { firstOffset, timestampMs } = await this.#hear(store.partition(log.name, index).append(batch), log);
      history.settle(append, firstOffset, timestampMs, store.durability === 'sync');
      if (firstOffset < floor) throw new Error(`Append ${append.id} is at ${partition}@${firstOffset}; ${floor - 1} was there before.`);
      if (timestampMs < fromMs || timestampMs > store.clock.now()) throw new Error(`Append ${append.id} is stamped ${timestampMs}.`);
    } catch (error) {
      this.#refuse(append, error);
      if (error instanceof LogError && error.code === 'Overloaded' && !isCrowded)
        throw new Error(`Append ${append.id} was refused as one too many: ${error.message}`, { cause: error });
      throw error;
    } finally {
      leave();
    }
    tally.add('append answered');
    this.#world.mayDie(0.004, 'an append was answered');
  }

  /** Counts bytes in flight until the returned function is called. */
  #enter(bytes: number): () => void {
    this.#world.bytesInFlight += bytes;
    return () => {
      this.#world.bytesInFlight -= bytes;
    };
  }

  /** Counts a change other than an append until it is answered. */
  #counted(answer: Promise<void>): Promise<void> {
    const leave = this.#enter(overheadBytes);
    answer.then(leave, leave);
    return answer;
  }

  /** What retention may have in flight, of which nobody here is told: a trim of each partition that it looks after. */
  #retentionBytes(): number {
    let bytes = 0;
    for (const log of this.#world.history.logs.values()) {
      if (log.retentionMs !== 'forever' && log.deleted !== 'gone') bytes += log.partitions.length * overheadBytes;
    }
    return bytes;
  }

  #refuse(append: AppendRecord, error: unknown): void {
    if (!(error instanceof LogError)) return;
    const isCertain = ['UnknownLog', 'AppendRefused', 'Overloaded', 'Failed', 'Closed'].includes(error.code);
    append.outcome = isCertain ? 'refused' : 'unknown';
    if (isCertain && [...append.partition.seen.values()].some(({ id }) => id === append.id))
      throw new Error(`Append ${append.id} was refused, and somebody has read it.`);
  }

  #anySize(): number {
    const { random, shape } = this.#world;
    return 4 + random.below(random.chance(0.05) ? shape.largeBytes : shape.mostBytes);
  }

  /** More appends at once than there is room for. */
  async #burst(place: Place): Promise<void> {
    this.#world.tally.add('burst of appends');
    const appends = Array.from({ length: 70 }, () => this.#append(place, 350));
    const failed = (await Promise.allSettled(appends)).find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #read({ log, index, partition }: Place, waitMs: number): Promise<void> {
    const { random, store, history, clock, tally } = this.#world;
    const span = partition.endOffset - partition.startOffset;
    const from = waitMs > 0 ? partition.endOffset : partition.startOffset + random.below(span + 1);
    const known = { startOffset: partition.startOffset, endOffset: partition.endOffset };
    const limits = { maxBytes: random.chance(0.5) ? 3000 : 200_000, maxRecords: 1 + random.below(30), waitMs };
    const wait = { log, partition, from };
    const beganMs = clock.elapsedMs;
    if (waitMs > 0) history.waits.add(wait);
    try {
      const result = await this.#hear(store.partition(log.name, index).read(from, limits), log, 'seen');
      const records = partition.learnRead(from, result, known, history.appends);
      const waitedMs = clock.elapsedMs - beganMs;
      if (waitMs > 0) tally.add(records.length > 0 ? 'wait ended by an append' : 'wait ended without one');
      if (records.length === 0 && waitedMs < waitMs && !this.#world.isClosing)
        throw new Error(`A read of ${partition} gave up after ${waitedMs} of ${waitMs} ms.`);
      const isEarly = records.some(({ id }) => history.appends.get(id)?.outcome === 'waiting');
      this.#world.mayDie(isEarly ? 0.2 : 0.004, isEarly ? 'an append was read before it was answered' : 'something was read');
    } catch (error) {
      if (error instanceof OffsetOutOfRange) this.#judgeRange(partition, from, error, known);
      throw error;
    } finally {
      history.waits.delete(wait);
    }
  }

  #judgeRange(partition: PartitionHistory, from: number, error: OffsetOutOfRange, known: { startOffset: number; endOffset: number }): void {
    if (from >= error.startOffset && from <= error.endOffset)
      throw new Error(`A read of ${partition} from ${from} was refused: ${error.message}`);
    this.#learnBounds(partition, error, known);
  }

  #learnBounds(
    partition: PartitionHistory,
    bounds: { startOffset: number; endOffset: number },
    known: { startOffset: number; endOffset: number },
  ): void {
    const isNews = bounds.startOffset > Math.max(partition.startOffset, partition.trimAnswered);
    partition.learnBounds(bounds, known, this.#world.store.clock.now());
    if (isNews) this.#world.mayDie(0.2, 'a start was seen before its trim was answered');
  }

  async #bounds({ log, index, partition }: Place): Promise<void> {
    const known = { startOffset: partition.startOffset, endOffset: partition.endOffset };
    this.#learnBounds(partition, await this.#hear(this.#world.store.partition(log.name, index).bounds(), log, 'seen'), known);
  }

  async #atTime({ log, index, partition }: Place): Promise<void> {
    const { random, store, tally } = this.#world;
    const known = { startOffset: partition.startOffset, endOffset: partition.endOffset };
    const stamps = [...partition.seen.values()].map(({ timestampMs }) => timestampMs);
    const timestampMs = (stamps[random.below(stamps.length)] ?? store.clock.now()) + random.below(3) - 1;
    const handle = store.partition(log.name, index);
    const offset = await this.#hear(handle.offsetAtTime(timestampMs), log, 'seen');
    const bounds = await this.#hear(handle.bounds(), log, 'seen');
    this.#learnBounds(partition, bounds, known);
    partition.judgeTime(timestampMs, offset, known, bounds.startOffset);
    tally.add('offset at a time');
  }

  async #trim({ log, index, partition }: Place): Promise<void> {
    const { random, store, tally } = this.#world;
    const before = partition.startOffset + random.below(partition.endOffset - partition.startOffset + 1);
    partition.trimAsked = Math.max(partition.trimAsked, before);
    await this.#hear(this.#counted(store.partition(log.name, index).trim(before)), log);
    partition.trimAnswered = Math.max(partition.trimAnswered, before);
    partition.startOffset = Math.max(partition.startOffset, before);
    tally.add('trim answered');
    this.#world.mayDie(0.05, 'a trim was answered');
  }

  async #delete({ log }: Place): Promise<void> {
    const { store, tally } = this.#world;
    if (log.deleted === 'no') log.deleted = 'asked';
    await this.#hear(this.#counted(store.deleteLog(log.name)));
    log.deleted = 'gone';
    tally.add('log deleted');
    this.#world.mayDie(0.1, 'a deletion was answered');
  }

  async #list(): Promise<void> {
    const { history, store } = this.#world;
    const there = history.logsThere();
    const names = new Set((await this.#hear(store.listLogs())).map(({ name }) => name));
    history.learnNames(names, there);
  }

  /**
   * What the store answers, unless the process is gone: then nobody hears it. A refusal that a log is not there must last if it
   * goes by what is durable (`seen`); an append is refused as soon as a deletion is under way (`judged`).
   */
  async #hear<T>(answer: Promise<T>, log?: LogFate, by: 'judged' | 'seen' = 'judged'): Promise<T> {
    const { fileSystem } = this.#world;
    const wasDeleted = log?.deleted === 'gone';
    try {
      const given = await answer;
      if (!fileSystem.isDead && wasDeleted) throw new Error(`The log ${log.name} answers though it was deleted.`);
      this.#judgeDisk();
      if (!fileSystem.isDead) return given;
    } catch (error) {
      const isMissing = error instanceof LogError && error.code === 'UnknownLog';
      if (isMissing && by === 'seen' && log !== undefined && !fileSystem.isDead) this.#learnMissing(log);
      if (!fileSystem.isDead) throw error;
    }
    return await new Promise(() => {});
  }

  #learnMissing(log: LogFate): void {
    if (log.deleted !== 'asked') return;
    log.deleted = 'gone';
    this.#world.mayDie(0.3, 'a deletion was seen before it was answered');
  }

  #judgeDisk(): void {
    const { misuse, fileSystem } = this.#world;
    if (misuse !== undefined && !fileSystem.isDead) throw new Error(misuse);
  }
}
