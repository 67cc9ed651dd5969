// Who holds which partition: an even share for each live instance, reached by each instance's own polls alone.
import { type Group, type Instance, isLive } from './group.ts';

/** What a POLL of an instance moves. */
export interface PollPlan {
  /** Partitions it gives up, by falling index. */
  readonly release: readonly number[];
  /** Free partitions it gets, by rising index. */
  readonly take: readonly number[];
}

/**
 * With k live instances (those that have polled and not run out, and `caller`) over n partitions each may hold floor(n/k), and
 * one more while fewer than n mod k others do. What is above goes from the highest index on, what is below is filled with the
 * lowest that are free. When nobody comes or goes, two polls by each leave everything even and nothing moves any more.
 */
export function planPoll({ instances, partitions }: Group, caller: Instance, now: number): PollPlan {
  const held = new Map<number, number>();
  const mine: number[] = [];
  for (const [index, { holder }] of partitions.entries()) {
    if (holder === null) continue;
    held.set(holder, (held.get(holder) ?? 0) + 1);
    if (holder === caller.epoch) mine.push(index);
  }
  let live = 1;
  for (const instance of instances.values()) if (instance !== caller && isLive(instance, now)) live += 1;
  const share = Math.floor(partitions.length / live);
  let above = 0;
  for (const [holder, count] of held) if (holder !== caller.epoch && count > share) above += 1;
  const quota = above < partitions.length % live ? share + 1 : share;
  if (mine.length >= quota) return { release: mine.slice(quota).toReversed(), take: [] };
  const free = [...partitions.keys()].filter((index) => partitions[index]?.holder === null);
  return { release: [], take: free.slice(0, quota - mine.length) };
}
