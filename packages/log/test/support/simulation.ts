// A store on a disk that lies, with callers that do everything at once, on a schedule that a seed decides, life after life.
import { LogError, type LogStore, type LogStoreOptions, openLogStore } from '../../src/index.ts';
import { Caller, maxBytesInFlight, type Shape, type World } from './caller.ts';
import { type Call, CrashDisk, type CrashFileSystem } from './crash-file-system.ts';
import { type Copies, crashCopies, damageCopy } from './disk-copies.ts';
import { History } from './history.ts';
import { Scheduler } from './scheduler.ts';
import { ManualClock, Seeded } from './seeded.ts';
import { Tally } from './tally.ts';

const lives = 6;
const callerCount = 5;
const kibi = 1024;
/** Nothing may go on without a file call or a caller for so many timers. */
const maxIdle = 200;
/** Calls that no damage makes fail here: what cannot be read is `Damaged`, and nothing is. */
const reading: ReadonlySet<Call> = new Set(['read', 'open', 'sizeOf', 'list', 'size']);
/** Calls around which what is certain changes, and where: a crash is worth most there. */
const turningPoints: readonly (readonly [Call, RegExp])[] = [
  ['syncFolder', /\/data$/],
  ['syncFolder', /\/data$/],
  ['syncFolder', /\/data$/],
  ['syncFolder', /\/data$/],
  ['syncFolder', /\/data$/],
  ['syncFolder', /\/journal$/],
  ['syncFolder', /\/journal$/],
  ['syncFolder', /\/logs/],
  ['rename', /checkpoint/],
  ['sync', /journal/],
  ['sync', /checkpoint/],
  ['sync', /\.log$/],
  ['unlink', /\.log$/],
  ['open', /journal/],
  ['truncate', /./],
];
/** The same in an opening that follows on one of those: where it has changed something, and not yet made up for what was not certain. */
const openingPoints: readonly (readonly [Call, RegExp])[] = [
  ['unlink', /\.log$/],
  ['unlink', /\.log$/],
  ['syncFolder', /\/data$/],
  ['syncFolder', /\/journal$/],
  ['syncFolder', /\/logs/],
  ['truncate', /./],
];
const small: Shape = { mostLogs: 5, mostPartitions: 3, mostBytes: 400, largeBytes: 900 };
const large: Shape = { mostLogs: 1, mostPartitions: 1, mostBytes: 6000, largeBytes: 12_000 };

type Durability = 'sync' | 'async';
/** How a life ended. `failed`: storage failed, or did not open. */
type Ending = 'closed' | 'failed' | 'crashed';

/** Runs one seed to its end; throws at the first thing that a caller was promised and that does not hold. */
export async function simulate(seed: number, durability: Durability, trace: (line: string) => void = () => {}): Promise<Tally> {
  const simulation = new Simulation(seed, durability, trace);
  for (let life = 1; life <= lives; life += 1) await simulation.live(life);
  await simulation.rest();
  return simulation.tally;
}

class Simulation {
  readonly tally: Tally = new Tally();
  readonly #random: Seeded;
  readonly #disk: CrashDisk;
  readonly #clock = new ManualClock();
  readonly #history = new History();
  readonly #durability: Durability;
  readonly #trace: (line: string) => void;
  /** Few large values in large segments, which have indexes, or many small ones. */
  readonly #isLarge: boolean;
  readonly #asyncSyncIntervalMs: number;
  #mayLoseTail = false;
  #wasKilled = false;
  #mustCut = false;
  /** The process ended where a name or a write was about to become certain: the next life has to make up for that. */
  #isAtTurningPoint = false;
  #wasAtTurningPoint = false;
  /** True once the store of this life does no more. */
  #hasFailed = false;
  #boot = 0;

  constructor(seed: number, durability: Durability, trace: (line: string) => void) {
    this.#random = new Seeded(seed);
    this.#disk = new CrashDisk(this.#random);
    this.#durability = durability;
    this.#trace = trace;
    this.#isLarge = seed % 5 === 0;
    this.#asyncSyncIntervalMs = 1 + this.#random.below(200);
  }

  /** One opening, some work, and mostly a crash. */
  async live(life: number): Promise<void> {
    const scheduler = new Scheduler(this.#random);
    const fileSystem = this.#disk.mount(this.#crashAt(), scheduler);
    fileSystem.onCall = (call, path) => this.#trace(`  ${fileSystem.calls} ${call} ${path}`);
    this.#dieAtTurningPoint(fileSystem);
    this.#makeWeather(fileSystem);
    this.#trace(`life ${life}`);
    const ending = await this.#run(fileSystem, scheduler, life, (world) => this.#work(world));
    this.#end(fileSystem, ending);
    const copies = this.#copies();
    if (this.#random.chance(this.#isLarge ? 0.9 : 0.2)) await damageCopy(copies, this.#isLarge ? 0.4 : 1);
    if (this.#wasAtTurningPoint) await crashCopies(copies);
  }

  /** After so many file calls: often while opening or soon after, most of all if what the life before wrote was not synced. */
  #crashAt(): number {
    const random = this.#random;
    if (random.chance(this.#wasKilled ? 0.55 : 0.12)) return 1 + random.below(this.#wasKilled && random.chance(0.5) ? 120 : 50);
    return random.chance(this.#isLarge ? 0.7 : 0.3) ? Number.POSITIVE_INFINITY : 60 + random.below(1200);
  }

  /** A last, undisturbed life that must open and hold everything. */
  async rest(): Promise<void> {
    const scheduler = new Scheduler(this.#random);
    this.#trace('rest');
    const ending = await this.#run(this.#disk.mount(Number.POSITIVE_INFINITY, scheduler), scheduler, lives + 1, async () => {});
    if (ending !== 'closed') throw new Error(`The last life ended as ${ending}.`);
    if (this.#clock.pending > 0) throw new Error(`${this.#clock.pending} timers were left behind.`);
    for (const { outcome } of this.#history.appends.values()) this.tally.add(`append ${outcome}`);
  }

  async #run(fileSystem: CrashFileSystem, scheduler: Scheduler, life: number, work: (world: World) => Promise<void>): Promise<Ending> {
    let idle = 0;
    let lastSteps = 0;
    this.#hasFailed = false;
    const whenIdle = (): boolean => {
      if (!this.#hasFailed && this.#history.judgeIdle(this.#clock.elapsedMs, this.#asyncSyncIntervalMs) > 0)
        this.#mayDie(fileSystem, 0.4, 'what was answered had had its time to be synced');
      idle = scheduler.steps === lastSteps ? idle + 1 : 0;
      lastSteps = scheduler.steps;
      const delayMs = this.#clock.nextDelayMs;
      if (delayMs === undefined || idle > maxIdle) return false;
      this.#clock.advance(delayMs);
      return true;
    };
    const task = this.#life(fileSystem, scheduler, life, work);
    const ending = await scheduler.run(task, { isOver: () => fileSystem.isDead, whenIdle });
    return ending ?? 'crashed';
  }

  async #life(fileSystem: CrashFileSystem, scheduler: Scheduler, life: number, work: (world: World) => Promise<void>): Promise<Ending> {
    const store = await this.#open(fileSystem, life);
    if (store === undefined) return 'failed';
    await this.#history.check(store, this.#mayLoseTail);
    this.#mayLoseTail = false;
    const world: World = {
      random: this.#random,
      clock: this.#clock,
      scheduler,
      fileSystem,
      tally: this.tally,
      history: this.#history,
      store,
      isClosing: false,
      misuse: undefined,
      bytesInFlight: 0,
      shape: this.#isLarge ? large : small,
      mayDie: (chance, what) => this.#mayDie(fileSystem, chance, what),
    };
    fileSystem.onMisuse = (what) => {
      world.misuse ??= what;
    };
    await work(world);
    world.isClosing = true;
    const ending = await this.#close(store, fileSystem);
    if (world.misuse !== undefined) throw new Error(world.misuse);
    return ending;
  }

  #copies(): Copies {
    const random = new Seeded(this.#random.below(2 ** 32));
    const clock = new ManualClock();
    clock.wallMs = this.#clock.wallMs;
    let life = lives + 1;
    const open = (fileSystem: CrashFileSystem): Promise<LogStore> => {
      life += 1;
      const own = { clock, random: (length: number) => random.bytes(length), onFailure: () => {} };
      return openLogStore({ ...this.#options(fileSystem, life), ...own });
    };
    return { disk: this.#disk, history: this.#history, random, durability: this.#durability, tally: this.tally, open };
  }

  /** Undefined if the disk failed. */
  async #open(fileSystem: CrashFileSystem, life: number): Promise<LogStore | undefined> {
    try {
      return await openLogStore(this.#options(fileSystem, life));
    } catch (error) {
      if (fileSystem.isDead) return await new Promise(() => {});
      if (!(error instanceof LogError) || error.code !== 'Failed' || fileSystem.failures === 0) throw error;
      this.tally.add('opening failed');
      return undefined;
    }
  }

  #options(fileSystem: CrashFileSystem, life: number): LogStoreOptions {
    return {
      directory: '/data',
      durability: this.#durability,
      asyncSyncIntervalMs: this.#asyncSyncIntervalMs,
      journalFileBytes: (this.#isLarge ? 64 : 4) * kibi,
      journalFileCount: 2 + this.#random.below(3),
      segmentBytes: this.#isLarge ? 128 * kibi : kibi + this.#random.below(3 * kibi),
      maxBytesInFlight,
      maxOpenFiles: 16,
      clock: this.#clock,
      random: (length) => this.#random.bytes(length),
      fileSystem,
      host: { pid: 1, bootId: String(this.#boot), startedAt: () => `life ${life}` },
      onFailure: () => {
        this.#hasFailed = true;
      },
    };
  }

  async #close(store: LogStore, fileSystem: CrashFileSystem): Promise<Ending> {
    if (this.#random.chance(0.15)) fileSystem.isFull = (path) => !path.includes('/journal/'); // no room for the last checkpoint
    try {
      await store[Symbol.asyncDispose]();
    } catch (error) {
      if (fileSystem.failures === 0) throw error;
      return 'failed';
    }
    return this.#hasFailed ? 'failed' : 'closed';
  }

  async #work(world: World): Promise<void> {
    const { random } = world;
    const steps = (5 + random.below(40)) * (this.#isLarge ? 2 : 1); // large values must fill segments
    const callers = Array.from({ length: callerCount }, () => new Caller(world).run(steps));
    const closing = random.chance(0.4) ? this.#closeUnderCallers(world) : undefined;
    await Promise.all([...callers, closing]);
  }

  async #closeUnderCallers(world: World): Promise<void> {
    const { random, scheduler, store, fileSystem, tally } = world;
    for (let turn = random.below(120); turn > 0; turn -= 1) await scheduler.pause();
    tally.add(world.bytesInFlight > 0 ? 'closed with changes in flight' : 'closed under callers');
    world.isClosing = true;
    await this.#close(store, fileSystem);
  }

  #mayDie(fileSystem: CrashFileSystem, chance: number, what: string): void {
    if (fileSystem.isDead || !this.#random.chance(this.#isLarge ? chance / 5 : chance)) return;
    this.#trace(`dies when ${what}`);
    this.tally.add(`power cut when ${what}`);
    fileSystem.isDead = true;
    this.#mustCut = true;
  }

  #dieAtTurningPoint(fileSystem: CrashFileSystem): void {
    const random = this.#random;
    const isSecond = this.#wasAtTurningPoint;
    if (!random.chance(isSecond ? 0.6 : this.#isLarge ? 0.1 : 0.4)) return;
    const [kind, place] = random.pick(isSecond ? openingPoints : turningPoints);
    let left = random.below(isSecond || random.chance(0.6) ? 3 : 30);
    fileSystem.isLast = (call, path) => {
      if (call === kind && place.test(path)) left -= 1;
      this.#isAtTurningPoint = left < 0;
      return left < 0;
    };
  }

  #makeWeather(fileSystem: CrashFileSystem): void {
    const random = this.#random;
    fileSystem.isShort = () => random.chance(0.02);
    if (random.chance(0.4)) this.#fillDisk(fileSystem);
    else fileSystem.isFull = (path) => path.endsWith('.log') && random.chance(0.03);
    if (random.chance(0.15)) fileSystem.failsSync = () => random.chance(0.01);
    if (random.chance(0.1)) fileSystem.failureOf = (call) => (!reading.has(call) && random.chance(0.002) ? 'EIO' : undefined);
  }

  /** The disk is full for some time, and again later; journal files have their place already. */
  #fillDisk(fileSystem: CrashFileSystem): void {
    const random = this.#random;
    let isFull = random.chance(0.2);
    fileSystem.isFull = (path) => {
      if (random.chance(0.03)) isFull = random.chance(0.3);
      return isFull && !path.includes('/journal/');
    };
  }

  /** The process is gone. */
  #end(fileSystem: CrashFileSystem, ending: Ending): void {
    this.tally.add(`life ended: ${ending}`);
    fileSystem.isDead = true;
    this.#clock.forgetCalls();
    this.#history.end();
    if (ending === 'closed') this.#history.judgeClosed();
    const isCut = this.#mustCut || this.#random.chance(this.#chanceOfCut(ending));
    if (isCut) this.#disk.cutPower();
    if (isCut) this.#boot += 1;
    if (isCut && this.#durability === 'async' && ending !== 'closed') this.#mayLoseTail = true;
    this.#trace(`${ending}${isCut ? ', power cut' : ''}`);
    this.#wasKilled = !isCut;
    this.#mustCut = false;
    this.#wasAtTurningPoint = this.#isAtTurningPoint && !isCut;
    this.#isAtTurningPoint = false;
    this.#clock.advance(this.#random.below(10_000));
    if (this.#random.chance(0.3)) this.#clock.wallMs -= this.#random.below(20_000);
  }

  /** Small when the process may have left something that is not synced, large when nothing may be, or in the life after. */
  #chanceOfCut(ending: Ending): number {
    if (this.#isAtTurningPoint && !this.#wasAtTurningPoint) return 0.25;
    if (this.#isLarge) return 0.25; // indexes are not synced
    if (ending === 'closed') return 0.8;
    return this.#wasKilled ? 0.85 : 0.5;
  }
}
