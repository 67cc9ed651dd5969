// Other work on the machine spoils figures: a measurement waits for a quiet moment, and says so if there was none.
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const windowMs = 500;
const atMostMs = 20_000;

/** A machine busier than this while nothing is measured is not quiet: part of all its cores' time. */
export const quietShare = 0.1;

/** Waits until the machine has been quiet for half a second, at most 20 s; the share of its time that was used at the end. */
export async function waitForQuiet(): Promise<number> {
  const deadline = performance.now() + atMostMs;
  let share = await measureBusyShare();
  while (share > quietShare && performance.now() < deadline) share = await measureBusyShare();
  return share;
}

async function measureBusyShare(): Promise<number> {
  const before = sumTimes();
  await delay(windowMs);
  const after = sumTimes();
  return (after.busy - before.busy) / (after.all - before.all);
}

function sumTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map(({ times: { user, nice, sys, irq, idle } }) => ({ busy: user + nice + sys + irq, idle }));
  const busy = times.reduce((sum, core) => sum + core.busy, 0);
  return { busy, all: times.reduce((sum, core) => sum + core.idle, busy) };
}
