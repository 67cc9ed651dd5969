/**
 * `npm run check`: all that must hold beside the tests. Every step runs, whatever became of those before it.
 * `npm run check -- lint types` runs these alone.
 */
import { formatting } from './formatting.ts';
import { links } from './links.ts';
import { lint } from './lint.ts';
import { snippets } from './snippets.ts';
import type { Step, Verdict } from './step.ts';
import { structure } from './structure.ts';
import { types } from './types.ts';
import { unused } from './unused.ts';
import { words } from './words.ts';

const steps: readonly Step[] = [formatting, lint, types, structure, unused, links, snippets, words];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => steps.every((step) => step.name !== name));
if (unknown.length > 0) {
  console.error(`Expected names out of ${steps.map((step) => step.name).join(', ')}; got ${unknown.join(', ')}.`);
  process.exit(2);
}

const chosen = steps.filter((step) => wanted.length === 0 || wanted.includes(step.name));
const failed: string[] = [];
for (const step of chosen) {
  const startedAt = performance.now();
  const { scope, problems } = await judge(step);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  for (const problem of problems) console.log(problem);
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${scope}, ${seconds} s)`);
  if (problems.length > 0) failed.push(step.name);
}
console.log(
  failed.length === 0 ? `All ${chosen.length} checks passed.` : `${failed.length} of ${chosen.length} checks failed: ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** A step that throws has failed; the others still run. */
async function judge(step: Step): Promise<Verdict> {
  try {
    return await step.run();
  } catch (error) {
    return { scope: 'broke off', problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}
