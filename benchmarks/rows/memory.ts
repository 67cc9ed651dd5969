// Row memory: how much memory the service takes while much more data than that goes through it.

import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, checkContender, signFor } from '../contenders/contender.ts';
import { startMillrace } from '../contenders/millrace.ts';
import type { ServerProcess } from '../contenders/server-process.ts';
import type { Volume } from '../disk/volume.ts';
import { bulkMessages, createPutBody, messageBytes } from '../load/put-body.ts';
import { type LoadResult, runWrk } from '../load/wrk.ts';
import type { Options } from '../options.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';

const connections = 8;
const boundMiB = 300;
const sampleEveryMs = 100;
/** One wrk run: long enough to be steady, short enough that its one signature stays young. */
const sliceSeconds = 20;
const gibibyte = 1024 ** 3;
const putBytes = bulkMessages * messageBytes;

/** Puts `options.gib` GiB through the embedded engine in 1 MiB bodies. Throws when the disk is too small or a put fails. */
export async function measureMemory(options: Options, volume: Volume): Promise<RowResult> {
  requireSpace(volume, options.gib);
  const folder = join(volume.folder, 'memory');
  mkdirSync(folder);
  try {
    const contender = await startMillrace(folder, options);
    await using server = contender.server;
    await checkContender(contender);
    const idleMiB = memoryOf(server).nowMiB;
    const samples: number[] = [];
    const timer = setInterval(() => samples.push(memoryOf(server).nowMiB), sampleEveryMs);
    const slices = await putAll(contender, options.gib * gibibyte, folder).finally(() => clearInterval(timer));
    return summarize({ idleMiB, peakMiB: memoryOf(server).peakMiB, samples, slices });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Slices of load until `bytes` are put: the last one as long as the rate so far asks for. */
async function putAll(contender: Contender, bytes: number, folder: string): Promise<readonly LoadResult[]> {
  const slices: LoadResult[] = [];
  const { body } = createPutBody(bulkMessages);
  for (let left = bytes; left > 0; ) {
    const request = signFor(contender, { method: 'POST', target: `${contender.streamPath}/messages`, body }, 'with-digest');
    const last = slices.at(-1);
    const secondsLeft = last === undefined ? 2 : (left / putBytes / last.requests) * last.seconds;
    const seconds = Math.max(1, Math.min(sliceSeconds, Math.ceil(secondsLeft)));
    const slice = await runWrk(request, { connections, seconds, folder });
    slices.push(slice);
    left -= slice.requests * putBytes;
    console.error(`memory: ${((bytes - left) / gibibyte).toFixed(1)} GiB put, peak ${memoryOf(contender.server).peakMiB.toFixed(0)} MiB`);
  }
  return slices;
}

interface Measured {
  readonly idleMiB: number;
  readonly peakMiB: number;
  readonly samples: readonly number[];
  readonly slices: readonly LoadResult[];
}

function summarize({ idleMiB, peakMiB, samples, slices }: Measured): RowResult {
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0);
  const seconds = slices.reduce((sum, slice) => sum + slice.seconds, 0);
  const gib = ((requests * putBytes) / gibibyte).toFixed(1);
  return {
    row: 'memory',
    what: `peak memory while ${gib} GiB are put, c=${connections}`,
    unit: 'MiB',
    millrace: peakMiB,
    goal: { kind: 'value-below', bound: boundMiB },
    detail: { idleMiB, peakMiB, samples, slices },
    notes: [
      `idle ${idleMiB.toFixed(0)} MiB, median under load ${median(samples).toFixed(0)} MiB, peak ${peakMiB.toFixed(0)} MiB (VmHWM)`,
      `${Math.round((requests * bulkMessages) / seconds).toLocaleString('en-US')} messages/s over ${seconds.toFixed(0)} s`,
    ],
  };
}

function memoryOf(server: ServerProcess): { readonly nowMiB: number; readonly peakMiB: number } {
  const memory = server.memory();
  if (memory === undefined) throw new Error('Row memory needs /proc (Linux), and a server that is still running.');
  return memory;
}

function requireSpace({ folder }: Volume, gib: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const neededGib = gib * 1.3 + 1;
  const freeGib = (bavail * bsize) / gibibyte;
  if (freeGib < neededGib) throw new Error(`Row memory: expected ${neededGib} GiB free, got ${freeGib.toFixed(1)}.`);
}
