// Waits for what a server still does with its files after the load has stopped: preparing some ahead, for instance. Both
// servers are measured as they run on, not as they begin.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const checkEveryMs = 250;
const atMostMs = 30_000;

/** Resolves when the files below `folder` have kept their sizes for two checks, or after half a minute. */
export async function waitUntilSettled(folder: string): Promise<void> {
  const deadline = performance.now() + atMostMs;
  for (let unchanged = 0, bytes = -1; unchanged < 2 && performance.now() < deadline; ) {
    await delay(checkEveryMs);
    const now = bytesBelow(folder);
    unchanged = now === bytes ? unchanged + 1 : 0;
    bytes = now;
  }
}

/** The sizes of all files below the folder together. */
export function bytesBelow(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
