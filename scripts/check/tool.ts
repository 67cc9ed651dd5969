import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { root } from './files.ts';

/** How a tool ended, and all it printed. */
export interface ToolRun {
  readonly succeeded: boolean;
  /** As printed, with colours if the terminal has them. */
  readonly output: string;
  /** The same without colours, for reading numbers out of it. */
  readonly plain: string;
}

/** Runs a program of an installed package; `program` is its path inside `node_modules`. */
export async function runTool(program: string, args: readonly string[]): Promise<ToolRun> {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
  const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    env: { ...process.env, ...colours },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [status, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const output = `${out}${err}`.trim();
  return { succeeded: status === 0, output, plain: stripVTControlCharacters(output) };
}

/** The first number `pattern` captures in what a tool printed; 0 if there is none. */
export function numberIn(run: ToolRun, pattern: RegExp): number {
  return Number(pattern.exec(run.plain)?.[1] ?? 0);
}
