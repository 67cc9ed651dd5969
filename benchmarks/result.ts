// What a row reports, whichever way it was measured, and how it is judged.
import type { Meanwhile } from './meanwhile.ts';

/** What is asked of a row's figure; `none`: it is only reported. */
export type Goal =
  | { readonly kind: 'ratio-at-least'; readonly bound: number }
  | { readonly kind: 'ratio-at-most'; readonly bound: number }
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
  readonly against?: string;
  /** This figure : the other one. Whether more or less is better, the unit and the goal say. */
  readonly ratio?: number;
  readonly goal: Goal;
  /** The worst that the machine did beside the measurement in any round. */
  readonly meanwhile?: Meanwhile | undefined;
  /** Everything measured, for `--json`. */
  readonly detail: unknown;
  /** Lines under the table. */
  readonly notes: readonly string[];
}

/** Whether the goal was met; a figure that is not a number misses it. */
export function judge({ goal, millrace, ratio = Number.NaN }: RowResult): Verdict {
  if (goal.kind === 'none') return 'reported';
  const isMet = { 'value-below': millrace < goal.bound, 'ratio-at-least': ratio >= goal.bound, 'ratio-at-most': ratio <= goal.bound };
  return isMet[goal.kind] ? 'met' : 'missed';
}

/** The goal in a few characters. */
export function describeGoal({ goal, unit, against }: RowResult): string {
  if (goal.kind === 'none') return '';
  if (goal.kind === 'value-below') return `< ${goal.bound} ${unit}`;
  return `${goal.kind === 'ratio-at-least' ? '>=' : '<='} ${Number(goal.bound.toPrecision(3))} x ${against}`;
}
