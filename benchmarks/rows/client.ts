// Row client: `millrace-client` and the official `oci-streaming`, in turn, each time in a new process, against the same stub of
// the service. Figures are medians over the rounds.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Options } from '../options.ts';
import { waitForQuiet } from '../quiet.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';
import { answerOf, startChild } from './child.ts';
import type { ClientFigures, ClientName, ClientOperation } from './client-child.ts';

interface Case {
  readonly operation: ClientOperation;
  readonly messages: number;
  /** At least this many times the official client's calls a second. */
  readonly bound: number;
}

const cases: readonly Case[] = [
  { operation: 'put', messages: 700, bound: 50 },
  { operation: 'put', messages: 100, bound: 18 },
  { operation: 'put', messages: 1, bound: 4 },
  { operation: 'get', messages: 1, bound: 3 },
  { operation: 'get', messages: 100, bound: 2 },
  { operation: 'get', messages: 700, bound: 1.6 },
];
/** Our import takes at most 15 % of the time of theirs. */
const importBound = 0.15;

type Measured = Readonly<Record<ClientName, readonly ClientFigures[]>>;

/** A row for each case, and one for the time an import takes. */
export async function measureClients(options: Options): Promise<RowResult[]> {
  const built = buildOurs();
  const stub = startChild('client-stub.ts', []);
  const port = String(await answerOf<number>(stub));
  const rows: RowResult[] = [];
  const all = { millrace: [] as ClientFigures[], official: [] as ClientFigures[] };
  for (const one of cases) {
    const measured = await measureCase(one, options, [port, built]);
    all.millrace.push(...measured.millrace);
    all.official.push(...measured.official);
    rows.push(callsRow(one, measured));
  }
  stub.kill('SIGKILL');
  return [...rows, importRow(all)];
}

async function measureCase(
  { operation, messages }: Case,
  { rounds, seconds, patience }: Options,
  place: readonly string[],
): Promise<Measured> {
  const measured = { millrace: [] as ClientFigures[], official: [] as ClientFigures[] };
  await waitForQuiet(patience);
  for (let round = 1; round <= rounds; round++) {
    for (const name of ['millrace', 'official'] as const) {
      const child = startChild('client-child.ts', [name, operation, String(messages), String(seconds), ...place]);
      const figures = await answerOf<ClientFigures>(child);
      measured[name].push(figures);
      console.error(`client, ${operation} ${messages}, round ${round}, ${name}: ${figures.callsPerSecond.toPrecision(4)} calls/s`);
    }
  }
  return measured;
}

function callsRow({ operation, messages, bound }: Case, measured: Measured): RowResult {
  const of = (name: ClientName): number => median(measured[name].map(({ callsPerSecond }) => callsPerSecond));
  const ratios = measured.millrace.map(
    ({ callsPerSecond }, round) => callsPerSecond / (measured.official[round]?.callsPerSecond ?? Number.NaN),
  );
  return {
    row: 'client',
    what: `client: ${operation} of ${messages} x 1 KiB, one call at a time`,
    unit: 'calls/s',
    millrace: of('millrace'),
    other: of('official'),
    against: 'oci-streaming',
    ratio: median(ratios),
    goal: { kind: 'ratio-at-least', bound },
    detail: measured,
    notes: [],
  };
}

function importRow(measured: Measured): RowResult {
  const of = (name: ClientName): number => median(measured[name].map(({ importMs }) => importMs));
  return {
    row: 'client',
    what: 'client: import',
    unit: 'ms',
    millrace: of('millrace'),
    other: of('official'),
    against: 'oci-streaming',
    ratio: of('millrace') / of('official'),
    goal: { kind: 'ratio-at-most', bound: importBound },
    detail: measured,
    notes: ['against a stub that answers at once and checks nothing; every request is signed'],
  };
}

/** As its users get it: the path of the built module. */
function buildOurs(): string {
  const root = join(import.meta.dirname, '..', '..');
  const folder = join(root, '.runtime', 'bench', 'client');
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build-client.ts'), folder], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The client could not be built.');
  return join(folder, 'index.js');
}
