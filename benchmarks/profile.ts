// CPU profiles of the processes of a row, and what they say in a few lines: which functions the main thread was in.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Options } from './options.ts';

/** As much as is used here of what Node's `--cpu-prof` writes. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** A node for each sample, and the microseconds since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

/** What is left out: starting, and compiling what is used first. */
const startUs = 2_000_000;
const linesShown = 14;
const root = join(import.meta.dirname, '..');

/** Flags for Node that have it write a profile when the process ends; none unless profiles are asked for. */
export function profiling({ profile }: Options, row: string, name: string): readonly string[] {
  return profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profile, row, name)}`];
}

/** For each process of each row: how busy its main thread was, and with what, in parts of that. */
export function describeProfiles(folder: string): string {
  const folders = new Set(globSync('*/*/*.cpuprofile', { cwd: folder }).map((path) => dirname(path)));
  return [...folders]
    .toSorted()
    .map((name) => describe(name, join(folder, name)))
    .join('\n\n');
}

function describe(name: string, folder: string): string {
  const times = new Map<string, number>();
  for (const file of globSync('*.cpuprofile', { cwd: folder })) {
    addTimes(JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile, times);
  }
  const total = sum(times.values());
  const busy = total - (times.get('(idle)') ?? 0);
  times.delete('(idle)');
  const areas = new Map<string, number>();
  for (const [place, us] of times) areas.set(areaOf(place), (areas.get(areaOf(place)) ?? 0) + us);
  const lines = (parts: ReadonlyMap<string, number>): string[] =>
    [...parts]
      .filter(([, us]) => us >= busy / 100)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, linesShown)
      .map(([what, us]) => `  ${percent(us, busy)}  ${what}`);
  return [`${name}: busy for ${percent(busy, total).trim()} of the time`, ...lines(areas), '  functions:', ...lines(times)].join('\n');
}

function percent(part: number, of: number): string {
  return `${((part / of) * 100).toFixed(1).padStart(4)} %`;
}

/** Adds the time that was spent in each function itself, microseconds, by its name and file. */
function addTimes({ nodes, samples, timeDeltas }: CpuProfile, times: Map<string, number>): void {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  let at = 0;
  for (const [index, id] of samples.entries()) {
    const us = timeDeltas[index] ?? 0;
    at += us;
    const place = places.get(id);
    if (at > startUs && place !== undefined) times.set(place, (times.get(place) ?? 0) + us);
  }
}

function placeOf({ functionName, url }: CallFrame): string {
  const file = url.startsWith('file:') ? fileURLToPath(url).replace(`${root}/`, '') : url;
  return [functionName === '' ? '(anonymous)' : functionName, file].filter((part) => part !== '').join('  ');
}

/** The package, what belongs to Node, or what has no file: native code and the garbage collector. */
function areaOf(place: string): string {
  const [name = '', file] = place.split('  ');
  if (file === undefined) return name.startsWith('(') ? name : 'native code';
  if (file.startsWith('node:')) return 'JavaScript of Node';
  return /^(?:packages|node_modules)\/(?:@[^/]+\/)?[^/]+|^[^/]+/.exec(file)?.[0] ?? file;
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((all, one) => all + one, 0);
}
