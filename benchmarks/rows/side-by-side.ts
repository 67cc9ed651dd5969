// Rows 1, 3, 4 and 6: this service and the plain baseline in turn (A B A B), each time a new process with an empty folder
// on the same volume; the figures are medians over the rounds.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, type ContenderName, checkContender } from '../contenders/contender.ts';
import { startMillrace } from '../contenders/millrace.ts';
import { startPlain } from '../contenders/plain.ts';
import { waitUntilSettled } from '../disk/settle.ts';
import type { Volume } from '../disk/volume.ts';
import { warmPageCache } from '../disk/warm-memory.ts';
import { type LoadResult, runLoad } from '../load/wrk.ts';
import type { Options } from '../options.ts';
import { quietShare, waitForQuiet } from '../quiet.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';
import { type SideBySideRowName, sideBySideRows, type Workload } from './workloads.ts';

const warmUpSeconds = 2;

interface Sample extends LoadResult {
  /** The row's figure. */
  readonly figure: number;
  /** CPU time of the server, microseconds a request: it varies less than what the clock says. */
  readonly cpuUs: number;
  /** Part of the machine's time that other work took just before. */
  readonly busyShare: number;
}

type Samples = Readonly<Record<ContenderName, readonly Sample[]>>;

/** Measures one row. Throws when a server does not start, does not store what it is sent, or fails under load. */
export async function measureSideBySide(row: SideBySideRowName, options: Options, volume: Volume): Promise<RowResult> {
  const workload = sideBySideRows[row];
  const samples = { millrace: [] as Sample[], plain: [] as Sample[] };
  for (let round = 1; round <= options.rounds; round++) {
    for (const name of ['millrace', 'plain'] as const) {
      const sample = await measureOnce(name, workload, options, volume);
      samples[name].push(sample);
      console.error(`row ${row}, round ${round}, ${name}: ${sample.figure.toPrecision(4)} ${workload.unit}`);
    }
  }
  return summarize(row, samples, volume);
}

async function measureOnce(name: ContenderName, workload: Workload, options: Options, volume: Volume): Promise<Sample> {
  const folder = join(volume.folder, name);
  mkdirSync(folder);
  try {
    const contender = await start(name, folder, options);
    await using server = contender.server;
    await checkContender(contender);
    const requests = await workload.prepare(contender);
    const load = { connections: workload.connections, folder };
    await runLoad(requests, { ...load, seconds: warmUpSeconds });
    await waitUntilSettled(folder);
    if (workload.wantsWarmMemory) warmPageCache(volume.folder);
    const busyShare = await waitForQuiet();
    const cpuBefore = server.cpuSeconds();
    const result = await runLoad(requests, { ...load, seconds: options.seconds });
    const cpuUs = ((server.cpuSeconds() - cpuBefore) * 1e6) / result.requests;
    return { ...result, figure: workload.figure(result), cpuUs, busyShare };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    // What the last server left in the page cache must not be written while the next one is measured.
    spawnSync('sync');
  }
}

function start(name: ContenderName, folder: string, { engine, profile }: Options): Promise<Contender> {
  const nodeArgs = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profile, name)}`];
  return name === 'plain' ? startPlain(folder, nodeArgs) : startMillrace(folder, engine, nodeArgs);
}

function summarize(row: SideBySideRowName, samples: Samples, volume: Volume): RowResult {
  const { what, unit, goal, better } = sideBySideRows[row];
  const millrace = median(samples.millrace.map(({ figure }) => figure));
  const plain = median(samples.plain.map(({ figure }) => figure));
  // Round by round, because neighbours in time share the machine's mood.
  const ratios = samples.millrace.map(({ figure }, round) => figure / (samples.plain[round]?.figure ?? Number.NaN));
  const ratio = median(better === 'higher' ? ratios : ratios.map((slower) => 1 / slower));
  const notes = [...describeSamples(samples), `data on ${volume.description}`];
  return { row, what, unit, millrace, other: plain, against: 'plain', ratio, goal, detail: samples, notes };
}

function describeSamples(samples: Samples): readonly string[] {
  const sides = (['millrace', 'plain'] as const).map((name) => {
    const of = (pick: (sample: Sample) => number): number => median(samples[name].map(pick));
    const rounds = samples[name].map(({ figure }) => figure.toPrecision(3)).join(', ');
    const latency = `p50 ${of(({ p50Ms }) => p50Ms).toFixed(2)} ms, p99 ${of(({ p99Ms }) => p99Ms).toFixed(2)} ms`;
    return `${name}: rounds ${rounds}; ${latency}; server CPU ${of(({ cpuUs }) => cpuUs).toFixed(0)} us a request`;
  });
  const busiest = Math.max(...Object.values(samples).flatMap((side) => side.map(({ busyShare }) => busyShare)));
  const noise = `the machine was busy: up to ${(busiest * 100).toFixed(0)} % of its time went to other work`;
  return busiest > quietShare ? [...sides, noise] : sides;
}
