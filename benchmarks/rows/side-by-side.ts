// Rows 1, 3, 4 and 6: this working tree, and in turn (A B A B) the plain baseline or another commit, each time a new process
// with an empty folder on the same volume; the figures are medians over the rounds.
import type { CheckedOut } from '../commit.ts';
import type { Contender } from '../contenders/contender.ts';
import { commandLineOf, type MillraceSetting, startMillrace } from '../contenders/millrace.ts';
import { startPlain } from '../contenders/plain.ts';
import type { Volume } from '../disk/volume.ts';
import type { Options } from '../options.ts';
import { profiling } from '../profile.ts';
import type { RowResult } from '../result.ts';
import { figuresOf, takeTurns } from './in-turn.ts';
import { describeSamples, type Sample, sampleWorkload } from './sample.ts';
import { type SideBySideRowName, sideBySideRows } from './workloads.ts';

/**
 * Measures one row, beside `baseline` if there is one and else beside the plain server; only against that one there are goals.
 * Throws when a server does not start, does not store what it is sent, or fails under load.
 */
export async function measureSideBySide(
  row: SideBySideRowName,
  options: Options,
  volume: Volume,
  baseline: CheckedOut | undefined,
): Promise<RowResult> {
  const workload = sideBySideRows[row];
  const { what, unit, figure } = workload;
  const against = baseline?.commit ?? 'plain';
  const side = (name: string, start: (folder: string, nodeArgs: readonly string[]) => Promise<Contender>) => ({
    name,
    measure: () => sampleWorkload(name, (folder) => start(folder, profiling(options, row, name)), { ...options, workload, volume }),
  });
  const { engine } = options;
  const tree = (setting: MillraceSetting) => (folder: string, nodeArgs: readonly string[]) =>
    startMillrace(folder, { engine, nodeArgs, ...setting });
  const ours = side('millrace', tree({}));
  const theirs = side(against, baseline === undefined ? startPlain : tree({ script: commandLineOf(baseline.folder) }));
  const samples = await takeTurns<Sample>(row, [ours, theirs], options.rounds, (sample) => `${figure(sample).toPrecision(4)} ${unit}`);
  const { notes, meanwhile } = describeSamples(samples, [ours.name, against], figure);
  return {
    row,
    what,
    unit,
    ...figuresOf(samples, figure),
    against,
    goal: baseline === undefined ? workload.goal : { kind: 'none' },
    meanwhile,
    detail: samples,
    notes: [...notes, `data on ${volume.description}`],
  };
}
