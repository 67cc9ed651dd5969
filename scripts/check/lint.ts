import type { Step } from './step.ts';
import { verdict } from './step.ts';
import { numberIn, runTool } from './tool.ts';

/** The rules of `.oxlintrc.json`, those that need types included. */
export const lint: Step = {
  name: 'lint',
  async run() {
    const run = await runTool('oxlint/bin/oxlint', []);
    return verdict(numberIn(run, /on (\d+) files?/), 'files', run.succeeded ? [] : [run.output]);
  },
};
