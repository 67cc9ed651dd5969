// Two sides measured in turn, A B A B …: neighbours in time share the machine's mood, so the ratio of each round counts.
import { median } from '../statistics.ts';

export interface Side<Sample> {
  readonly name: string;
  readonly measure: () => Promise<Sample>;
}

/** Samples of both sides, by round. */
export interface InTurn<Sample> {
  readonly ours: readonly Sample[];
  readonly theirs: readonly Sample[];
}

/** Measures ours and theirs so many times; `describe` makes the line that tells how far it has come. */
export async function takeTurns<Sample>(
  row: string,
  [ours, theirs]: readonly [Side<Sample>, Side<Sample>],
  rounds: number,
  describe: (sample: Sample) => string,
): Promise<InTurn<Sample>> {
  const samples = { ours: [] as Sample[], theirs: [] as Sample[] };
  for (let round = 1; round <= rounds; round++) {
    for (const side of [ours, theirs]) {
      const sample = await side.measure();
      samples[side === ours ? 'ours' : 'theirs'].push(sample);
      console.error(`row ${row}, round ${round}, ${side.name}: ${describe(sample)}`);
    }
  }
  return samples;
}

/** Medians of a figure on both sides, and the median of the rounds' ratios, ours : theirs. */
export function figuresOf<Sample>(
  { ours, theirs }: InTurn<Sample>,
  pick: (sample: Sample) => number,
): { readonly millrace: number; readonly other: number; readonly ratio: number } {
  const ratios = ours.map((sample, round) => {
    const other = theirs[round];
    return other === undefined ? Number.NaN : pick(sample) / pick(other);
  });
  return { millrace: median(ours.map(pick)), other: median(theirs.map(pick)), ratio: median(ratios) };
}
