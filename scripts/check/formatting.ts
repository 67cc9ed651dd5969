import type { Step } from './step.ts';
import { verdict } from './step.ts';
import { numberIn, runTool } from './tool.ts';

/** Biome's path, and what it is asked for both when it checks and when it writes. */
export const biome = { program: '@biomejs/biome/bin/biome', args: ['check', '--reporter=concise', '--max-diagnostics=none'] } as const;

/** Every file looks as Biome prints it, imports in order. */
export const formatting: Step = {
  name: 'format',
  async run() {
    const run = await runTool(biome.program, [...biome.args, '.']);
    return verdict(
      numberIn(run, /Checked (\d+) files?/),
      'files',
      run.succeeded ? [] : [run.output, 'npm run format repairs all of this.'],
    );
  },
};
