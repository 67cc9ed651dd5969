// The commit that is measured, and the one it is compared with.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');

/** The commit of this working tree in a few characters, with `+` if files differ from it; `this` where git cannot say. */
export function describeWorkingTree(): string {
  const commit = git('rev-parse', '--short', 'HEAD');
  if (commit === undefined) return 'this';
  return git('status', '--porcelain') === '' ? commit : `${commit}+`;
}

/** A commit in a folder of its own, with its packages. */
export interface CheckedOut {
  /** A few characters of it. */
  readonly commit: string;
  readonly folder: string;
}

/**
 * Puts the files of `revision` below `home`, unless they are there, and installs what its lock file names. Throws if there is no
 * such commit, or npm fails. The folder stays for the next run.
 */
export async function checkOut(revision: string, home: string): Promise<CheckedOut> {
  const commit = git('rev-parse', '--short', '--verify', `${revision}^{commit}`);
  if (commit === undefined) throw new Error(`--compare: expected a commit of this repository, got ${revision}.`);
  const folder = join(home, 'commits', commit);
  if (!existsSync(folder)) unpack(commit, folder);
  // Its own way to make itself complete, as its users run it.
  const { provision } = (await import(pathToFileURL(join(folder, 'scripts', 'provision.mjs')).href)) as { provision: () => string };
  provision();
  return { commit, folder };
}

/** The folder appears when it is complete. */
function unpack(commit: string, folder: string): void {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const archive = join(unfinished, 'archive.tar');
  const isUnpacked =
    git('archive', '--format=tar', `--output=${archive}`, commit) !== undefined &&
    spawnSync('tar', ['-xf', archive, '-C', unfinished], { stdio: 'inherit' }).status === 0;
  if (!isUnpacked) throw new Error(`The files of ${commit} could not be unpacked to ${unfinished}.`);
  rmSync(archive);
  renameSync(unfinished, folder);
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
