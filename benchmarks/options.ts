// The command line of `npm run bench`.
import { parseArgs } from 'node:util';
import type { Engine } from './contenders/millrace.ts';
import type { VolumeKind } from './disk/volume.ts';

/** Rows by the name they are asked for; those with a number are numbered as in the table of goals. */
export const rowNames = [
  '1',
  '3',
  '3-redis',
  '4',
  '5',
  '5-many',
  '6',
  '6-forward',
  '7',
  '8',
  'memory',
  'recovery',
  'restart',
  'start',
  'client',
  'groups',
  'idle',
  'waiting',
  'footprint',
  'retention',
  'soak',
] as const;
export type RowName = (typeof rowNames)[number];

/** The rows that can be measured beside another commit, and those measured if none is named. */
const defaultRows: readonly RowName[] = ['1', '3', '4', '6', '6-forward'];

export interface Options {
  readonly rows: readonly RowName[];
  /** How often each server is measured in a side-by-side row; 1 or more, 3 unless told. */
  readonly rounds: number;
  /** Whole seconds of one measurement; 1 or more, 4 unless told. */
  readonly seconds: number;
  /** How long each measurement may wait for a quiet machine, seconds; above 0, 20 unless told. */
  readonly patience: number;
  /** Decoded data of the memory and restart rows, GiB; 10 unless told. */
  readonly gib: number;
  /** Of the soak row; above 0, 60 unless told. */
  readonly minutes: number;
  /** The service's storage; the goals are for `embedded`, the default. */
  readonly engine: Engine;
  readonly volume: VolumeKind;
  /** A commit to compare with, instead of with the plain server. */
  readonly compare: string | undefined;
  /** Folder for CPU profiles of rows 1 to 8 and groups; the figures are then worth little. */
  readonly profile: string | undefined;
  /** Whether the report is JSON instead of a table. */
  readonly json: boolean;
  /** Whether a missed goal makes the exit code 1. */
  readonly enforce: boolean;
}

export const usage: string = `Usage: npm run bench -- [row …] [options]
  rows: ${rowNames.join(', ')} (${defaultRows.join(', ')} unless told)
  --rounds N       measurements of each server (3)
  --seconds N      length of one measurement (4)
  --patience N     seconds that a measurement may wait for a quiet machine (20)
  --gib N          data of the memory and restart rows (10)
  --minutes N      length of the soak row (60)
  --engine NAME    embedded or memory (embedded)
  --volume KIND    prepared or plain (prepared)
  --compare COMMIT measure rows ${defaultRows.join(', ')} beside that commit
  --profile DIR    write CPU profiles of the processes of rows 1 to 8 and groups there, and say what is in them
  --json           report as JSON
  --enforce        exit code 1 when a goal is missed`;

/** Throws with one sentence for an option, row or number that is not known. */
export function parseOptions(args: readonly string[]): Options {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: string,
      seconds: string,
      patience: string,
      gib: string,
      minutes: string,
      engine: string,
      volume: string,
      compare: string,
      profile: string,
      json: boolean,
      enforce: boolean,
    },
  });
  const rows = positionals.length === 0 ? defaultRows : positionals.map((name) => parseOneOf('row', rowNames, name));
  for (const row of values.compare === undefined ? [] : rows) parseOneOf('--compare', defaultRows, row);
  return {
    rows,
    rounds: parsePositive('--rounds', values.rounds ?? '3', 1),
    seconds: parsePositive('--seconds', values.seconds ?? '4', 1),
    patience: parsePositive('--patience', values.patience ?? '20', 0),
    gib: parsePositive('--gib', values.gib ?? '10', 0),
    minutes: parsePositive('--minutes', values.minutes ?? '60', 0),
    engine: parseOneOf('--engine', ['embedded', 'memory'], values.engine ?? 'embedded'),
    volume: parseOneOf('--volume', ['prepared', 'plain'], values.volume ?? 'prepared'),
    compare: values.compare,
    profile: values.profile,
    json: values.json,
    enforce: values.enforce,
  };
}

function parseOneOf<T extends string>(name: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Error(`${name}: expected one of ${allowed.join(', ')}; got ${value}.`);
  return found;
}

/** `smallest` 1 asks for a whole number, 0 for any above it. */
function parsePositive(name: string, text: string, smallest: 0 | 1): number {
  const value = Number(text);
  if (smallest === 1 ? Number.isInteger(value) && value >= 1 : value > 0) return value;
  throw new Error(`${name}: expected a ${smallest === 1 ? 'whole ' : ''}number above 0; got ${text}.`);
}
