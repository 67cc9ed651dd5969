// Row 3-redis: one put after the other on one connection, beside Redis Streams that sync each message before they answer. Each
// has a generator in C of its own: wrk sends signed puts, redis-benchmark sends XADD.
import { startMillrace } from '../contenders/millrace.ts';
import { startRedis } from '../contenders/redis.ts';
import { waitUntilSettled } from '../disk/settle.ts';
import type { Volume } from '../disk/volume.ts';
import { runRedisBenchmark } from '../load/redis-benchmark.ts';
import type { Options } from '../options.ts';
import { profiling } from '../profile.ts';
import { waitForQuiet } from '../quiet.ts';
import type { RowResult } from '../result.ts';
import { figuresOf, takeTurns } from './in-turn.ts';
import { describeSamples, inNewFolder, type Sample, sampleLoad, sampleWorkload } from './sample.ts';
import { sideBySideRows } from './workloads.ts';

const warmUpRequests = 2000;

/** Throws when a server does not start or refuses a message. */
export async function measureBesideRedis(options: Options, volume: Volume): Promise<RowResult> {
  const workload = sideBySideRows['3'];
  const { rounds } = options;
  const nodeArgs = profiling(options, '3-redis', 'millrace');
  const ours = {
    name: 'millrace',
    measure: () => sampleWorkload('millrace', (folder) => startMillrace(folder, { nodeArgs }), { ...options, workload, volume }),
  };
  const theirs = { name: 'redis', measure: () => sampleRedis(options, volume) };
  const samples = await takeTurns<Sample>('3-redis', [ours, theirs], rounds, ({ p50Ms }) => `${p50Ms.toFixed(3)} ms`);
  const { notes, meanwhile } = describeSamples(samples, ['millrace', 'redis'], workload.figure);
  return {
    row: '3-redis',
    what: workload.what,
    unit: workload.unit,
    ...figuresOf(samples, workload.figure),
    against: 'redis',
    goal: { kind: 'ratio-at-most', bound: 1 },
    meanwhile,
    detail: samples,
    notes: [...notes, 'Redis 7 Streams, appendfsync always, under redis-benchmark', `data on ${volume.description}`],
  };
}

/** redis-benchmark takes a number of requests: as many as last about so long. */
async function sampleRedis({ seconds, patience }: Options, volume: Volume): Promise<Sample> {
  return await inNewFolder(volume, 'redis', async (folder) => {
    await using server = await startRedis(folder);
    const warmUp = await runRedisBenchmark(server.port, warmUpRequests);
    await waitUntilSettled(folder);
    const requests = Math.ceil((warmUp.requests / warmUp.seconds) * seconds);
    await waitForQuiet(patience);
    return await sampleLoad(server, () => runRedisBenchmark(server.port, requests));
  });
}
