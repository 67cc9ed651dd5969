// Bun, Deno and Chromium, and the program they run, in a folder where our client is installed as its users install it.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { installPackage, runTool, toolFolder } from '../tools.ts';

const project = join(toolFolder, 'runtimes');
const vendors = join(import.meta.dirname, '..');
const bunVersion = '1.4.5';
const denoVersion = '2.9.6';
const bunFolder = join(toolFolder, `bun-${bunVersion}`);
const denoFolder = join(toolFolder, `deno-${denoVersion}`);

/** The package, as it is published. */
export const builtClient: string = join(project, 'node_modules/millrace-client');
/** What Bun and Deno run. */
export const runtimeProgram: string = join(project, 'runtimes/main.ts');
/** What Chromium loads. */
export const bundledPage: string = join(project, 'page.js');
/** Reading the key, asking for the home folder, calling the service. */
export const denoFlags: readonly string[] = ['--allow-net=127.0.0.1', '--allow-read', '--allow-env', '--allow-sys=homedir'];

/** The client, and the programs beside it. */
export function prepareClient(): void {
  runTool('The client must build.', process.execPath, [join(vendors, '../build-client.ts'), builtClient]);
  for (const folder of ['runtimes', 'chromium']) cpSync(join(vendors, folder), join(project, folder), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
}

/** Bun as a package of the registry, which brings the binary for this machine as another one. */
export function prepareBun(): void {
  installPackage(bunFolder, `bun@${bunVersion}`);
  prepareClient();
}

export function bunBinary(): string {
  return join(solePackage(bunFolder, '@oven'), 'bin/bun');
}

/** Deno, in the same way. */
export function prepareDeno(): void {
  installPackage(denoFolder, `deno@${denoVersion}`);
  prepareClient();
}

export function denoBinary(): string {
  return join(solePackage(denoFolder, '@deno'), 'deno');
}

/** Debian's Chromium, installed if it is not there, and the page with what a bundler for browsers takes of the client. */
export async function prepareChromium(): Promise<void> {
  if (spawnSync('chromium', ['--version']).status !== 0) {
    spawnSync('apt-get', ['update']);
    runTool('Chromium is needed.', 'apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
  }
  prepareClient();
  await build({ cwd: project, input: join(project, 'chromium/page.ts'), platform: 'browser', output: { file: bundledPage } });
}

/** npm takes the package of a scope that is for this machine. */
function solePackage(folder: string, scope: string): string {
  const [name, ...others] = readdirSync(join(folder, 'node_modules', scope));
  if (name === undefined || others.length > 0) throw new Error(`Expected one package in ${scope}, got ${[name, ...others].join(', ')}.`);
  return join(folder, 'node_modules', scope, name);
}
