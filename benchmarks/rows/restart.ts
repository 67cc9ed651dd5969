// Row restart: how long the store takes to open when it holds much and the journal little: after a close, and after a kill. The
// store is driven directly, in child processes.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Volume } from '../disk/volume.ts';
import type { Options } from '../options.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';
import { answerOf, endOf, startChild } from './child.ts';
import type { Appended, Restarted } from './restart-child.ts';

const script = 'restart-child.ts';
const boundSeconds = 2;
const rounds = 3;

interface Start extends Restarted {
  /** From the start of the process to the answer of the opened store. */
  readonly readyMs: number;
}

/** Fills a store once, and then opens it closed and killed in turn. Throws when a record that was acknowledged is missing. */
export async function measureRestart({ gib }: Options, volume: Volume): Promise<RowResult> {
  const directory = join(volume.folder, 'restart');
  try {
    return await fillAndRestart(directory, gib, volume);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function fillAndRestart(directory: string, gib: number, volume: Volume): Promise<RowResult> {
  let { records } = await ran<Appended>('grow', directory, String(gib));
  const closed: Start[] = [];
  const killed: Start[] = [];
  for (let round = 1; round <= rounds; round++) {
    closed.push(await open(directory, records));
    records += await touchAndKill(directory);
    killed.push(await open(directory, records));
    console.error(
      `restart, round ${round}: ${closed.at(-1)?.readyMs.toFixed(0)} ms closed, ${killed.at(-1)?.readyMs.toFixed(0)} ms killed`,
    );
  }
  const cold = forgetPages() ? await open(directory, records) : undefined;
  const of = (starts: readonly Start[], pick: (start: Start) => number): number => median(starts.map(pick));
  return {
    row: 'restart',
    what: `start after a kill with ${gib} GiB in 10,000 partitions`,
    unit: 's',
    millrace: of(killed, ({ readyMs }) => readyMs) / 1000,
    goal: { kind: 'value-below', bound: boundSeconds },
    detail: { closed, killed, cold },
    notes: [
      `from process start; of it opening the store ${of(killed, ({ openMs }) => openMs).toFixed(0)} ms; medians of ${rounds}`,
      `after a close ${(of(closed, ({ readyMs }) => readyMs) / 1000).toFixed(2)} s; memory ${of(killed, ({ rssMiB }) => rssMiB).toFixed(0)} MiB`,
      cold === undefined
        ? 'with an empty page cache: not measured, which takes root on Linux'
        : `with an empty page cache ${(cold.readyMs / 1000).toFixed(2)} s`,
      `data on ${volume.description}`,
    ],
  };
}

async function touchAndKill(directory: string): Promise<number> {
  const child = startChild(script, ['touch', directory]);
  const { records } = await answerOf<Appended>(child);
  child.kill('SIGKILL');
  await endOf(child);
  return records;
}

async function open(directory: string, records: number): Promise<Start> {
  const startedAt = performance.now();
  const restarted = await ran<Restarted>('open', directory);
  if (restarted.endOffsets !== records) throw new Error(`${records} records were acknowledged; ${restarted.endOffsets} are there.`);
  return { ...restarted, readyMs: restarted.answeredAt - startedAt };
}

async function ran<Answer>(...args: readonly string[]): Promise<Answer & { readonly answeredAt: number }> {
  const child = startChild(script, args);
  const answer = await answerOf<Answer>(child);
  const answeredAt = performance.now();
  await endOf(child);
  return { ...answer, answeredAt };
}

/** Empties the page cache; false where that is not allowed. */
function forgetPages(): boolean {
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch {
    return false;
  }
}
