// Row soak: an hour of puts, reads and a group at a moderate pace: whether memory grows, and whether anything fails.
import { join } from 'node:path';
import { startMillrace } from '../contenders/millrace.ts';
import type { Volume } from '../disk/volume.ts';
import { watchMachine } from '../meanwhile.ts';
import type { Options } from '../options.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';
import { answerOf, startChild } from './child.ts';
import { inNewFolder } from './sample.ts';
import type { Soaked } from './soak-child.ts';

const partitions = 4;
const sampleEveryMs = 1000;
/** Samples. */
const reportEvery = 300;
/** Of the samples: the first are those of a process that is young. */
const part = 10;
const mostGrowth = 1.2;

/** Throws when the service does not start, or the client ends without having told what it did. */
export async function measureSoak({ minutes }: Options, volume: Volume): Promise<readonly RowResult[]> {
  return await inNewFolder(volume, 'soak', async (folder) => {
    const { server, streamPath } = await startMillrace(folder, { partitions });
    await using _server = server;
    const streamId = streamPath.split('/').at(-1) ?? '';
    const endWatch = watchMachine();
    const cpuBefore = server.cpuSeconds();
    const client = startChild('soak-child.ts', [join(folder, 'oci', 'config'), `${server.port}`, streamId, `${minutes * 60}`]);
    const memory: number[] = [];
    const timer = setInterval(() => {
      const nowMiB = server.memory()?.nowMiB ?? Number.NaN;
      memory.push(nowMiB);
      if (memory.length % reportEvery === 0)
        console.error(`row soak, minute ${(memory.length * sampleEveryMs) / 60_000}: ${nowMiB.toFixed(0)} MiB`);
    }, sampleEveryMs);
    const soaked = await answerOf<Soaked>(client).finally(() => clearInterval(timer));
    const few = Math.max(1, Math.floor(memory.length / part));
    const startMiB = median(memory.slice(few, 2 * few));
    const endMiB = median(memory.slice(-few));
    const cpu = (server.cpuSeconds() - cpuBefore) / (minutes * 60);
    const row = { row: 'soak', meanwhile: endWatch(), detail: { ...soaked, memory }, notes: [] };
    return [
      {
        ...row,
        what: `memory after ${minutes} minutes`,
        unit: 'MiB',
        millrace: endMiB,
        other: startMiB,
        against: 'at first',
        ratio: endMiB / startMiB,
        goal: { kind: 'ratio-at-most', bound: mostGrowth },
      },
      {
        ...row,
        what: 'errors',
        unit: 'errors',
        millrace: soaked.errors.length,
        goal: { kind: 'value-below', bound: 1 },
        notes: [
          `${soaked.put} messages put and read by a reader and a group of two, ${soaked.readAgain} of them again; ${(cpu * 100).toFixed(0)} % of a core`,
          ...soaked.errors.slice(0, 3),
          `data on ${volume.description}`,
        ],
      },
    ];
  });
}
