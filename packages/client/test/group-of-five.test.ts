// Five consumers share six partitions, through the official client and through ours, with commit-on-get and by hand: they join one
// after the other, one of them dies with messages it read and did not commit, and the others take over after its timeout.
import { TestClock } from 'millrace-server/test-support';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Delivery, type GroupCalls, GroupConsumer, officialCalls, ourCalls, type Received } from './group-consumer.ts';
import { startService, type TestService } from './service.ts';

const partitions = 6;
const groupName = 'five';
const timeoutMs = 30_000;
const limit = 7;

let service: TestService;
let clock: TestClock;

beforeEach(async () => {
  clock = new TestClock();
  // The clients sign with the machine's time, which has to be near the service's.
  clock.setWall(Date.now());
  service = await startService({}, { clock, partitions });
});

afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

describe.each([
  ['oci-streaming', officialCalls],
  ['millrace-client', ourCalls],
] as const)('through %s', (_, callsOf) => {
  test.each([
    ['with commit-on-get', true],
    ['committing by hand', false],
  ] as const)('five consumers %s share the partitions, and lose nothing when one of them dies', async (_mode, commitOnGet) => {
    const stage = new Stage(callsOf(service), commitOnGet);
    await stage.put(60);
    const a = await stage.join('a');
    await stage.round([a]);
    expect(await stage.shares()).toEqual([partitions]);
    const [b, c, d, e] = [await stage.join('b'), await stage.join('c'), await stage.join('d'), await stage.join('e')];
    const all = [a, b, c, d, e];
    await stage.put(60);
    // They count from their first read on; two more of each, and the shares are even.
    for (let turn = 0; turn < 3; turn += 1) await stage.round(all);
    const even = await stage.holders();
    expect(await stage.shares()).toEqual([1, 1, 1, 1, 2]);
    await stage.put(60);
    await stage.drain(all);
    expect(await stage.holders()).toEqual(even);
    expect(stage.repeated()).toEqual([]);

    // `c` dies with messages it did not commit; `e` works for long and only says that it is there.
    await stage.put(60);
    expect(await c.read(limit)).toBeGreaterThan(0);
    const unfinished = stage.lastOf('c');
    clock.advance(timeoutMs / 2);
    await stage.drain([a, b, d]);
    await e.stay();
    clock.advance(timeoutMs / 2);
    await stage.drain([a, b, d]);
    expect(await stage.holders()).toEqual(even);
    expect(stage.repeated()).toEqual([]);

    // A millisecond later its timeout is over.
    clock.advance(1);
    expect(await stage.holders()).toEqual(even.map((name) => (name === 'c' ? undefined : name)));
    for (let turn = 0; turn < 2; turn += 1) await stage.round([a, b, d, e]);
    expect(await stage.shares()).toEqual([1, 1, 2, 2]);
    await stage.put(60);
    await stage.drain([a, b, d, e]);
    expect(stage.missing()).toEqual([]);
    expect(stage.outOfOrder()).toEqual([]);
    expect(stage.repeated().toSorted()).toEqual(unfinished.toSorted());
    expect(await stage.committed()).toEqual(stage.lastOffsets());
    stage.close();
  });
});

/** The group as the test sees it: what was put, who got what. */
class Stage {
  readonly #calls: GroupCalls;
  readonly #commitOnGet: boolean;
  readonly #sent: Received[] = [];
  readonly #delivered: Delivery[] = [];

  constructor(calls: GroupCalls, commitOnGet: boolean) {
    this.#calls = calls;
    this.#commitOnGet = commitOnGet;
  }

  /** Messages of thirty keys, which reach all six partitions. */
  async put(count: number): Promise<void> {
    const first = this.#sent.length;
    const values = Array.from({ length: count }, (_, index) => `message ${first + index}`);
    this.#sent.push(...(await this.#calls.put(values, (index) => `key ${index % 30}`)));
  }

  async join(instanceName: string): Promise<GroupConsumer> {
    return await GroupConsumer.join(this.#calls, { groupName, instanceName, commitOnGet: this.#commitOnGet }, this.#delivered);
  }

  /** One turn of each, all at once; answers how many messages came. */
  async round(consumers: readonly GroupConsumer[]): Promise<number> {
    const counts = await Promise.all(consumers.map((consumer) => consumer.turn(limit)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Rounds until one brings nothing. */
  async drain(consumers: readonly GroupConsumer[]): Promise<void> {
    while ((await this.round(consumers)) > 0);
  }

  /** Who holds each partition, by index. */
  async holders(): Promise<(string | undefined)[]> {
    return (await this.#calls.reservations(groupName)).map(({ reservedInstance }) => reservedInstance);
  }

  /** How many partitions each holder has, the smallest first. */
  async shares(): Promise<number[]> {
    const shares = new Map<string, number>();
    for (const name of await this.holders()) if (name !== undefined) shares.set(name, (shares.get(name) ?? 0) + 1);
    return [...shares.values()].toSorted((a, b) => a - b);
  }

  /** The last offset committed in each partition, by index. */
  async committed(): Promise<(number | undefined)[]> {
    return (await this.#calls.reservations(groupName)).map(({ committedOffset }) => committedOffset);
  }

  /** The last offset put into each partition, by index. */
  lastOffsets(): number[] {
    const last: number[] = [];
    for (const { partition, offset } of this.#sent) last[Number(partition)] = Math.max(offset, last[Number(partition)] ?? 0);
    return last;
  }

  /** What was put and nobody got as it was put. */
  missing(): Received[] {
    const got = new Map(this.#delivered.map((message) => [placeOf(message), message.value]));
    return this.#sent.filter((message) => got.get(placeOf(message)) !== message.value);
  }

  /** Deliveries, in order of the answers, that skip a message of their partition, or that go back though the consumer is the same. */
  outOfOrder(): Delivery[] {
    const ends = new Map<string, number>();
    return this.#delivered.filter((message) => {
      const { consumer, partition, offset } = message;
      const end = ends.get(partition) ?? 0;
      const own = ends.get(`${partition} ${consumer}`) ?? 0;
      ends.set(partition, Math.max(end, offset + 1)).set(`${partition} ${consumer}`, offset + 1);
      return offset > end || offset < own;
    });
  }

  /** Places that were delivered again, in order of the answers. */
  repeated(): string[] {
    const seen = new Set<string>();
    return this.#delivered.map(placeOf).filter((place) => seen.size === seen.add(place).size);
  }

  /** Places of what a consumer got since the others got anything. */
  lastOf(name: string): string[] {
    return this.#delivered.slice(this.#delivered.findLastIndex(({ consumer }) => consumer !== name) + 1).map(placeOf);
  }

  close(): void {
    this.#calls.close();
  }
}

function placeOf({ partition, offset }: Received): string {
  return `${partition}:${offset}`;
}
