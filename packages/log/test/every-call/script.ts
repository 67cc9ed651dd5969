// A short life story of a data directory that uses every kind of file call, told with one fault in it.
import { encodeBatch, endOffsetOf } from 'millrace-records';
import { LogError, type LogErrorCode, type LogStore, openLogStore } from '../../src/index.ts';
import { settle } from '../setup.ts';
import { CrashDisk, Crashed, type CrashFileSystem } from '../support/crash-file-system.ts';
import { History } from '../support/history.ts';
import { type PartitionHistory, recordsOf, valueOf } from '../support/partition-history.ts';
import { ManualClock, Seeded } from '../support/seeded.ts';
import { FailingFileSystem, FaultAt } from './failing-file-system.ts';

const hourMs = 3_600_000;
const kibi = 1024;
/** Three of them make a segment that has an index, two fill a journal file. */
const largeBytes = 17 * kibi;
/** More calls than an opening makes in this story. */
export const openingCalls = 110;
const refusedForCertain: readonly LogErrorCode[] = ['AppendRefused', 'Failed', 'Closed', 'Overloaded', 'UnknownLog'];

/** What the script asks for, by the kinds of answers it may get. */
export type Operation = 'open' | 'append' | 'change' | 'read' | 'close';

/** An operation that failed, and how. */
export interface Refusal {
  readonly operation: Operation;
  /** The code of a `LogError`; anything else is shown as it is. */
  readonly code: string;
  readonly message: string;
}

/** How a run went. */
export interface Report {
  readonly refusals: readonly Refusal[];
  /** True if a store said that it has failed for good. */
  readonly hasFailed: boolean;
  /** True if an opening failed while the process went on. */
  readonly openingFailed: boolean;
}

/**
 * Tells the story with `fault` in it, then opens the directory on a healthy disk, after an attempt that dies at some call;
 * throws at the first promise that is broken. With `interruptedAt` the story ends with the fault, and that is the call.
 */
export async function runScript(fault: FaultAt, seed: number, interruptedAt?: number): Promise<Report> {
  const run = new Run(fault, seed);
  await run.tell(interruptedAt === undefined ? 'to the end' : 'up to the fault');
  await run.judge(interruptedAt);
  return run;
}

class Run implements Report {
  readonly refusals: Refusal[] = [];
  hasFailed = false;
  openingFailed = false;
  readonly #fault: FaultAt;
  readonly #random: Seeded;
  readonly #disk: CrashDisk;
  readonly #clock = new ManualClock();
  readonly #history = new History();
  #processes = 0;

  constructor(fault: FaultAt, seed: number) {
    this.#fault = fault;
    this.#random = new Seeded(seed);
    this.#disk = new CrashDisk(this.#random);
  }

  /** Three lives: a first that is closed, a second that is killed, a third that recovers. */
  async tell(howFar: 'to the end' | 'up to the fault'): Promise<void> {
    const goesOn = (): boolean => howFar === 'to the end' || !this.#fault.hasStruck;
    await this.#live('closed', (store) => this.#firstLife(store));
    if (goesOn()) await this.#live('killed', (store) => this.#secondLife(store));
    if (goesOn()) await this.#live('closed', (store) => this.#thirdLife(store));
  }

  /** What was promised holds on a healthy disk, also if the first attempt to open it dies on the way, and the store is of use. */
  async judge(interruptedAt = 1 + this.#random.below(openingCalls)): Promise<void> {
    this.#processes += 1;
    const cut = this.#disk.mount(interruptedAt);
    const interrupted = await this.#open(cut).catch(() => undefined);
    await interrupted?.[Symbol.asyncDispose]().catch(() => {});
    cut.isDead = true;
    if (this.#fault.fault === 'power cut' || this.#fault.fault === 'killed') this.#disk.cutPower();
    for (const round of ['first', 'again']) {
      this.#processes += 1;
      const store = await this.#open(this.#disk.mount());
      await this.#history.check(store, false);
      await store.createLog(round, { partitionCount: 1, retentionMs: 'forever' });
      this.#history.addLog(1, 'forever', round).created = 'there';
      await this.#append(store, `${round}/0`, 1, 100);
      await store[Symbol.asyncDispose]();
    }
    const refused = this.refusals.at(-1);
    if (this.#fault.fault === undefined && refused !== undefined) throw new Error(`${refused.operation} was refused: ${refused.message}`);
  }

  async #firstLife(store: LogStore): Promise<void> {
    await this.#create(store, 'a', 2, 'forever');
    await this.#create(store, 'b', 1, 24 * hourMs);
    await Promise.all(['a/0', 'a/1', 'b/0', 'a/0', 'a/0'].map((partition) => this.#append(store, partition, 2, 100)));
    for (let count = 0; count < 5; count += 1) {
      await Promise.all([this.#append(store, 'a/0', 1, largeBytes), this.#append(store, 'b/0', 1, 500)]);
      this.#clock.advance(2 * hourMs);
    }
    await this.#readAll(store, 'a/0');
    await this.#trim(store, 'a/0', 6);
    await this.#create(store, 'c', 1, 'forever');
    await this.#append(store, 'c/0', 1, 200);
    await this.#delete(store, 'c');
    await this.#retain(store, 'b/0');
    await this.#append(store, 'b/0', 1, 100);
  }

  async #secondLife(store: LogStore): Promise<void> {
    await this.#readAll(store, 'a/0');
    await Promise.all(['a/0', 'a/1', 'b/0'].map((partition) => this.#append(store, partition, 1, 300)));
    await this.#append(store, 'a/0', 3, 200);
    await this.#create(store, 'd', 1, 'forever');
    await this.#append(store, 'd/0', 1, 100);
    await this.#trim(store, 'a/1', 2);
  }

  async #thirdLife(store: LogStore): Promise<void> {
    await this.#append(store, 'a/0', 1, 100);
    await this.#readAll(store, 'a/0');
    await this.#delete(store, 'd');
  }

  /** One process, from opening to its end. An opening that fails is tried once more. */
  async #live(end: 'closed' | 'killed', work: (store: LogStore) => Promise<void>): Promise<void> {
    this.#processes += 1;
    const fileSystem = this.#disk.mount();
    const failing = new FailingFileSystem(fileSystem, this.#fault);
    this.#fault.phase = 'opening';
    const store = (await this.#tryToOpen(failing)) ?? (fileSystem.isDead ? undefined : await this.#open(failing));
    this.#fault.phase = 'working';
    if (store !== undefined) await work(store);
    await settle();
    if (end === 'closed' && store !== undefined) await this.#close(store);
    const isKilled = fileSystem.isDead;
    fileSystem.isDead = true;
    await settle();
    this.#history.end();
    if (isKilled && this.#fault.fault === 'power cut') this.#disk.cutPower();
  }

  async #tryToOpen(failing: FailingFileSystem): Promise<LogStore | undefined> {
    const opened: { store?: LogStore } = {};
    await this.#attempt('open', async () => {
      opened.store = await this.#open(failing);
    });
    this.openingFailed ||= opened.store === undefined && !failing.inner.isDead;
    return opened.store;
  }

  async #close(store: LogStore): Promise<void> {
    this.#fault.phase = 'closing';
    await this.#attempt('close', () => store[Symbol.asyncDispose]());
  }

  #open(fileSystem: CrashFileSystem | FailingFileSystem): Promise<LogStore> {
    return openLogStore({
      directory: '/data',
      journalFileBytes: 36 * kibi,
      journalFileCount: 3,
      segmentBytes: 60 * kibi,
      maxOpenFiles: 16,
      clock: this.#clock,
      random: (length) => this.#random.bytes(length),
      fileSystem,
      host: { pid: this.#processes, bootId: 'boot', startedAt: (pid) => (pid === this.#processes ? 'start' : undefined) },
      onFailure: () => {
        this.hasFailed ||= !fileSystem.isDead;
      },
    });
  }

  async #create(store: LogStore, name: string, partitionCount: number, retentionMs: number | 'forever'): Promise<void> {
    const fate = this.#history.addLog(partitionCount, retentionMs, name);
    await this.#attempt('change', async () => {
      await store.createLog(name, { partitionCount, retentionMs });
      fate.created = 'there';
    });
  }

  async #delete(store: LogStore, name: string): Promise<void> {
    const fate = this.#history.logs.get(name);
    if (fate === undefined) return;
    fate.deleted = 'asked';
    await this.#attempt('change', async () => {
      await store.deleteLog(name);
      fate.deleted = 'gone';
    });
  }

  async #append(store: LogStore, partition: string, recordCount: number, bytes: number): Promise<void> {
    const append = this.#history.addAppend(this.#partition(partition), recordCount, bytes);
    const value = valueOf(append);
    const batch = encodeBatch(Array.from({ length: recordCount }, () => ({ key: null, value })));
    const refusal = await this.#attempt('append', async () => {
      const { firstOffset, timestampMs } = await handle(store, partition).append(batch);
      this.#history.settle(append, firstOffset, timestampMs, true);
    });
    if (refusal !== undefined) append.outcome = refusedForCertain.some((code) => code === refusal) ? 'refused' : 'unknown';
  }

  async #trim(store: LogStore, partition: string, before: number): Promise<void> {
    const known = this.#partition(partition);
    known.trimAsked = before;
    await this.#attempt('change', async () => {
      const { endOffset } = await handle(store, partition).bounds();
      await handle(store, partition).trim(before);
      if (endOffset >= before) known.trimAnswered = before;
    });
  }

  /** Lets all that is older than a day be forgotten. */
  async #retain(store: LogStore, partition: string): Promise<void> {
    await this.#attempt('read', async () => {
      this.#partition(partition).trimAsked = (await handle(store, partition).bounds()).endOffset;
    });
    this.#clock.advance(20 * hourMs);
    for (let turns = 0; turns < 4; turns += 1) await settle();
  }

  /** Reads a partition batch by batch; one that cannot be read is asked for again, and a time is looked up. */
  async #readAll(store: LogStore, partition: string): Promise<void> {
    const log = handle(store, partition);
    await this.#attempt('read', async () => void (await log.offsetAtTime(this.#clock.now() - 3 * hourMs)));
    const place = { next: 0, endOffset: 0 };
    await this.#attempt('read', async () => {
      const { startOffset, endOffset } = await log.bounds();
      Object.assign(place, { next: startOffset, endOffset });
    });
    for (let reads = 0; place.next < place.endOffset && reads < 50; reads += 1) {
      await this.#attempt('read', async () => {
        const { batches } = await log.read(place.next, { maxBytes: 1, maxRecords: 1, waitMs: 0 });
        for (const batch of batches) {
          for (const record of recordsOf(batch, this.#history.appends)) this.#partition(partition).learn(record);
          place.next = endOffsetOf(batch);
        }
      });
    }
    const isEnd = place.next >= place.endOffset;
    if (!isEnd && !this.hasFailed && !this.#fault.hasStruck) throw new Error(`${partition} could not be read to its end.`);
  }

  /** A log may be asked for though the process died before it was created. */
  #partition(text: string): PartitionHistory {
    const [name = '', index] = text.split('/');
    const log = this.#history.logs.get(name) ?? this.#history.addLog(2, 'forever', name);
    return log.partitions[Number(index)] as PartitionHistory; // the story names no other
  }

  /** Runs one operation; what it is refused with is noted and returned. Once the process is gone nothing is noted. */
  async #attempt(operation: Operation, run: () => Promise<void>): Promise<string | undefined> {
    try {
      await run();
      return undefined;
    } catch (error) {
      if (isCrash(error)) return 'Crashed';
      const code = error instanceof LogError ? error.code : String(error);
      this.refusals.push({ operation, code, message: String(error) });
      return code;
    }
  }
}

/** A process that is gone hears no answer, whatever error stands for that. */
function isCrash(error: unknown): boolean {
  return error instanceof Crashed || (error instanceof Error && error.cause !== undefined && isCrash(error.cause));
}

function handle(store: LogStore, partition: string): ReturnType<LogStore['partition']> {
  const [name = '', number] = partition.split('/');
  return store.partition(name, Number(number));
}
