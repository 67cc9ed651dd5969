import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser';
import { root } from './files.ts';
import type { Step } from './step.ts';
import { verdict } from './step.ts';
import { rules, withoutDirection } from './structure-rules.ts';

/** Imports go in the directions ARCHITECTURE.md names, and it names each of them. */
export const structure: Step = {
  name: 'structure',
  async run() {
    const { modules, summary } = await read();
    const own = modules.filter(({ source }) => source.startsWith('packages/'));
    // Without a TypeScript compiler it understands, dependency-cruiser reads nothing and finds nothing.
    const strangers = withoutDirection.map((name) => `packages/${name} has no direction in scripts/check/structure-rules.ts.`);
    const problems = [...summary.violations.map(describe), ...missingSentences(), ...strangers];
    return verdict(own.length, 'modules of packages', problems, 40);
  },
};

async function read(): Promise<ICruiseResult> {
  const { output } = await cruise(['packages', 'examples', 'benchmarks', 'scripts'], {
    baseDir: root,
    ruleSet: { forbidden: [...rules] },
    validate: true,
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default', 'types'] },
  });
  if (typeof output === 'string') throw new Error(`Expected dependency-cruiser to give a result; got: ${output}`);
  return output;
}

function describe({ rule, from, to, cycle }: IViolation): string {
  const path = cycle === undefined ? [from, to] : [from, ...cycle.map(({ name }) => name)];
  return `${path.join(' -> ')}\n  breaks: ${sentenceOf(rule.name)}`;
}

function sentenceOf(name: string): string {
  return rules.find((rule) => rule.name === name)?.comment ?? name;
}

/** The sentences that ARCHITECTURE.md does not contain word for word; line ends count as spaces. */
function missingSentences(): string[] {
  const file = join(root, 'ARCHITECTURE.md');
  const text = existsSync(file) ? readFileSync(file, 'utf8').replace(/\s+/g, ' ').replaceAll('`', '') : '';
  const sentences = new Set(rules.map(({ comment }) => comment ?? ''));
  return [...sentences].filter((sentence) => !text.includes(sentence)).map((sentence) => `ARCHITECTURE.md does not say: ${sentence}`);
}
