// What the clients are made of comes from the registries, into a folder git does not know.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Kept from run to run. */
export const toolFolder: string = join(import.meta.dirname, '../../.runtime/vendors');

const npmInstall = ['install', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];

/** Throws `need`, a sentence, unless the tool ends with 0; what it printed is shown then. */
export function runTool(need: string, tool: string, words: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(tool, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  throw new Error(`${need} \`${[tool, ...words].join(' ')}\` ended with ${error?.message ?? status}.`);
}

/** A package of the npm registry, `name@version`, in `folder`/node_modules; does nothing if something is there already. */
export function installPackage(folder: string, nameAndVersion: string): void {
  if (existsSync(join(folder, 'node_modules'))) return;
  mkdirSync(folder, { recursive: true });
  runTool('The npm registry must be reachable.', 'npm', [...npmInstall, '--prefix', folder, nameAndVersion]);
}
