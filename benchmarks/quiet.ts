// Other work on the machine spoils figures: a measurement waits for a quiet moment. What happens in spite of that, meanwhile.ts tells.
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const windowMs = 500;

/** A machine busier than this while nothing is measured is not quiet: part of all its cores' time. */
const quietShare = 0.1;

/** Waits until the machine has been quiet for half a second, at most so many seconds. */
export async function waitForQuiet(atMostSeconds: number): Promise<void> {
  const deadline = performance.now() + atMostSeconds * 1000;
  while (performance.now() < deadline && (await measureBusyShare()) > quietShare);
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
