// Which commit is measured.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The commit of this working tree in a few characters, with `+` if files differ from it; `this` where git cannot say. */
export function describeWorkingTree(): string {
  const commit = git('rev-parse', '--short', 'HEAD');
  if (commit === undefined) return 'this';
  return git('status', '--porcelain') === '' ? commit : `${commit}+`;
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
