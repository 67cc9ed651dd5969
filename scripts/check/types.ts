import { isAbsolute, sep } from 'node:path';
import type { Step } from './step.ts';
import { verdict } from './step.ts';
import { runTool } from './tool.ts';

/** TypeScript finds no fault with the files of `tsconfig.json`. */
export const types: Step = {
  name: 'types',
  async run() {
    const run = await runTool('typescript-native/bin/tsc', ['--project', 'tsconfig.json', '--noEmit', '--listFiles']);
    const own = run.plain.split(/\r?\n/).filter((line) => isListed(line) && !line.includes(`${sep}node_modules${sep}`));
    const complaints = run.output.split('\n').filter((line) => !isListed(line));
    return verdict(own.length, 'files', run.succeeded ? [] : [complaints.join('\n')]);
  },
};

/** With --listFiles, the compiler prints the path of every file it read among its complaints. */
function isListed(line: string): boolean {
  return isAbsolute(line) && !line.includes('): error');
}
