// Processes that a row starts: each prints one line and lives until it ends or is killed, at the latest with this process.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts a script of this folder; `nodeArgs` go to Node itself. */
export function startChild(script: string, args: readonly string[], nodeArgs: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, [...nodeArgs, join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** The line of JSON it prints. Throws if it ends without one. */
export async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  if (child.stdout === null) throw new Error('Expected a child with a standard output.');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Answer;
  throw new Error(`${child.spawnargs.slice(1).join(' ')} ended without an answer.`);
}

/** Resolves when it has ended. */
export function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
