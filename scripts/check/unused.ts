import type { Step } from './step.ts';
import { runTool } from './tool.ts';

/** No file, export or dependency that nobody uses, none used that is not declared (`knip.jsonc`). */
export const unused: Step = {
  name: 'unused',
  async run() {
    const run = await runTool('knip/bin/knip.js', ['--no-progress', '--no-config-hints']);
    return { scope: 'files, exports, dependencies', problems: run.succeeded ? [] : [run.output] };
  },
};
