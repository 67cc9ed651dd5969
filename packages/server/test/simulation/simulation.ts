// The whole service below HTTP, on a disk that lies, a clock that jumps and a schedule that a seed decides, life after life.
import { LogError, type LogStore, openLogStore } from 'millrace-log';
import { type Call, CrashDisk, type CrashFileSystem, ManualClock, Scheduler, Seeded, Tally } from 'millrace-log/test-support';
import type { StreamSummary } from 'millrace-protocol/shapes';
import { closeService, openService, type Service } from '../../src/service.ts';
import type { HeldCursor } from './cursor-model.ts';
import { law } from './law.ts';
import { MessageClient } from './message-client.ts';
import { type Loss, Model } from './model.ts';
import type { Delivered, PartitionModel } from './partition-model.ts';
import { StreamClient } from './stream-client.ts';
import { Moments, World } from './world.ts';

const lives = 5;
const clientCount = 4;
const hourMs = 3_600_000;
/** Nothing may go on without a file call or a caller for so many timers. */
const maxIdle = 200;
/** Time enough for everything that was put off: half a minute. */
const calmTurns = 300;
const kibi = 1024;

const readingCalls: readonly Call[] = ['read', 'open', 'sizeOf', 'list', 'size'];

/** What is wrong with the disk, besides that it crashes. `hurt`: reads fail and bits flip too, so what was stored may be refused. */
type Weather = 'calm' | 'rough' | 'hurt';

/** Runs one seed to its end; throws at the first promise that is broken. */
export async function simulateService(seed: number, trace: (line: string) => void = () => {}): Promise<Tally> {
  const simulation = new Simulation(seed, trace);
  for (let life = 1; life <= lives && !simulation.isOver; life += 1) await simulation.live(life);
  if (!simulation.isOver) await simulation.rest();
  return simulation.tally;
}

class Simulation {
  readonly tally: Tally = new Tally();
  /** True once damage keeps the service from opening. */
  isOver = false;
  readonly #random: Seeded;
  readonly #disk: CrashDisk;
  readonly #clock = new ManualClock();
  readonly #model = new Model();
  readonly #moments = new Moments();
  readonly #trace: (line: string) => void;
  readonly #durability: 'sync' | 'async';
  readonly #weather: Weather;
  /** How often time jumps by hours. */
  readonly #jumps: number;
  /** Some messages are large, and so is what must hold them. */
  readonly #isLarge: boolean;
  readonly #journalFileBytes: number;
  readonly #maxBytesInFlight: number;
  readonly #cursors: HeldCursor[][] = Array.from({ length: clientCount }, () => []);
  #loss: Loss = 'nothing';
  #wasFlipped = false;
  /** A bit of the journal was turned over that nothing may be left to tell of; see `doubtStreams`. */
  #wasProofLost = false;
  #boot = 0;
  #world: World | undefined;
  /** True once the store of this life does no more. */
  #hasFailed = false;
  /** What the disk was asked to do and no disk can be relied on to survive. */
  #misuse: string | undefined;

  constructor(seed: number, trace: (line: string) => void) {
    this.#random = new Seeded(seed);
    this.#disk = new CrashDisk(this.#random);
    this.#trace = trace;
    this.#durability = this.#random.chance(0.6) ? 'sync' : 'async';
    this.#weather = pick(this.#random, ['calm', 'rough', 'rough', 'hurt'] as const);
    this.#jumps = pick(this.#random, [0, 0.01, 0.05] as const);
    this.#isLarge = seed % 8 === 0;
    this.#journalFileBytes = (this.#isLarge ? 512 : pick(this.#random, [8, 16, 64] as const)) * kibi;
    this.#maxBytesInFlight = (this.#isLarge ? 1024 : 64) * kibi;
    trace(`${this.#durability} ${this.#weather}`);
  }

  /** One opening, some work, and an end that is mostly a crash. */
  async live(life: number): Promise<void> {
    const isCutEarly = this.#random.chance(0.3);
    const crashAt = isCutEarly ? 1 + this.#random.below(150) : 150 + this.#random.below(2500);
    const scheduler = new Scheduler(this.#random);
    const fileSystem = this.#disk.mount(crashAt, scheduler);
    fileSystem.onCall = (call, path) => this.#trace(`  ${fileSystem.calls} ${call} ${path}`);
    this.#makeWeather(fileSystem);
    this.#trace(`life ${life}`);
    const ending = await this.#run(fileSystem, scheduler, life, (world) => this.#work(world));
    this.#end(fileSystem, ending);
  }

  /** A last, undisturbed life that must open and hold everything. */
  async rest(): Promise<void> {
    const scheduler = new Scheduler(this.#random);
    const fileSystem = this.#disk.mount(Number.POSITIVE_INFINITY, scheduler);
    this.#trace('rest');
    const ending = await this.#run(fileSystem, scheduler, lives + 1, async () => {});
    if (this.isOver) return;
    law(ending === 'closed', () => 'The last closing failed.');
    law(this.#clock.pending === 0, () => `${this.#clock.pending} timers were left behind.`);
  }

  async #run(
    fileSystem: CrashFileSystem,
    scheduler: Scheduler,
    life: number,
    work: (world: World) => Promise<void>,
  ): Promise<'closed' | 'failed' | 'crashed'> {
    let idle = 0;
    let lastSteps = 0;
    const whenIdle = (): boolean => {
      this.#world?.judgeIdle();
      idle = scheduler.steps === lastSteps ? idle + 1 : 0;
      lastSteps = scheduler.steps;
      const delayMs = this.#clock.nextDelayMs;
      if (delayMs === undefined || idle > maxIdle) return false;
      this.#clock.advance(delayMs);
      return true;
    };
    const ending = await scheduler.run(this.#life(fileSystem, scheduler, life, work), { isOver: () => fileSystem.isDead, whenIdle });
    this.#world = undefined;
    law(this.#misuse === undefined, () => this.#misuse ?? '');
    if (ending === undefined) this.tally.add('crash');
    return ending ?? 'crashed';
  }

  async #life(
    fileSystem: CrashFileSystem,
    scheduler: Scheduler,
    life: number,
    work: (world: World) => Promise<void>,
  ): Promise<'closed' | 'failed'> {
    const opened = await this.#open(fileSystem, life);
    if (opened === undefined) return 'failed';
    const { store, service } = opened;
    const { tally } = this;
    const world = new World({
      random: this.#random,
      clock: this.#clock,
      scheduler,
      fileSystem,
      tally,
      moments: this.#moments,
      store,
      service,
      largeBytes: this.#isLarge ? 100_000 : 400,
      crowdBytes: this.#maxBytesInFlight - 14_000,
      isHurt: () => this.#weather === 'hurt',
      trace: this.#trace,
    });
    this.#world = world;
    fileSystem.onMisuse = (what) => {
      this.#misuse ??= what;
    };
    if (await this.#check(world)) await work(world);
    world.isClosing = true;
    world.drain();
    await closeService(service);
    return (await this.#close(store, fileSystem)) ? 'closed' : 'failed';
  }

  /** Undefined if the service refused to open, with cause. */
  async #open(fileSystem: CrashFileSystem, life: number): Promise<{ store: LogStore; service: Service } | undefined> {
    let store: LogStore | undefined;
    this.#hasFailed = false;
    try {
      store = await openLogStore({
        directory: '/data',
        durability: this.#durability,
        asyncSyncIntervalMs: 1 + this.#random.below(200),
        journalFileBytes: this.#journalFileBytes,
        journalFileCount: 2 + this.#random.below(3),
        segmentBytes: (this.#isLarge ? 256 : 1) * kibi + this.#random.below(3 * kibi),
        maxBytesInFlight: this.#maxBytesInFlight,
        maxOpenFiles: 16,
        clock: this.#clock,
        random: (length) => this.#random.bytes(length),
        fileSystem,
        host: { pid: 1, bootId: String(this.#boot), startedAt: () => `life ${life}` },
        onFailure: () => {
          this.#hasFailed = true;
        },
      });
      const service = await openService({
        engine: store,
        clock: this.#clock,
        random: (length) => this.#random.bytes(length),
        snapshotEvery: 5 + this.#random.below(20),
        onWarning: () => this.tally.add('snapshot not finished'),
      });
      return { store, service };
    } catch (error) {
      if (fileSystem.isDead) return await new Promise(() => {});
      if (!(error instanceof LogError)) throw error;
      this.#judgeRefusal(error, fileSystem);
      if (store !== undefined) await this.#close(store, fileSystem);
      return undefined;
    }
  }

  #judgeRefusal({ code, message }: LogError, fileSystem: CrashFileSystem): void {
    const hasCause = fileSystem.failures > 0 || this.#wasFlipped;
    law(hasCause, () => `Opening was refused though nothing had failed: ${code}, ${message}`);
    this.tally.add(`opening refused: ${code}`);
    this.#trace(`opening refused: ${code} ${message}`);
    if (fileSystem.failures === 0) this.isOver = true;
  }

  /** False if closing could not put everything on the disk. */
  async #close(store: LogStore, fileSystem: CrashFileSystem): Promise<boolean> {
    try {
      await store[Symbol.asyncDispose]();
    } catch (error) {
      law(fileSystem.failures > 0, () => `Closing failed: ${String(error)}`);
      return false;
    }
    return fileSystem.failures === 0;
  }

  /** Everything that was promised over all lives is there. False if what a crash took could not be found out. */
  async #check(world: World): Promise<boolean> {
    const loss = this.#loss;
    const streams = new StreamClient('check', world, this.#model);
    const messages = new MessageClient('check', world, this.#model, []);
    if (loss === 'tail') this.#model.doubt(this.#wasFlipped);
    if (this.#wasProofLost) this.#model.doubtStreams();
    const listed = await streams.list();
    if (listed === undefined) return loss === 'nothing';
    this.#model.settleStreams(listed, loss, world.times());
    await this.#checkLogs(world, listed);
    const contents = new Map<PartitionModel, Delivered[] | undefined>();
    for (const { state, deletions, partitions } of this.#model.streams) {
      if (state !== 'created' || deletions.size > 0) continue;
      for (const partition of partitions) contents.set(partition, await messages.readAll(partition, loss));
    }
    const lost = this.#model.settleMessages(contents, loss, world.times().logMs);
    if (lost > 0) this.tally.add('message of the last tail lost', lost);
    if (loss === 'tail' && [...contents.values()].includes(undefined)) return false;
    this.#loss = 'nothing';
    this.#wasProofLost = false;
    return true;
  }

  /** Of messages there are the logs of the streams that are there, and no others: a crash leaves nothing behind for ever. */
  async #checkLogs({ parts: { store } }: World, listed: readonly StreamSummary[]): Promise<void> {
    if (this.#hasFailed) return;
    const logs = (await store.listLogs()).map(({ name }) => name).filter((name) => !name.startsWith('_millrace.'));
    const active = listed.filter(({ lifecycleState }) => lifecycleState === 'ACTIVE');
    law(logs.length === active.length, () => `There are ${active.length} streams, and logs for ${logs.length}: ${logs}.`);
  }

  async #work(world: World): Promise<void> {
    const done = new AbortController();
    const { scheduler } = world.parts;
    const time = async (): Promise<void> => {
      for (; !done.signal.aborted; await scheduler.pause()) this.#passTime();
    };
    const passing = time();
    const steps = 5 + this.#random.below(30);
    const clients = this.#cursors.map((cursors, index) => this.#act(world, `client ${index}`, cursors, steps));
    if (this.#random.chance(0.3)) {
      for (let turn = this.#random.below(60); turn > 0; turn -= 1) await scheduler.pause();
      this.tally.add('closed while calls were under way');
      world.isClosing = true;
      if (this.#random.chance(0.5)) world.drain();
      await closeService(world.parts.service);
      await this.#close(world.parts.store, world.parts.fileSystem);
    }
    await Promise.all(clients);
    done.abort();
    await passing;
    if (!world.isClosing && this.#random.chance(this.#weather === 'hurt' ? 0.9 : 0.4)) await this.#calmDown(world);
  }

  /** The disk has room again and nothing fails any more: what was put off is done soon, without a new start. */
  async #calmDown(world: World): Promise<void> {
    const { scheduler, fileSystem, random } = world.parts;
    Object.assign(fileSystem, { isFull: () => false, failsSync: () => false, failureOf: () => undefined });
    for (let turn = 0; turn < calmTurns; turn += 1) {
      await scheduler.pause();
      this.#clock.advance(random.below(200));
    }
    if (this.#hasFailed) return;
    const listed = await new StreamClient('calm', world, this.#model).list();
    for (const { name, lifecycleState } of listed ?? [])
      law(['ACTIVE', 'DELETED'].includes(lifecycleState), () => `Stream ${name} stays ${lifecycleState}.`);
    if (listed !== undefined) this.tally.add('calmed down');
  }

  async #act(world: World, name: string, cursors: HeldCursor[], steps: number): Promise<void> {
    const { random, scheduler } = world.parts;
    const messages = new MessageClient(name, world, this.#model, cursors);
    const streams = new StreamClient(name, world, this.#model);
    for (let step = 0; step < steps; step += 1) {
      await scheduler.pause();
      const fate = random.next();
      if (this.#model.streams.length === 0 || fate < 0.06) await streams.create();
      else if (fate < 0.5) await messages.put();
      else if (fate < 0.8) await messages.get();
      else if (fate < 0.85) await streams.update();
      else if (fate < 0.88) await streams.delete();
      else if (fate < 0.91) await streams.show();
      else if (fate < 0.94) await streams.list();
      else if (fate < 0.994) await streams.poll();
      else await this.#crowd(messages, streams);
    }
  }

  /** Changes meet a store that is full of puts: their second step may be refused, too. */
  async #crowd(messages: MessageClient, streams: StreamClient): Promise<void> {
    const bursts = [1, 2, 3].map(async () => {
      for (let turn = 0; turn < 3; turn += 1) await messages.burst();
    });
    await Promise.all([...bursts, streams.create(), streams.delete()]);
  }

  #passTime(): void {
    const fate = this.#random.next();
    if (fate < this.#jumps) {
      this.tally.add('hours passed');
      this.#clock.advance(this.#random.below(30 * hourMs));
    } else if (fate < this.#jumps * 1.5) {
      this.tally.add('wall clock jumped');
      const farMs = pick(this.#random, [1000, hourMs, 48 * hourMs] as const);
      this.#clock.wallMs += this.#random.below(2 * farMs) - farMs;
    } else if (fate < this.#jumps * 2) {
      this.tally.add('time came near to a retention');
      this.#clock.advance((24 + this.#random.below(3)) * hourMs - this.#random.below(120_000));
    } else this.#clock.advance(this.#random.below(fate < 0.9 ? 300 : fate < 0.97 ? 20_000 : 90_000));
  }

  #makeWeather(fileSystem: CrashFileSystem): void {
    const { tally } = this;
    const random = this.#random;
    fileSystem.isShort = () => random.chance(0.02) && count(tally, 'short write');
    if (this.#weather === 'calm') return;
    if (random.chance(0.4))
      fileSystem.isFull = (path) => path.endsWith('.log') && random.chance(0.05) && count(tally, 'disk full for a segment');
    else if (random.chance(0.3)) fileSystem.isFull = () => random.chance(0.003) && count(tally, 'disk full');
    if (random.chance(0.3)) fileSystem.failsSync = () => random.chance(0.005) && count(tally, 'sync failed');
    const isHurt = this.#weather === 'hurt' && random.chance(0.5);
    if (!isHurt && random.chance(0.6)) return;
    fileSystem.failureOf = (call) => {
      const isReading = readingCalls.includes(call);
      if ((isReading && !isHurt) || !random.chance(isReading ? 0.03 : 0.003)) return undefined;
      tally.add(`failing ${call}`);
      return random.chance(0.8) ? 'EIO' : 'ENOSPC';
    };
  }

  /** The process is gone. */
  #end(fileSystem: CrashFileSystem, ending: 'closed' | 'failed' | 'crashed'): void {
    this.tally.add(`life ended: ${ending}`);
    fileSystem.isDead = true;
    this.#clock.forgetCalls();
    this.#model.end(this.#moments.next());
    if (this.#random.chance(0.6)) this.#cutPower(ending);
    if (this.#weather === 'hurt' && this.#random.chance(0.4)) this.#flip(ending);
    this.#clock.advance(this.#random.below(this.#jumps > 0 && this.#random.chance(0.2) ? 40 * hourMs : 10_000));
  }

  #cutPower(ending: 'closed' | 'failed' | 'crashed'): void {
    this.#trace('power cut');
    this.tally.add('power cut');
    this.#disk.cutPower();
    this.#boot += 1;
    if (this.#durability === 'sync' || ending === 'closed') return;
    this.#loseTail();
  }

  #loseTail(): void {
    this.#loss = 'tail';
    for (const cursors of this.#cursors) cursors.length = 0;
  }

  /** One bit turns over somewhere. Where the journal is still needed, its last round may go without a word. */
  #flip(ending: 'closed' | 'failed' | 'crashed'): void {
    const files = this.#disk.files().filter(({ bytes }) => bytes > 0);
    if (files.length === 0) return;
    const file = pick(this.#random, files);
    const at = this.#random.below(file.bytes);
    this.#trace(`a bit of ${file.path} turns over at ${at}`);
    this.tally.add('bit turned over');
    this.#disk.damage(file.path, at);
    this.#wasFlipped = true;
    if (!file.path.includes('journal') || ending === 'closed') return;
    this.#loseTail();
    this.#wasProofLost = this.#durability === 'async';
  }
}

function count(tally: Tally, what: string): true {
  tally.add(what);
  return true;
}

function pick<Item>(random: Seeded, items: readonly Item[]): Item {
  // The index is below the length.
  return items[random.below(items.length)] as Item;
}
