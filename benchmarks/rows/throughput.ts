// Rows 5 and 7: what programs get who send many independent messages, and who read a stream, through our client; beside Redis Streams
// that sync as we do, and beside the official client at the same service. The client is a process of its own.
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
import { median } from '../statistics.ts';
import { answerOf, endOf, startChild } from './child.ts';
import { figuresOf, type InTurn, takeTurns } from './in-turn.ts';
import { inNewFolder } from './sample.ts';
import type { ThroughputFigures } from './throughput-child.ts';
import type { ThroughputPlace } from './throughput-place.ts';

export type ThroughputRow = '5' | '5-many' | '7';
type ClientName = ThroughputPlace['client'];

interface Sample extends ThroughputFigures {
  /** CPU time of the server, microseconds a message, its warm-up too. */
  readonly serverUs: number;
  readonly meanwhile: Meanwhile | undefined;
}

interface Workload {
  readonly what: string;
  /** Of the child, without the seconds. */
  readonly task: readonly [name: 'send', inFlight: number] | readonly [name: 'read'];
  /** Beside Redis. */
  readonly goal: RowResult['goal'];
}

const workloads: Readonly<Record<ThroughputRow, Workload>> = {
  5: { what: 'single sends of 1 KiB, 64 in flight, through the producer', task: ['send', 64], goal: { kind: 'ratio-at-least', bound: 4 } },
  '5-many': {
    what: 'single sends of 1 KiB, 4,000 in flight, through the producer',
    task: ['send', 4000],
    goal: { kind: 'ratio-at-least', bound: 4 },
  },
  7: { what: 'reading 1 KiB messages through the reader', task: ['read'], goal: { kind: 'ratio-at-least', bound: 1 } },
};
/** In the stream that row 7 reads, again and again. */
const messagesToRead = 100_000;

/** Beside Redis, and beside the official client. Throws when a server does not start, or a message is refused. */
export async function measureThroughput(row: ThroughputRow, options: Options, volume: Volume): Promise<readonly RowResult[]> {
  const side = (name: ClientName) => ({
    name,
    measure: () => inNewFolder(volume, name, (folder) => sample(row, name, folder, options)),
  });
  const beside = async (name: ClientName): Promise<InTurn<Sample>> =>
    await takeTurns<Sample>(row, [side('millrace'), side(name)], options.rounds, (each) => `${rate(each).toFixed(0)} messages/s`);
  const result = (name: ClientName, samples: InTurn<Sample>, goal: RowResult['goal']): RowResult => ({
    row,
    what: workloads[row].what,
    unit: 'messages/s',
    ...figuresOf(samples, rate),
    against: name,
    goal,
    meanwhile: worstOf([...samples.ours, ...samples.theirs].map(({ meanwhile }) => meanwhile)),
    detail: samples,
    notes: [describe('millrace', samples.ours), describe(name, samples.theirs)],
  });
  const redis = result('redis', await beside('redis'), workloads[row].goal);
  const official = result('oci-streaming', await beside('oci-streaming'), { kind: 'none' });
  return [redis, { ...official, notes: [...official.notes, `data on ${volume.description}`] }];
}

function rate({ messages, seconds }: Sample): number {
  return messages / seconds;
}

function describe(name: ClientName, samples: readonly Sample[]): string {
  const of = (pick: (sample: Sample) => number): string => median(samples.map(pick)).toPrecision(3);
  const cpu = `CPU a message: client ${of(({ clientUs }) => clientUs)} us, server ${of(({ serverUs }) => serverUs)} us`;
  const p99 = samples.some(({ p99Ms }) => p99Ms === null) ? '' : `; acknowledged p99 ${of(({ p99Ms }) => p99Ms ?? Number.NaN)} ms`;
  return `${name}: ${cpu}${p99}`;
}

async function sample(row: ThroughputRow, name: ClientName, folder: string, options: Options): Promise<Sample> {
  const { seconds, patience } = options;
  const { server, place } = await start(name, folder, profiling(options, row, 'millrace'));
  await using _server = server;
  // Each server is filled by the client that is fastest at it.
  const filler: ThroughputPlace = place.client === 'redis' ? place : { ...place, client: 'millrace' };
  if (row === '7') await answerOf<number>(startChild('throughput-child.ts', [JSON.stringify(filler), 'fill', `${messagesToRead}`]));
  await waitUntilSettled(folder);
  await waitForQuiet(patience);
  const endWatch = watchMachine();
  const cpuBefore = server.cpuSeconds();
  const [task, inFlight] = workloads[row].task;
  const args = [JSON.stringify(place), task, `${seconds}`, ...(inFlight === undefined ? [] : [`${inFlight}`])];
  const child = startChild('throughput-child.ts', args, profiling(options, row, `${name}-client`));
  try {
    const figures = await answerOf<ThroughputFigures>(child);
    await endOf(child);
    const serverUs = ((server.cpuSeconds() - cpuBefore) * 1e6) / (figures.messages + figures.warmUpMessages);
    return { ...figures, serverUs, meanwhile: endWatch() };
  } finally {
    child.kill('SIGKILL');
  }
}

async function start(
  client: ClientName,
  folder: string,
  nodeArgs: readonly string[],
): Promise<{ readonly server: ServerProcess; readonly place: ThroughputPlace }> {
  if (client === 'redis') {
    const server = await startRedis(folder);
    return { server, place: { client, port: server.port } };
  }
  const { server, streamPath } = await startMillrace(folder, { nodeArgs });
  const streamId = streamPath.split('/').at(-1) ?? '';
  return { server, place: { client, configFile: join(folder, 'oci', 'config'), port: server.port, streamId } };
}
