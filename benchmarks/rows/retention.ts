// Row 12, retention: what puts notice of 1 GiB that is dropped, and of checkpoints.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, putBody } from '../contenders/contender.ts';
import { attachMillrace } from '../contenders/millrace.ts';
import { findFreePort, ServerProcess } from '../contenders/server-process.ts';
import { bytesBelow, waitUntilSettled } from '../disk/settle.ts';
import type { Volume } from '../disk/volume.ts';
import { bulkMessages, createPutBody } from '../load/put-body.ts';
import { signRequest } from '../load/sign.ts';
import { type LoadResult, runWrk } from '../load/wrk.ts';
import { watchMachine } from '../meanwhile.ts';
import type { Options } from '../options.ts';
import { waitForQuiet } from '../quiet.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';
import { limitedTo } from './in-parts.ts';
import { jumpMs } from './retention-jump.ts';
import { inNewFolder } from './sample.ts';

const mebibyte = 1024 ** 2;
/** Of 1 MiB of JSON, 745 KiB decoded: nine segments of 128 MiB and a part of one, which is kept. */
const fillPuts = 1650;
const droppedBytes = 1024 * mebibyte;
const fillInFlight = 4;
const connections = 4;
/** The drop begins a second after the load. */
const dropSeconds = 5;
const checkpointSlices = 20;
/** Of 1 KiB in a put, so that a checkpoint comes every few seconds; with 64 one came every second. */
const sliceMessages = 4;
const mostTimes = 2;

/** Throws when less than a GiB is given back, or a put fails. */
export async function measureRetention({ patience }: Options, volume: Volume): Promise<readonly RowResult[]> {
  return await inNewFolder(volume, 'retention', async (folder) => {
    const contender = await start(folder);
    await using server = contender.server;
    const { body } = createPutBody(bulkMessages);
    await limitedTo(fillInFlight, Array.from({ length: fillPuts }), async () => {
      await putBody(contender, body, 'headers-only');
    });
    await runSingles(contender, { messages: 1, seconds: dropSeconds, folder });
    await waitUntilSettled(folder);
    await waitForQuiet(patience);
    const endWatch = watchMachine();
    const usual = await runSingles(contender, { messages: 1, seconds: dropSeconds, folder });
    const bytesBefore = bytesBelow(join(folder, 'data'));
    server.signal('SIGUSR2');
    const dropping = await runSingles(contender, { messages: 1, seconds: dropSeconds, folder, aheadMs: jumpMs });
    await waitUntilSettled(folder);
    const given = bytesBefore - bytesBelow(join(folder, 'data'));
    if (given < droppedBytes) throw new Error(`Expected 1 GiB to be given back, got ${(given / mebibyte).toFixed(0)} MiB.`);
    const slices = await runSlices(contender, folder);
    const withCheckpoint = slices.with.length;
    if (withCheckpoint === 0 || withCheckpoint === checkpointSlices) {
      throw new Error(`Expected seconds with and without a checkpoint, got one in ${withCheckpoint} of ${checkpointSlices}.`);
    }
    const meanwhile = endWatch();
    const row = (what: string, figure: number, usualP99Ms: number, detail: unknown): RowResult => ({
      row: 'retention',
      what,
      unit: 'ms',
      millrace: figure,
      other: usualP99Ms,
      against: 'usual p99',
      ratio: figure / usualP99Ms,
      goal: { kind: 'ratio-at-most', bound: mostTimes },
      meanwhile,
      detail,
      notes: [],
    });
    const notes = [
      `dropping ${(given / mebibyte).toFixed(0)} MiB: p99 ${dropping.p99Ms.toFixed(2)} ms; usual: most ${usual.maxMs.toFixed(1)} ms`,
      `${withCheckpoint} of ${checkpointSlices} seconds had a checkpoint; most then ${mostOf(slices.with)}, else ${mostOf(slices.without)}`,
      `data on ${volume.description}`,
    ];
    return [
      row(`slowest put of 1 KiB, c=${connections}, while 1 GiB is dropped`, dropping.maxMs, usual.p99Ms, { usual, dropping }),
      {
        ...row(`p99 of puts of ${sliceMessages} KiB in seconds with a checkpoint`, p99Of(slices.with), p99Of(slices.without), slices),
        notes,
      },
    ];
  });
}

function p99Of(some: readonly LoadResult[]): number {
  return median(some.map(({ p99Ms }) => p99Ms));
}

function mostOf(some: readonly LoadResult[]): string {
  return `${Math.max(...some.map(({ maxMs }) => maxMs)).toFixed(1)} ms`;
}

async function start(folder: string): Promise<Contender> {
  const port = await findFreePort();
  const script = join(import.meta.dirname, 'retention-child.ts');
  const server = await ServerProcess.start({ args: [script, `${port}`, folder], port, logFile: join(folder, 'server.log') });
  return await attachMillrace(server, join(folder, 'oci'));
}

interface Singles {
  /** Of 1 KiB, in one put. */
  readonly messages: number;
  readonly seconds: number;
  readonly folder: string;
  /** Of the service's clock. */
  readonly aheadMs?: number;
}

async function runSingles(contender: Contender, { messages, seconds, folder, aheadMs = 0 }: Singles): Promise<LoadResult> {
  const put = { method: 'POST', target: `${contender.streamPath}/messages`, body: createPutBody(messages).body } as const;
  const date = new Date(Date.now() + aheadMs);
  const request = signRequest(put, contender.server.port, contender.credentials, 'headers-only', date);
  return await runWrk(request, { connections, seconds, folder });
}

/** Larger puts, which make checkpoints more often: a result for each second, by whether a checkpoint came to its end in it. */
async function runSlices(contender: Contender, folder: string): Promise<{ readonly with: LoadResult[]; readonly without: LoadResult[] }> {
  const checkpoint = join(folder, 'data', 'checkpoint');
  const slices = { with: [] as LoadResult[], without: [] as LoadResult[] };
  for (let slice = 0; slice < checkpointSlices; slice++) {
    const before = statSync(checkpoint).mtimeMs;
    const result = await runSingles(contender, { messages: sliceMessages, seconds: 1, folder, aheadMs: jumpMs });
    slices[statSync(checkpoint).mtimeMs === before ? 'without' : 'with'].push(result);
  }
  return slices;
}
