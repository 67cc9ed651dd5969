// Row recovery: how long the store takes to open after a kill, with a full GiB in the journal that no checkpoint covers. The
// store is driven directly, in child processes, with a cap of the journal raised far enough that no checkpoint comes between.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Volume } from '../disk/volume.ts';
import { bulkMessages } from '../load/put-body.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';
import { answerOf, endOf, startChild } from './child.ts';
import type { Filled, Opened } from './recovery-child.ts';

const script = 'recovery-child.ts';
const boundSeconds = 3;
const crashes = 3;

interface Crash extends Opened {
  /** From the start of the process to the answer of the opened store. */
  readonly readyMs: number;
  readonly journalBytes: number;
}

/** Fills, kills, opens, three times over. Throws when a message that was acknowledged is missing afterwards. */
export async function measureRecovery(volume: Volume): Promise<RowResult> {
  const measured: Crash[] = [];
  for (let crash = 1; crash <= crashes; crash++) measured.push(await crashAndOpen(volume, bulkMessages));
  const ofSingles = await crashAndOpen(volume, 1);
  const of = (pick: (crash: Crash) => number): number => median(measured.map(pick));
  return {
    row: 'recovery',
    what: 'start after a kill with 1 GiB behind the last checkpoint',
    unit: 's',
    millrace: of(({ readyMs }) => readyMs) / 1000,
    goal: { kind: 'value-below', bound: boundSeconds },
    detail: { bulk: measured, ofSingles },
    notes: [
      `from process start; of it opening the store ${of(({ openMs }) => openMs).toFixed(0)} ms; medians of ${crashes}; a kill leaves the page cache warm`,
      `with one message of 1 KiB a batch (${ofSingles.endOffset} entries): ${(ofSingles.readyMs / 1000).toFixed(2)} s`,
      `journal files of ${(of(({ journalBytes }) => journalBytes) / 1024 ** 3).toFixed(2)} GiB in all; memory at the end ${of(({ rssMiB }) => rssMiB).toFixed(0)} MiB`,
      `data on ${volume.description}`,
    ],
  };
}

async function crashAndOpen(volume: Volume, batchMessages: number): Promise<Crash> {
  const directory = join(volume.folder, 'recovery');
  try {
    const crash = await fillKillOpen(directory, batchMessages);
    console.error(`recovery, ${batchMessages} message(s) a batch: opened in ${crash.openMs.toFixed(0)} ms`);
    return crash;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function fillKillOpen(directory: string, batchMessages: number): Promise<Crash> {
  const filler = startChild(script, ['fill', directory, String(batchMessages)]);
  const { offset } = await answerOf<Filled>(filler);
  filler.kill('SIGKILL');
  await endOf(filler);
  const journalBytes = sizeOfFolder(join(directory, 'journal'));
  const startedAt = performance.now();
  const opener = startChild(script, ['open', directory]);
  const opened = await answerOf<Opened>(opener);
  const readyMs = performance.now() - startedAt;
  await endOf(opener);
  if (opened.endOffset < offset) throw new Error(`Offsets up to ${offset} were acknowledged; only ${opened.endOffset} are there.`);
  return { ...opened, readyMs, journalBytes };
}

function sizeOfFolder(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
