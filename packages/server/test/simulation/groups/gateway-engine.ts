// The engine as one of several servers sees it: everything takes its time; what others append to the command logs may be seen a
// while later, but what any server was told of, by the answer to an append, by bounds or by a read, is there for all that ask from
// then on (so the leader of a partition has it); a read may bring less than there is. Appends can fail, with or without having been
// stored. Once the server is dead nothing is answered any more.
import { LogError } from 'millrace-log';
import type { Scheduler, Seeded, Tally } from 'millrace-log/test-support';
import type { Appended, Bounds, Engine, LogInfo, LogSettings, PartitionLog, ReadLimits, ReadResult } from '../../../src/engine/engine.ts';
import { type AuditedEngine, type AuditedLog, cutAt } from './audited-engine.ts';
import { currentCall } from './call-record.ts';

/** The end of each command log as it was told to any server. */
export type Told = Map<string, number>;

export interface GatewayParts {
  readonly shared: AuditedEngine;
  readonly told: Told;
  readonly random: Seeded;
  readonly scheduler: Scheduler;
  readonly tally: Tally;
  /** How many turns a read of a command log takes at most. */
  readonly lag: number;
  /** How often an append to a group log fails. */
  readonly failing: number;
  /** Appends that are carried out later, though nobody is told any more. */
  readonly late: Promise<unknown>[];
  readonly monotonicMs: () => number;
  /** Told whenever the engine has answered. */
  readonly onAnswer: () => void;
}

export class GatewayEngine implements Engine {
  readonly durability: Engine['durability'];
  isDead = false;
  /** True while nothing takes time and nothing fails. */
  isQuick = false;
  /** True when appends fail no more. */
  isCalm = false;
  readonly #parts: GatewayParts;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.durability = parts.shared.inner.durability;
  }

  async createLog(name: string, settings: LogSettings): Promise<void> {
    await this.#take(() => this.#parts.shared.inner.createLog(name, settings));
  }

  async deleteLog(name: string): Promise<void> {
    await this.#take(() => this.#parts.shared.inner.deleteLog(name));
  }

  listLogs(): Promise<readonly LogInfo[]> {
    return this.#take(() => this.#parts.shared.inner.listLogs());
  }

  partition(name: string, index: number): PartitionLog {
    const log = this.#parts.shared.partition(name, index);
    const key = `${name}/${index}`;
    const isCommandLog = name.startsWith('_millrace.') && !name.endsWith('.snapshots');
    return {
      append: (batch) => this.#append(log, name, key, batch),
      read: (fromOffset, limits, signal) =>
        isCommandLog ? this.#readCommands(log, key, fromOffset, limits) : this.#take(() => log.read(fromOffset, limits, signal)),
      bounds: () => (isCommandLog ? this.#boundsOfCommands(log, key) : this.#take(() => log.bounds())),
      offsetAtTime: (timestampMs) => this.#take(() => log.offsetAtTime(timestampMs)),
      trim: (beforeOffset) => this.#take(() => log.trim(beforeOffset)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDead = true;
  }

  async #append(log: AuditedLog, name: string, key: string, batch: Buffer): Promise<Appended> {
    const begunMs = this.#parts.monotonicMs();
    return await this.#take(async () => {
      const fate = name === '_millrace.groups' ? this.#fate() : 'fine';
      if (fate !== 'fine') await this.#fail(fate, log, batch, begunMs);
      const appended = await log.appendSince(batch, begunMs);
      await this.#pause();
      raise(this.#parts.told, key, appended.firstOffset + 1);
      return appended;
    });
  }

  #fate(): 'fine' | 'refused' | 'overloaded' | 'lost' | 'stored' | 'late' {
    const { random, failing } = this.#parts;
    if (this.isQuick || this.isCalm || !random.chance(failing)) return 'fine';
    return (['refused', 'overloaded', 'lost', 'stored', 'late'] as const)[random.below(5)] ?? 'fine';
  }

  /** An append that is not answered: refused for certain, or with an outcome nobody knows. */
  async #fail(
    fate: 'refused' | 'overloaded' | 'lost' | 'stored' | 'late',
    log: AuditedLog,
    batch: Buffer,
    begunMs: number,
  ): Promise<never> {
    const { tally, late: pending, scheduler } = this.#parts;
    const call = currentCall.getStore();
    if (call !== undefined) call.isFailed = true;
    tally.add(`append of a command ${fate}`);
    if (fate === 'refused') throw new LogError('AppendRefused', 'There is no room.');
    if (fate === 'overloaded') throw new LogError('Overloaded', 'There is too much.');
    const late = Buffer.from(batch);
    if (fate === 'stored') await log.appendSince(late, begunMs);
    const append = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1) await scheduler.pause();
      await log.appendSince(late, begunMs);
    };
    if (fate === 'late') pending.push(append());
    throw new LogError('OutcomeUnknown', 'Nobody knows.');
  }

  async #boundsOfCommands(log: PartitionLog, key: string): Promise<Bounds> {
    await this.#pause();
    const { startOffset, endOffset } = await log.bounds();
    const end = this.#visibleEnd(key, endOffset);
    await this.#pause();
    raise(this.#parts.told, key, end);
    return { startOffset: Math.min(startOffset, end), endOffset: end };
  }

  /** Whatever any server was told of is there for all; of the rest what chance says. */
  #visibleEnd(key: string, endOffset: number): number {
    const least = this.#parts.told.get(key) ?? 0;
    if (this.isQuick || endOffset <= least) return endOffset;
    return least + this.#parts.random.below(endOffset - least + 1);
  }

  async #readCommands(log: PartitionLog, key: string, fromOffset: number, limits: ReadLimits): Promise<ReadResult> {
    const { random, lag } = this.#parts;
    if (lag > 0) await this.#pause(random.below(lag + 1));
    await this.#pause();
    const all = await log.read(fromOffset, limits);
    const end = Math.max(fromOffset, this.#visibleEnd(key, all.endOffset));
    const most = this.isQuick || random.chance(0.6) ? end : Math.min(end, fromOffset + 1 + random.below(end - fromOffset + 1));
    const { batches, nextOffset } = cutAt(all.batches, fromOffset, most);
    await this.#pause();
    raise(this.#parts.told, key, end);
    return { batches, nextOffset, endOffset: end };
  }

  async #take<T>(work: () => Promise<T>): Promise<T> {
    await this.#pause();
    try {
      return await work();
    } finally {
      await this.#pause();
    }
  }

  /** Some turns; for ever if the server is dead by then. */
  async #pause(turns = 1): Promise<void> {
    for (let turn = 0; turn < turns && !this.isQuick; turn += 1) await this.#parts.scheduler.pause();
    if (this.isDead) await new Promise(() => {});
    this.#parts.onAnswer();
  }
}

function raise(values: Map<string, number>, key: string, value: number): void {
  values.set(key, Math.max(values.get(key) ?? 0, value));
}
