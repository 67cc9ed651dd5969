// What a seed decides before anything happens.
import type { Seeded } from 'millrace-log/test-support';
import { Consumer } from './consumer.ts';
import type { StreamFacts } from './stream-facts.ts';

export interface Plan {
  /** `shared`: one to three servers over one engine in memory; `alone`: one server on a disk that crashes. */
  readonly kind: 'shared' | 'alone';
  readonly serverCount: number;
  readonly partitionCounts: readonly number[];
  readonly groupNames: readonly string[];
  readonly snapshotEvery: number;
  /** Turns a read of a command log takes at most. */
  readonly lag: number;
  /** How often an append of a command fails. */
  readonly failing: number;
  /** How often time jumps by hours. */
  readonly hours: number;
  /** How far time goes on at each of its turns at most, milliseconds. */
  readonly paceMs: number;
  readonly consumerCount: number;
  readonly steps: number;
}

export function planOf(random: Seeded): Plan {
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  const kind = random.chance(0.75) ? 'shared' : 'alone';
  return {
    kind,
    serverCount: kind === 'alone' ? 1 : pick([1, 2, 2, 3]),
    partitionCounts: Array.from({ length: 1 + random.below(2) }, () => 1 + random.below(6)),
    groupNames: ['g', 'h', 'i'].slice(0, pick([1, 1, 2, 3])),
    snapshotEvery: 4 + random.below(30),
    lag: pick([0, 2, 8]),
    failing: kind === 'alone' ? 0 : pick([0, 0.01, 0.05]),
    hours: pick([0, 0, 0.002, 0.01]),
    paceMs: pick([20, 100, 400]),
    consumerCount: 2 + random.below(5),
    steps: 8 + random.below(18),
  };
}

/** A client with habits of its own; names are few, so that some are taken over. */
export function newConsumer(random: Seeded, label: string, streams: readonly StreamFacts[], { groupNames }: Plan): Consumer {
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  return new Consumer({
    label,
    stream: pick(streams),
    groupName: pick(groupNames),
    instanceName: random.chance(0.5) ? pick(['one', 'two', 'three']) : undefined,
    timeoutMs: pick([1000, 3000, 10_000, 30_000, 60_000]),
    mode: random.chance(0.6) ? 'commitOnGet' : 'manual',
  });
}
