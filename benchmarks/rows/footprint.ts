// Row 11, footprint: time from the start of the process until it serves, and memory before and after the same load, beside
// `@durable-streams/server`, which appends to files that it syncs as well. Of the service both forms are measured: its sources, as
// `npm start` runs them, and the built command. No directory is new: whoever starts the service for the first time waits for a key
// besides.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { putBody } from '../contenders/contender.ts';
import { type MillraceSetting, startMillrace } from '../contenders/millrace.ts';
import { acceptsConnections, findFreePort, ServerProcess } from '../contenders/server-process.ts';
import type { Volume } from '../disk/volume.ts';
import { exchange } from '../load/exchange.ts';
import { bulkMessages, createPutBody } from '../load/put-body.ts';
import { type Meanwhile, watchMachine, worstOf } from '../meanwhile.ts';
import type { Options } from '../options.ts';
import type { Goal, RowResult } from '../result.ts';
import { limitedTo } from './in-parts.ts';
import { figuresOf, type InTurn, takeTurns } from './in-turn.ts';
import { inNewFolder } from './sample.ts';

/** Of 1 MiB each. */
const puts = 300;
const inFlight = 4;
/** Of the built form. */
const bounds = { readyMs: 400, idleMiB: 110 } as const;
const root = join(import.meta.dirname, '..', '..');

interface Footprint {
  readonly readyMs: number;
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly meanwhile: Meanwhile | undefined;
}

/** A server that runs, and how a body of 1 MiB is appended there. */
interface Loaded {
  readonly server: ServerProcess;
  readonly append: () => Promise<unknown>;
}

/** Throws when a server does not start or refuses a body. */
export async function measureFootprint({ rounds }: Options, volume: Volume): Promise<readonly RowResult[]> {
  const side = (name: string, open: (folder: string) => Promise<Loaded>) => ({
    name,
    measure: () => inNewFolder(volume, name, (folder) => measureOnce(() => open(folder))),
  });
  const beside = async (name: string, setting: MillraceSetting): Promise<readonly RowResult[]> => {
    const ours = side(name, (folder) => openMillrace(folder, setting));
    const theirs = side('durable-streams', openDurableStreams);
    const describe = (one: Footprint): string =>
      `ready after ${one.readyMs.toFixed(0)} ms, ${one.idleMiB.toFixed(0)} MiB, then ${one.loadedMiB.toFixed(0)} MiB`;
    return rowsOf(name, await takeTurns<Footprint>('footprint', [ours, theirs], rounds, describe), volume);
  };
  return [...(await beside('source', {})), ...(await beside('built', { script: build() }))];
}

/** The script of the built command. */
function build(): string {
  const target = join(root, '.runtime', 'bench', 'built');
  execFileSync(process.execPath, [join(root, 'scripts', 'build-server.ts'), target]);
  return join(target, 'main.js');
}

function rowsOf(name: string, samples: InTurn<Footprint>, volume: Volume): readonly RowResult[] {
  const row = (what: string, unit: string, goal: Goal, pick: (sample: Footprint) => number): RowResult => ({
    row: 'footprint',
    what: `${name}: ${what}`,
    unit,
    ...figuresOf(samples, pick),
    against: 'durable-streams',
    goal,
    meanwhile: worstOf([...samples.ours, ...samples.theirs].map(({ meanwhile }) => meanwhile)),
    detail: samples,
    notes: [],
  });
  const below = (bound: number): Goal => (name === 'built' ? { kind: 'value-below', bound } : { kind: 'none' });
  const atMost = (bound: number): Goal => (name === 'built' ? { kind: 'ratio-at-most', bound } : { kind: 'none' });
  return [
    row('ready after', 'ms', below(bounds.readyMs), ({ readyMs }) => readyMs),
    row('memory when idle', 'MiB', below(bounds.idleMiB), ({ idleMiB }) => idleMiB),
    {
      ...row(`memory after ${puts} puts of 1 MiB`, 'MiB', atMost(0.6), ({ loadedMiB }) => loadedMiB),
      notes: [`data on ${volume.description}`],
    },
  ];
}

/** The second start counts. */
async function measureOnce(open: () => Promise<Loaded>): Promise<Footprint> {
  await (await open()).server[Symbol.asyncDispose]();
  const endWatch = watchMachine();
  const { server, append } = await open();
  await using _server = server;
  const memory = (): number => server.memory()?.nowMiB ?? Number.NaN;
  const idleMiB = memory();
  await limitedTo(inFlight, Array.from({ length: puts }), async () => {
    await append();
  });
  return { readyMs: server.readyMs, idleMiB, loadedMiB: memory(), meanwhile: endWatch() };
}

async function openMillrace(folder: string, setting: MillraceSetting): Promise<Loaded> {
  const contender = await startMillrace(folder, setting);
  const { body } = createPutBody(bulkMessages);
  return { server: contender.server, append: () => putBody(contender, body, 'with-digest') };
}

/** The same messages: an array of JSON is as many messages there. */
async function openDurableStreams(folder: string): Promise<Loaded> {
  const port = await findFreePort();
  const script = join(import.meta.dirname, 'durable-streams-child.ts');
  const command = { args: [script, `${port}`, join(folder, 'data')], port, logFile: join(folder, 'server.log') };
  const server = await ServerProcess.start({ ...command, isReady: acceptsConnections });
  const headers = { 'content-type': 'application/json' };
  const stream = { port, target: '/bench', headers } as const;
  await exchange({ ...stream, method: 'PUT' });
  const { values } = createPutBody(bulkMessages);
  const body = Buffer.from(JSON.stringify(values.map((value) => ({ value }))));
  const append = async (): Promise<void> => {
    const { status, text } = await exchange({ ...stream, method: 'POST', body });
    if (status >= 300) throw new Error(`durable-streams: expected 2xx, got ${status}: ${text}`);
  };
  return { server, append };
}
