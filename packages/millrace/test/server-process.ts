// The service as a process of its own, as its users run it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The sources; what runs unless a test names another script. */
const sources = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** A running `millrace serve`; disposing it kills the process if it still runs. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** Everything printed to standard output until it was ready. */
  readonly banner: string;
  /** Stops reading its standard output and closes the pipe. */
  closeOutput(): void;
  /** Sends `signal` and resolves with the exit code (null if a signal ended it) when the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `millrace serve` with `args`; resolves when it says that it is ready, rejects with what it printed if it ends before. */
export async function startServerProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  main: string = sources,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [main, 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const banner = await Promise.race([
    readBanner(child),
    exited.then(([code]) => Promise.reject(new Error(`The server ended with ${code}: ${errors}`))),
  ]);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  const url = /ready at (\S+)/.exec(banner)?.[1] ?? '';
  const closeOutput = (): void => {
    child.stdout.destroy();
  };
  return { url, banner, closeOutput, end, [Symbol.asyncDispose]: async () => void (await end('SIGKILL')) };
}

/** Runs `millrace` to its end; what it printed and its exit code. */
export async function runMillrace(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  main: string = sources,
): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  const exited = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = await exited;
  return { code, output, errors };
}

/** The lines up to and including the last one of the banner, which is two empty lines after its examples. */
async function readBanner(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The process has no standard output.');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('Press Ctrl+C')) break;
  }
  child.stdout.resume();
  return lines.join('\n');
}
