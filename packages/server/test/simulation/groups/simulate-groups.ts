// Consumer groups over one to three servers: one engine in memory that all of them share, or a disk that crashes under one.
import { type LogStore, openLogStore } from 'millrace-log';
import { CrashDisk, type CrashFileSystem, ManualClock, Scheduler, Seeded, Tally } from 'millrace-log/test-support';
import { messageLogOf } from '../../../src/admin/catalogue.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { openMemoryEngine } from '../../../src/engine/memory.ts';
import { AuditedEngine } from './audited-engine.ts';
import { Auditor } from './auditor.ts';
import type { Consumer } from './consumer.ts';
import { judgeDrain, judgeQuiet } from './ending.ts';
import type { Told } from './gateway-engine.ts';
import { GroupWorld, shardOf } from './group-world.ts';
import { countMoves } from './met.ts';
import { newConsumer, type Plan, planOf } from './plan.ts';
import { judgeReplays } from './replay.ts';
import { Server } from './server.ts';
import { Visitor } from './visitor.ts';
import { work } from './work.ts';

const lives = 3;
const retentionMs = 24 * 3_600_000;
/** Nothing may go on without a call for so many timers. */
const maxIdle = 400;

/** Runs one seed to its end; throws at the first law that is broken. */
export async function simulateGroups(seed: number, trace: (line: string) => void = () => {}): Promise<Tally> {
  const simulation = new Simulation(new Seeded(seed), trace);
  await simulation.run();
  return simulation.tally;
}

class Simulation {
  readonly tally: Tally = new Tally();
  readonly #random: Seeded;
  readonly #clock = new ManualClock();
  readonly #trace: (line: string) => void;
  readonly #plan: Plan;
  readonly #auditor: Auditor;
  readonly #told: Told = new Map();
  readonly #clockJumps = { count: 0 };
  readonly #consumers: Consumer[] = [];
  readonly #late: Promise<unknown>[] = [];
  #messages = 0;
  #serverNumber = 0;

  constructor(random: Seeded, trace: (line: string) => void) {
    this.#random = random;
    this.#trace = trace;
    this.#plan = planOf(random);
    this.#auditor = new Auditor((entry, shard) => {
      const { offset, now, text, answer } = entry;
      trace(`  ${shard.index}@${offset} ${now} ${text} -> ${JSON.stringify(answer, plainMaps)}`);
      countMoves(this.tally, entry, shard);
    });
    trace(JSON.stringify(this.#plan));
  }

  async run(): Promise<void> {
    if (this.#plan.kind === 'shared') await this.#runShared();
    else await this.#runAlone();
  }

  async #runShared(): Promise<void> {
    const scheduler = new Scheduler(this.#random);
    const engine = openMemoryEngine({ clock: this.#clock });
    const life = async (): Promise<void> => {
      const world = this.#world(engine, scheduler, () => false);
      for (let count = 0; count < this.#plan.serverCount; count += 1) await this.#open(world, 'quickly');
      await this.#work(world);
      await this.#end(world);
      await engine[Symbol.asyncDispose]();
    };
    await this.#schedule(scheduler, life(), () => false);
  }

  async #runAlone(): Promise<void> {
    const disk = new CrashDisk(this.#random);
    for (let number = 0; number <= lives; number += 1) {
      const scheduler = new Scheduler(this.#random);
      const isLast = number === lives;
      const crashAt = number === 0 || isLast ? Number.POSITIVE_INFINITY : 1 + this.#random.below(600);
      const fileSystem = disk.mount(crashAt, scheduler);
      this.#trace(`life ${number}`);
      await this.#schedule(scheduler, this.#life(fileSystem, scheduler, number), () => fileSystem.isDead);
      this.#crash(disk, fileSystem);
    }
  }

  async #life(fileSystem: CrashFileSystem, scheduler: Scheduler, number: number): Promise<void> {
    const store = await this.#openStore(fileSystem, number).catch(async (error: unknown) => {
      if (fileSystem.isDead) return await new Promise<never>(() => {});
      throw error;
    });
    const world = this.#world(store, scheduler, () => fileSystem.isDead);
    for (const { logName, partitions, shard } of this.#auditor.streams) {
      for (let index = 0; index < partitions; index += 1) await world.parts.shared.recover(logName, index);
      await world.parts.shared.recover('_millrace.groups', shard);
    }
    await this.#open(world, this.#random.chance(0.5) ? 'quickly' : 'slowly');
    if (number < lives) await this.#work(world);
    else await this.#end(world);
    for (const server of world.servers) await server.close();
    await store[Symbol.asyncDispose]();
  }

  #openStore(fileSystem: CrashFileSystem, number: number): Promise<LogStore> {
    return openLogStore({
      directory: '/data',
      durability: 'sync',
      journalFileBytes: 64 * 1024,
      segmentBytes: 16 * 1024,
      maxOpenFiles: 16,
      clock: this.#clock,
      random: (length) => this.#random.bytes(length),
      fileSystem,
      host: { pid: 1, bootId: String(number), startedAt: () => `life ${number}` },
    });
  }

  #crash(disk: CrashDisk, fileSystem: CrashFileSystem): void {
    if (fileSystem.isDead) this.tally.add('crash');
    fileSystem.isDead = true;
    this.#clock.forgetCalls();
    if (!this.#random.chance(0.6)) return;
    this.tally.add('power cut');
    disk.cutPower();
  }

  async #schedule(scheduler: Scheduler, task: Promise<void>, isOver: () => boolean): Promise<void> {
    let idle = 0;
    let lastSteps = 0;
    const whenIdle = (): boolean => {
      idle = scheduler.steps === lastSteps ? idle + 1 : 0;
      lastSteps = scheduler.steps;
      const delayMs = this.#clock.nextDelayMs;
      if (delayMs === undefined || idle > maxIdle) return false;
      this.#clock.advance(delayMs);
      return true;
    };
    await scheduler.run(task, { isOver, whenIdle });
  }

  #world(engine: Engine, scheduler: Scheduler, isOver: () => boolean): GroupWorld {
    return new GroupWorld({
      random: this.#random,
      clock: this.#clock,
      scheduler,
      tally: this.tally,
      trace: this.#trace,
      auditor: this.#auditor,
      shared: new AuditedEngine(engine, this.#auditor),
      told: this.#told,
      clockJumps: this.#clockJumps,
      isOver,
    });
  }

  /** Another server; the first one makes the streams. */
  async #open(world: GroupWorld, how: 'quickly' | 'slowly'): Promise<void> {
    this.#serverNumber += 1;
    const skewMs = this.#random.chance(0.7) ? 0 : this.#random.below(4000) - 2000;
    const server = await Server.open(
      {
        ...world.parts,
        name: `server ${this.#serverNumber}`,
        skewMs,
        snapshotEvery: this.#plan.snapshotEvery,
        lag: this.#plan.lag,
        failing: this.#plan.failing,
        late: this.#late,
        monotonicMs: () => this.#clock.monotonicMs(),
      },
      how === 'quickly',
    );
    if (this.#auditor.streams.length === 0) await this.#makeStreams(server);
    world.servers.push(server);
  }

  async #makeStreams({ service, gateway }: Server): Promise<void> {
    gateway.isQuick = true;
    for (const [index, partitions] of this.#plan.partitionCounts.entries()) {
      const settings = { retentionInHours: 24, compartmentId: 'c', freeformTags: {}, definedTags: {} };
      const { stream } = await service.catalogue.createStream({ name: `stream ${index}`, partitions, ...settings });
      const { id, name } = stream;
      this.#auditor.streams.push({ id, name, logName: messageLogOf(stream), partitions, retentionMs, shard: shardOf(id) });
    }
    gateway.isQuick = false;
  }

  async #work(world: GroupWorld): Promise<void> {
    const { consumerCount, groupNames } = this.#plan;
    while (this.#consumers.length < consumerCount) {
      this.#consumers.push(newConsumer(this.#random, `client ${this.#consumers.length}`, this.#auditor.streams, this.#plan));
    }
    const visitor = new Visitor(world, groupNames, this.#messages);
    const mishap = async (): Promise<void> => {
      if (this.#plan.kind === 'alone') return;
      const [server] = world.servers.splice(this.#random.below(world.servers.length), 1);
      this.#trace(`${server?.name} is killed`);
      this.tally.add('server killed');
      server?.kill();
      await this.#open(world, this.#random.chance(0.5) ? 'quickly' : 'slowly');
    };
    await work(world, this.#plan, this.#consumers, visitor, mishap);
    this.#messages = visitor.messages;
  }

  async #end(world: GroupWorld): Promise<void> {
    this.#trace('the end');
    for (const { gateway } of world.servers) gateway.isCalm = true;
    await Promise.all(this.#late);
    const visitor = new Visitor(world, this.#plan.groupNames, this.#messages);
    await judgeQuiet(world, this.#consumers, visitor);
    await judgeDrain(world, visitor);
    // What a server that died has stored last was told to nobody, and may be seen by nobody yet.
    for (const { gateway } of world.servers) gateway.isQuick = true;
    await judgeReplays(world);
  }
}

function plainMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}
