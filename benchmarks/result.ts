// What a row reports, whichever way it was measured, and how it is judged.

/** What is asked of a row's figure; `none`: it is only reported. */
export type Goal =
  | { readonly kind: 'ratio-at-least'; readonly bound: number }
  | { readonly kind: 'value-below'; readonly bound: number }
  | { readonly kind: 'none' };

export type Verdict = 'met' | 'missed' | 'reported';

export interface RowResult {
  /** As it is named on the command line. */
  readonly row: string;
  readonly what: string;
  readonly unit: string;
  readonly millrace: number;
  /** The figure of what it is measured beside; only rows that are measured side by side have it. */
  readonly other?: number;
  /** What it is measured beside. */
  readonly against?: 'plain' | 'oci-streaming' | 'plain gets';
  /** How many times better than the other: above 1 is better, whatever the unit. */
  readonly ratio?: number;
  readonly goal: Goal;
  /** Everything measured, for `--json`. */
  readonly detail: unknown;
  /** Lines under the table. */
  readonly notes: readonly string[];
}

/** Whether the goal was met; a figure that is not a number misses it. */
export function judge({ goal, millrace, ratio }: RowResult): Verdict {
  if (goal.kind === 'none') return 'reported';
  const isMet = goal.kind === 'value-below' ? millrace < goal.bound : (ratio ?? 0) >= goal.bound;
  return isMet ? 'met' : 'missed';
}

/** The goal in a few characters. */
export function describeGoal({ goal, unit, against }: RowResult): string {
  if (goal.kind === 'none') return '';
  return goal.kind === 'ratio-at-least' ? `>= ${Number(goal.bound.toPrecision(3))} x ${against}` : `< ${goal.bound} ${unit}`;
}
