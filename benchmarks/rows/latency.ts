// Row 8: how long a message takes from the producer's call to the reader, at a pace that leaves everything idle in between, beside
// Redis Streams. Both acknowledge and give out only what is on the disk. Producer and reader are processes of their own.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { startMillrace } from '../contenders/millrace.ts';
import { startRedis } from '../contenders/redis.ts';
import type { ServerProcess } from '../contenders/server-process.ts';
import { waitUntilSettled } from '../disk/settle.ts';
import type { Volume } from '../disk/volume.ts';
import { type Meanwhile, watchMachine, worstOf } from '../meanwhile.ts';
import type { Options } from '../options.ts';
import { profiling } from '../profile.ts';
import { waitForQuiet } from '../quiet.ts';
import type { RowResult } from '../result.ts';
import { median, percentile } from '../statistics.ts';
import { answerOf, endOf, startChild } from './child.ts';
import { figuresOf, takeTurns } from './in-turn.ts';
import { warmUpMessages } from './latency-message.ts';
import type { LatencyPlace } from './latency-place.ts';
import { inNewFolder } from './sample.ts';

interface Latency {
  readonly messages: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** From the producer's call to its acknowledgement, median. */
  readonly acknowledgedMs: number;
  /** CPU time of the server for each message, those of the warm-up too, microseconds. */
  readonly cpuUs: number;
  readonly meanwhile: Meanwhile | undefined;
}

/** The median and the 99th percentile. Throws when a server does not start, or a message is refused or does not arrive. */
export async function measureLatency(options: Options, volume: Volume): Promise<readonly RowResult[]> {
  const { rounds } = options;
  const ours = { name: 'millrace', measure: () => inNewFolder(volume, 'millrace', (folder) => sampleMillrace(folder, options)) };
  const theirs = { name: 'redis', measure: () => inNewFolder(volume, 'redis', (folder) => sampleRedis(folder, options)) };
  const describe = ({ p50Ms, p99Ms }: Latency): string => `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
  const samples = await takeTurns<Latency>('8', [ours, theirs], rounds, describe);
  const notesOn = (name: string, side: readonly Latency[]): string => {
    const of = (pick: (sample: Latency) => number): number => median(side.map(pick));
    const acknowledged = `acknowledged after ${of(({ acknowledgedMs }) => acknowledgedMs).toFixed(2)} ms`;
    return `${name}: ${acknowledged}; most ${of(({ maxMs }) => maxMs).toFixed(1)} ms; server CPU ${of(({ cpuUs }) => cpuUs).toFixed(0)} us a message`;
  };
  const row = (what: string, bound: number, pick: (sample: Latency) => number): RowResult => ({
    row: '8',
    what: `end to end, 200 messages/s of 1 KiB, ${what}`,
    unit: 'ms',
    ...figuresOf(samples, pick),
    against: 'redis',
    goal: { kind: 'ratio-at-most', bound },
    meanwhile: worstOf([...samples.ours, ...samples.theirs].map(({ meanwhile }) => meanwhile)),
    detail: samples,
    notes: [],
  });
  const notes = [notesOn('millrace', samples.ours), notesOn('redis', samples.theirs), `data on ${volume.description}`];
  return [row('p50', 1.5, ({ p50Ms }) => p50Ms), { ...row('p99', 2, ({ p99Ms }) => p99Ms), notes }];
}

async function sampleMillrace(folder: string, options: Options): Promise<Latency> {
  const { server, streamPath } = await startMillrace(folder, { nodeArgs: profiling(options, '8', 'millrace') });
  await using _server = server;
  const streamId = streamPath.split('/').at(-1) ?? '';
  const place = { kind: 'millrace', configFile: join(folder, 'oci', 'config'), port: server.port, streamId } as const;
  return await sample(server, folder, place, options);
}

async function sampleRedis(folder: string, options: Options): Promise<Latency> {
  await using server = await startRedis(folder);
  return await sample(server, folder, { kind: 'redis', port: server.port }, options);
}

async function sample(server: ServerProcess, folder: string, place: LatencyPlace, options: Options): Promise<Latency> {
  const { seconds, patience } = options;
  await waitUntilSettled(folder);
  await waitForQuiet(patience);
  const endWatch = watchMachine();
  const cpuBefore = server.cpuSeconds();
  const start = (role: string, ...args: string[]): ChildProcess =>
    startChild(`latency-${role}-child.ts`, [JSON.stringify(place), ...args], profiling(options, '8', `${place.kind}-${role}`));
  const reader = start('reader');
  const producer = start('producer', `${seconds}`);
  try {
    const [latencies, acknowledged] = await Promise.all([answerOf<number[]>(reader), answerOf<number[]>(producer)]);
    await Promise.all([endOf(reader), endOf(producer)]);
    const cpuUs = ((server.cpuSeconds() - cpuBefore) * 1e6) / (latencies.length + warmUpMessages);
    const at = (part: number): number => percentile(latencies, part);
    return {
      messages: latencies.length,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
      acknowledgedMs: median(acknowledged),
      cpuUs,
      meanwhile: endWatch(),
    };
  } finally {
    for (const child of [reader, producer]) child.kill('SIGKILL');
  }
}
