// A store on a disk that crashes, with callers that do everything at once, life after life.
import { encodeBatch } from 'millrace-records';
import { LogError, type LogStore, OffsetOutOfRange, openLogStore } from '../../src/index.ts';
import { CrashDisk, Crashed, type CrashFileSystem } from './crash-file-system.ts';
import { type AppendRecord, History } from './history.ts';
import { ManualClock, Seeded } from './seeded.ts';

const lives = 6;
const limits = { maxBytes: 3000, maxRecords: 30, waitMs: 0 };
const retentionMs = 3_600_000;

/** What one run met, so that a test can see that it met enough. */
export interface Tally {
  crashes: number;
  crashesWhileOpening: number;
  stored: number;
  unknown: number;
}

/** Runs one seed to its end; throws at the first thing that a caller was promised and that does not hold. */
export async function simulate(seed: number, durability: 'sync' | 'async'): Promise<Tally> {
  const simulation = new Simulation(seed, durability);
  for (let life = 0; life < lives; life += 1) await simulation.live(life);
  await simulation.rest();
  return simulation.tally;
}

class Simulation {
  readonly tally: Tally = { crashes: 0, crashesWhileOpening: 0, stored: 0, unknown: 0 };
  readonly #random: Seeded;
  readonly #disk: CrashDisk;
  readonly #clock = new ManualClock();
  readonly #history = new History();
  readonly #durability: 'sync' | 'async';
  #powerWasCut = false;

  constructor(seed: number, durability: 'sync' | 'async') {
    this.#random = new Seeded(seed);
    this.#disk = new CrashDisk(this.#random);
    this.#durability = durability;
  }

  /** One opening, some work, and mostly a crash. */
  async live(life: number): Promise<void> {
    const isOpeningCut = this.#random.chance(0.3);
    const fileSystem = this.#disk.mount(isOpeningCut ? 1 + this.#random.below(60) : 60 + this.#random.below(900));
    fileSystem.isFull = (path) => path.endsWith('.log') && this.#random.chance(0.03);
    if (this.#random.chance(0.15)) fileSystem.failsSync = () => this.#random.chance(0.01);
    let isOpen = false;
    try {
      const store = await this.#open(fileSystem);
      isOpen = true;
      await this.#history.check(store, this.#mayLoseTail());
      this.#powerWasCut = false;
      await this.#work(store, fileSystem, life);
      if (this.#random.chance(0.3)) await store[Symbol.asyncDispose]();
    } catch (error) {
      if (!fileSystem.isDead && !isStorageFailure(error)) throw error;
      if (!isOpen) this.tally.crashesWhileOpening += 1;
    }
    this.tally.crashes += 1;
    fileSystem.isDead = true;
    for (const append of this.#history.appends.values()) if (append.outcome === 'waiting') append.outcome = 'unknown';
    if (this.#random.chance(0.7)) this.#cut();
    if (this.#random.chance(0.2)) this.#clock.wallMs -= this.#random.below(10_000);
  }

  /** A last, undisturbed life that must open and hold everything. */
  async rest(): Promise<void> {
    const store = await this.#open(this.#disk.mount());
    await this.#history.check(store, this.#mayLoseTail());
    await store[Symbol.asyncDispose]();
    if (this.#clock.pending > 0 && this.tally.crashes === 0) throw new Error(`${this.#clock.pending} timers were left behind.`);
    for (const { outcome } of this.#history.appends.values()) {
      if (outcome === 'stored') this.tally.stored += 1;
      if (outcome === 'unknown') this.tally.unknown += 1;
    }
  }

  #cut(): void {
    this.#disk.cutPower();
    this.#powerWasCut = true;
  }

  #mayLoseTail(): boolean {
    return this.#durability === 'async' && this.#powerWasCut;
  }

  #open(fileSystem: CrashFileSystem): Promise<LogStore> {
    const boot = String(this.#random.next());
    return openLogStore({
      directory: '/data',
      durability: this.#durability,
      journalFileBytes: 4096,
      journalFileCount: 2 + this.#random.below(3),
      segmentBytes: 1024 + this.#random.below(3000),
      maxOpenFiles: 16,
      clock: this.#clock,
      random: (length) => this.#random.bytes(length),
      fileSystem,
      host: { pid: 1, bootId: boot, startedAt: () => 'start' },
    });
  }

  async #work(store: LogStore, fileSystem: CrashFileSystem, life: number): Promise<void> {
    const name = `log${life}`;
    this.#history.logs.set(name, { partitionCount: 2, created: 'asked', deleted: 'no' });
    await store.createLog(name, { partitionCount: 2, retentionMs: this.#random.chance(0.5) ? 'forever' : retentionMs * 1000 });
    const fate = this.#history.logs.get(name);
    if (fate !== undefined) fate.created = 'answered';
    const callers = Array.from({ length: 4 }, () => this.#call(store, fileSystem));
    const results = await Promise.allSettled(callers);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #call(store: LogStore, fileSystem: CrashFileSystem): Promise<void> {
    for (let step = 0; step < 40 && !fileSystem.isDead; step += 1) {
      this.#clock.advance(this.#random.below(60));
      const names = (await store.listLogs()).map(({ name }) => name);
      const name = names[this.#random.below(names.length)];
      if (name === undefined) return;
      await this.#act(store, name, this.#random.below(2));
    }
  }

  async #act(store: LogStore, name: string, index: number): Promise<void> {
    const fate = this.#random.next();
    try {
      if (fate < 0.6) await this.#append(store, name, index);
      else if (fate < 0.9) await this.#read(store, name, index);
      else if (fate < 0.98) await this.#trim(store, name, index);
      else await this.#delete(store, name);
    } catch (error) {
      if (error instanceof OffsetOutOfRange || isCode(error, 'UnknownLog', 'AppendRefused', 'Overloaded')) return;
      throw error;
    }
  }

  async #append(store: LogStore, name: string, index: number): Promise<void> {
    const append = this.#history.append(`${name}/${index}`, 1 + this.#random.below(3));
    const value = Buffer.alloc(4 + this.#random.below(400), append.id);
    value.writeUInt32BE(append.id, 0);
    const records = Array.from({ length: append.recordCount }, () => ({ key: null, value }));
    try {
      settle(append, await store.partition(name, index).append(encodeBatch(records)));
      this.#history.answered.push(append);
    } catch (error) {
      append.outcome = isCode(error, 'UnknownLog', 'AppendRefused', 'Overloaded', 'Failed', 'Closed') ? 'refused' : 'unknown';
      throw error;
    }
  }

  async #read(store: LogStore, name: string, index: number): Promise<void> {
    const partition = store.partition(name, index);
    const { startOffset, endOffset } = await partition.bounds();
    const from = startOffset + this.#random.below(endOffset - startOffset + 1);
    const waitMs = this.#random.chance(0.2) ? 50 : 0;
    const reading = partition.read(from, { ...limits, waitMs });
    if (waitMs > 0) queueMicrotask(() => this.#clock.advance(50));
    this.#history.observe(`${name}/${index}`, (await reading).batches);
  }

  async #trim(store: LogStore, name: string, index: number): Promise<void> {
    const key = `${name}/${index}`;
    const { startOffset, endOffset } = await store.partition(name, index).bounds();
    const before = startOffset + this.#random.below(endOffset - startOffset + 1);
    raise(this.#history.trimAsked, key, before);
    await store.partition(name, index).trim(before);
    raise(this.#history.trimAnswered, key, before);
  }

  async #delete(store: LogStore, name: string): Promise<void> {
    const fate = this.#history.logs.get(name);
    if (fate === undefined || this.#history.logs.size < 3) return;
    fate.deleted = 'asked';
    await store.deleteLog(name);
    fate.deleted = 'answered';
  }
}

function settle(append: AppendRecord, { firstOffset, timestampMs }: { firstOffset: number; timestampMs: number }): void {
  append.outcome = 'stored';
  append.firstOffset = firstOffset;
  append.timestampMs = timestampMs;
}

function raise(values: Map<string, number>, key: string, value: number): void {
  values.set(key, Math.max(values.get(key) ?? 0, value));
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof LogError && codes.includes(error.code);
}

function isStorageFailure(error: unknown): boolean {
  return error instanceof Crashed || isCode(error, 'Failed', 'OutcomeUnknown');
}
