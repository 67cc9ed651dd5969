// One run: a producer and a changing crowd of consumers, the fault proxy, the service killed now and then. What must hold is left to the test.
import { type Ack, Consumer, configFromFile, Producer, type ProducerStatistics, Reader, StreamClient } from '../../src/index.ts';
import { type RetryEnvironment, sleep, systemEnvironment } from '../../src/retry/environment.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';
import { KillableServer } from './killable-server.ts';
import { Seeded } from './seeded.ts';

/** What a run is made of. */
export interface ScenarioOptions {
  readonly seed: number;
  readonly messages: number;
  readonly keys: number;
  readonly consumers: number;
  /** Times the service is killed. */
  readonly kills: number;
  /** Share of requests that meet a fault. */
  readonly faultShare: number;
}

/** What came of it. Messages are `key:number`. */
export interface ScenarioResult {
  readonly sent: readonly string[];
  /** In the order of the log, one partition after the other. */
  readonly stored: readonly string[];
  /** In the order in which handlers ended well, of all consumers together. */
  readonly handled: readonly string[];
  readonly faults: ReadonlyMap<Fault, number>;
  readonly kills: number;
  readonly consumersMade: number;
  readonly statistics: ProducerStatistics;
}

/** The client's waits pass that much faster. */
const hurry = 20;

/** Milliseconds of hurried time, a minute of ours: what is not stored by then never will be. */
const patienceMs = 60_000 * hurry;

export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const chance = new Seeded(options.seed);
  const environment = hurried(chance);
  await using server = await KillableServer.create();
  const first = await server.start();
  await using proxy = new FaultProxy(chance);
  proxy.target = first.url;
  const serviceEndpoint = await proxy.listen();
  await using client = new StreamClient(configFromFile(first.configPath), { serviceEndpoint });

  const sent = Array.from({ length: options.messages }, (_, index) => `${index % options.keys}:${Math.floor(index / options.keys)}`);
  const crowd = new Crowd(client, first.streamId, chance, environment, sent.length);
  const killer = new Killer(server, proxy, chance, options.kills);
  proxy.share = options.faultShare;
  crowd.fill(options.consumers);
  // Many small requests: each is a chance to go wrong.
  const limits = { timeoutMs: patienceMs, requestTimeoutMs: 5000, maxBackoffMs: 1000, maxBatchMessages: 4, maxRequests: 3 };
  const producer = new Producer(client, first.streamId, limits, environment);
  const acks: Promise<Ack>[] = [];
  for (const text of sent) {
    acks.push((await producer.submit({ key: text.split(':')[0] ?? '', value: text })).ack);
    if (chance.chance(0.2)) await settled(chance.below(50));
  }
  const settledAcks = await Promise.allSettled(acks);
  await crowd.finish(settledAcks.flatMap((ack) => (ack.status === 'fulfilled' ? [ack.value] : [])));
  await killer.done;
  proxy.share = 0;
  await crowd.close();
  await producer.close().catch(() => {}); // What was not stored is in the statistics.
  const stored = await storedMessages(client, first.streamId);
  const { handled, made: consumersMade } = crowd;
  return { sent, stored, handled, faults: proxy.done, kills: killer.kills, consumersMade, statistics: producer.statistics };
}

const groupName = 'crowd';

/** Consumers of one group that come, leave and crash as messages are handled. */
class Crowd {
  readonly handled: string[] = [];
  made = 0;
  /** Resolves when every message was handled; rejects with what ended a consumer. */
  readonly #enough: Promise<'all handled'>;
  readonly #client: StreamClient;
  readonly #streamId: string;
  readonly #chance: Seeded;
  readonly #environment: RetryEnvironment;
  readonly #running = new Map<Consumer, Promise<void>>();
  readonly #gone: Promise<unknown>[] = [];
  readonly #different = new Set<string>();
  readonly #wanted: number;
  #isEnough: (outcome: 'all handled') => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(client: StreamClient, streamId: string, chance: Seeded, environment: RetryEnvironment, wanted: number) {
    this.#client = client;
    this.#streamId = streamId;
    this.#chance = chance;
    this.#environment = environment;
    this.#wanted = wanted;
    this.#enough = new Promise((resolve, reject) => {
      this.#isEnough = resolve;
      this.#fail = reject;
    });
    this.#enough.catch(() => {});
  }

  fill(count: number): void {
    while (this.#running.size < count) this.#add();
  }

  /**
   * Resolves when every message was handled; else when the group has committed all that was acknowledged, since nobody will be given the rest, or
   * when patience is over. What was not handled then is lost.
   */
  async finish(acks: readonly Ack[]): Promise<void> {
    const { clock } = this.#environment;
    const over = clock.now() + patienceMs;
    const pauseMs = 50 * hurry;
    const isOver = async (): Promise<boolean> => clock.now() > over || (await this.#isCommitted(acks));
    while ((await Promise.race([this.#enough, sleep(clock, pauseMs, undefined)])) === undefined) if (await isOver()) return;
  }

  async #isCommitted(acks: readonly Ack[]): Promise<boolean> {
    try {
      const { data } = await this.#client.getGroup(this.#streamId, groupName, { signal: AbortSignal.timeout(1000) });
      const committed = new Map((data.reservations ?? []).map(({ partition, committedOffset }) => [partition, committedOffset ?? -1]));
      return acks.every(({ partition, offset }) => offset <= (committed.get(partition) ?? -1));
    } catch {
      return false; // A fault met the question.
    }
  }

  async close(): Promise<void> {
    for (const consumer of this.#running.keys()) this.#gone.push(consumer.close());
    await Promise.all([...this.#gone, ...this.#running.values()]);
  }

  #add(): void {
    this.made += 1;
    const chance = this.#chance;
    const options = {
      groupName,
      timeoutMs: 1000,
      waitMs: 100,
      requestTimeoutMs: 5000,
      maxBackoffMs: 1000,
      attempts: 1000,
      maxMessages: 1 + chance.below(40),
      concurrency: 1 + chance.below(4),
      orderPer: chance.chance(0.5) ? 'key' : 'partition',
      readAhead: chance.chance(0.7),
    } as const;
    const consumer = new Consumer(this.#client, this.#streamId, options, this.#environment);
    const run = consumer.run(async (message, { signal }) => {
      await settled(chance.below(20));
      signal.throwIfAborted();
      if (chance.chance(0.02)) throw new Error('The handler fails now and then.');
      this.#note(message.text());
    });
    this.#running.set(consumer, run.catch(this.#fail));
  }

  #note(text: string): void {
    this.handled.push(text);
    this.#different.add(text);
    if (this.#different.size === this.#wanted) this.#isEnough('all handled');
    if (this.handled.length % 60 === 0) this.#change();
  }

  /** One leaves, in order or as in a crash, and another one comes. */
  #change(): void {
    const [oldest] = this.#running;
    if (oldest === undefined) return;
    const [consumer, run] = oldest;
    this.#running.delete(consumer);
    const leaving = this.#chance.chance(0.5) ? {} : { timeoutMs: 0 };
    this.#gone.push(consumer.close(leaving), run);
    this.#add();
  }
}

/** Kills the service at requests that chance chooses, and starts it again. */
class Killer {
  kills = 0;
  /** Resolves when the last kill is done and the service is back. */
  done: Promise<void> = Promise.resolve();
  readonly #server: KillableServer;
  readonly #proxy: FaultProxy;

  constructor(server: KillableServer, proxy: FaultProxy, chance: Seeded, kills: number) {
    this.#server = server;
    this.#proxy = proxy;
    const at = new Set(Array.from({ length: kills }, (_, index) => 40 + index * 120 + chance.below(80)));
    proxy.onRequest = (count) => {
      if (at.has(count)) this.done = this.done.then(() => this.#kill());
    };
  }

  async #kill(): Promise<void> {
    this.kills += 1;
    await this.#server.kill();
    this.#proxy.target = undefined;
    const { url } = await this.#server.start();
    this.#proxy.target = url;
  }
}

async function storedMessages(client: StreamClient, streamId: string): Promise<string[]> {
  const byPartition = new Map<string, string[]>();
  for await (const { partition, messages } of new Reader(client, streamId, { until: 'end' })) {
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), ...messages.map((message) => message.text())]);
  }
  return [...byPartition.values()].flat();
}

function hurried(chance: Seeded): RetryEnvironment {
  const { clock } = systemEnvironment;
  return {
    random: () => chance.next(),
    clock: { now: () => clock.now() * hurry, after: (ms, run) => clock.after(ms / hurry, run) },
  };
}

async function settled(turns: number): Promise<void> {
  for (let left = turns; left > 0; left -= 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
