// One seed of the simulator, at any level.
import { simulate, Tally } from 'millrace-log/test-support';
import { simulateGroups } from './groups/simulate-groups.ts';
import { simulateService } from './simulation.ts';

/**
 * `log`: callers of the log alone; `service`: callers of the whole service below HTTP; `groups`: consumer groups on one to three servers.
 */
export const levels = ['log', 'service', 'groups'] as const;
export type Level = (typeof levels)[number];

/** Whether a text names a level. */
export function isLevel(text: string): text is Level {
  return levels.some((level) => level === text);
}

/** Runs a seed; throws at the first broken promise. `trace` is told everything that happens. */
export async function runSeed(level: Level, seed: number, trace?: (line: string) => void): Promise<Tally> {
  if (level === 'groups') return await simulateGroups(seed, trace);
  if (level === 'service') return await simulateService(seed, trace);
  const tally = new Tally();
  for (const durability of ['sync', 'async'] as const) tally.addAll(await simulate(seed, durability, trace));
  return tally;
}
