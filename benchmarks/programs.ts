// Programs of the system that rows need. Debian has them; as root the runner installs what is missing.
import { spawnSync } from 'node:child_process';

/** By the name of the program: the package that has it. */
const packages = { wrk: 'wrk', 'redis-server': 'redis-server', 'redis-benchmark': 'redis-tools' } as const;
export type ProgramName = keyof typeof packages;

/** A program is not there and cannot be installed from here; the message says how to. */
export class MissingProgram extends Error {
  override readonly name = 'MissingProgram';
}

/** Makes sure that the program is on the PATH; as root with apt-get it installs it. Throws `MissingProgram` otherwise. */
export function requireProgram(program: ProgramName): void {
  if (isRunnable(program)) return;
  const name = packages[program];
  if (process.getuid?.() === 0 && isRunnable('apt-get')) {
    console.error(`Installing ${name} (apt-get install ${name}) …`);
    const install = ['install', '-y', '--no-install-recommends', name];
    if (!aptGet(...install)) {
      aptGet('update');
      aptGet(...install);
    }
    if (isRunnable(program)) return;
  }
  throw new MissingProgram(`A row that was asked for needs ${program}: install it with "apt-get install ${name}" (or "brew install").`);
}

function isRunnable(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

function aptGet(...args: string[]): boolean {
  // What is installed is not to be started as a service of the system as well.
  const env = { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env }).status === 0;
}
