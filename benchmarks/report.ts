// The table a run ends with.
import type { Meanwhile } from './meanwhile.ts';
import { describeGoal, judge, type RowResult } from './result.ts';

/** One line a row under a header, then the rows' notes. `commit` names what was measured. */
export function renderTable(results: readonly RowResult[], commit: string): string {
  const columns = ['row', 'what', 'unit', commit, 'beside', 'ratio', 'goal', 'verdict', 'meanwhile'];
  const lines = [columns, ...results.map(cells)];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const padded = lines.map((line) =>
    line
      .map((cell, i) => pad(cell, widths[i] ?? 0, i))
      .join('  ')
      .trimEnd(),
  );
  const remarks = results.flatMap(({ row, notes }) => notes.map((note) => `  row ${row}: ${note}`));
  return [...padded, '', ...remarks].join('\n');
}

function cells(result: RowResult): readonly string[] {
  const { row, what, unit, millrace, other, against, ratio, meanwhile } = result;
  const besideText = other === undefined ? '' : `${against} ${format(other)}`;
  const ratioText = ratio === undefined ? '' : `${ratio.toFixed(2)} x`;
  return [row, what, unit, format(millrace), besideText, ratioText, describeGoal(result), judge(result), describeMeanwhile(meanwhile)];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function describeMeanwhile(meanwhile: Meanwhile | undefined): string {
  if (meanwhile === undefined) return '';
  const { otherShare, stealShare, load } = meanwhile;
  return `others ${percent(otherShare)}, steal ${percent(stealShare)}, load ${load.toFixed(1)}`;
}

/** Text to the left, figures (columns 3 to 5) to the right. */
function pad(cell: string, width: number, column: number): string {
  return column >= 3 && column <= 5 ? cell.padStart(width) : cell.padEnd(width);
}

function format(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}
