// One measurement of one server: started with an empty folder, warmed up, waited for, loaded, looked at meanwhile, ended.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, checkContender } from '../contenders/contender.ts';
import type { ServerProcess } from '../contenders/server-process.ts';
import { waitUntilSettled } from '../disk/settle.ts';
import type { Volume } from '../disk/volume.ts';
import { warmPageCache } from '../disk/warm-memory.ts';
import { type LoadResult, runLoad } from '../load/wrk.ts';
import { type Meanwhile, watchMachine, worstOf } from '../meanwhile.ts';
import type { Options } from '../options.ts';
import { waitForQuiet } from '../quiet.ts';
import { median } from '../statistics.ts';
import type { InTurn } from './in-turn.ts';
import type { Workload } from './workloads.ts';

const warmUpSeconds = 5;

export interface Sample extends LoadResult {
  /** CPU time of the server, microseconds a request: it varies less than what the clock says. */
  readonly cpuUs: number;
  readonly meanwhile: Meanwhile | undefined;
}

/** Runs `measure` in a new folder `name` of the volume, which is removed and forgotten by the disk afterwards. */
export async function inNewFolder<T>({ folder: parent }: Volume, name: string, measure: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(parent, name);
  mkdirSync(folder);
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    // What the last server left in the page cache must not be written while the next one is measured.
    spawnSync('sync');
  }
}

export interface SampleSetting extends Pick<Options, 'seconds' | 'patience'> {
  readonly workload: Workload;
  readonly volume: Volume;
}

/** Measures a server that `start` starts under a workload. Throws when it does not store what it is sent, or fails under load. */
export async function sampleWorkload(
  name: string,
  start: (folder: string) => Promise<Contender>,
  { workload, seconds, patience, volume }: SampleSetting,
): Promise<Sample> {
  return await inNewFolder(volume, name, async (folder) => {
    const contender = await start(folder);
    await using server = contender.server;
    await checkContender(contender);
    const requests = await workload.prepare(contender);
    const load = { connections: workload.connections, folder };
    await runLoad(requests, { ...load, seconds: warmUpSeconds });
    await waitUntilSettled(folder);
    if (workload.wantsWarmMemory) warmPageCache(volume.folder);
    await waitForQuiet(patience);
    return await sampleLoad(server, () => runLoad(requests, { ...load, seconds }));
  });
}

/** Looks at the server and the machine while `load` runs. */
export async function sampleLoad(server: ServerProcess, load: () => Promise<LoadResult>): Promise<Sample> {
  const endWatch = watchMachine();
  const cpuBefore = server.cpuSeconds();
  const result = await load();
  const cpuUs = ((server.cpuSeconds() - cpuBefore) * 1e6) / result.requests;
  return { ...result, cpuUs, meanwhile: endWatch() };
}

/** A line on each side, and the worst the machine did. */
export function describeSamples(
  { ours, theirs }: InTurn<Sample>,
  [ourName, theirName]: readonly [string, string],
  figure: (result: LoadResult) => number,
): { readonly notes: readonly string[]; readonly meanwhile: Meanwhile | undefined } {
  const describe = (name: string, samples: readonly Sample[]): string => {
    const of = (pick: (sample: Sample) => number): number => median(samples.map(pick));
    const rounds = samples.map((sample) => figure(sample).toPrecision(3)).join(', ');
    const latency = `p50 ${of(({ p50Ms }) => p50Ms).toFixed(2)} ms, p99 ${of(({ p99Ms }) => p99Ms).toFixed(2)} ms`;
    return `${name}: rounds ${rounds}; ${latency}; server CPU ${of(({ cpuUs }) => cpuUs).toFixed(0)} us a request`;
  };
  const meanwhile = worstOf([...ours, ...theirs].map((sample) => sample.meanwhile));
  return { notes: [describe(ourName, ours), describe(theirName, theirs)], meanwhile };
}
