// Small steps that several rows take.
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from '../contenders/server-process.ts';

const idleSeconds = 3;
/** What is still done a moment after the last request is not what idling costs. */
const settleMs = 1000;

/** The part of a core that a server uses which nobody asks anything. */
export async function cpuShareOf(server: ServerProcess): Promise<number> {
  await delay(settleMs);
  const before = server.cpuSeconds();
  await delay(idleSeconds * 1000);
  return (server.cpuSeconds() - before) / idleSeconds;
}

/** Runs `step` for all items, so many at a time. */
export async function limitedTo<Item>(inFlight: number, items: readonly Item[], step: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) await step(item);
  };
  await Promise.all(Array.from({ length: inFlight }, work));
}
