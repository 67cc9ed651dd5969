// A server as a child process: started, waited for, looked at from outside (/proc), and ended with the benchmark.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from '../load/exchange.ts';

const readyWithinMs = 60_000;
const ticksPerSecond = 100;

export interface ServerCommand {
  /** Node's arguments: the script and its own. */
  readonly args: readonly string[];
  readonly port: number;
  /** Collects what the server writes. */
  readonly logFile: string;
}

export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #killAtExit: () => void;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    this.#killAtExit = () => child.kill('SIGKILL');
    process.once('exit', this.#killAtExit);
  }

  /** Starts the server and waits until /health/ready answers 200. Throws with its output when it ends before. */
  static async start({ args, port, logFile }: ServerCommand): Promise<ServerProcess> {
    const output = openSync(logFile, 'a');
    const child = spawn(process.execPath, args, { stdio: ['ignore', output, output] });
    closeSync(output);
    const server = new ServerProcess(child, port);
    const deadline = performance.now() + readyWithinMs;
    while (!(await isReady(port))) {
      if (child.exitCode === null && performance.now() < deadline) {
        await delay(20);
        continue;
      }
      await server[Symbol.asyncDispose]();
      throw new Error(`node ${args.join(' ')}: not ready. Its output: ${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
    return server;
  }

  /** User and system time the server has used, seconds, to 10 ms; NaN where there is no /proc. */
  cpuSeconds(): number {
    const fields = this.#procFile('stat')?.split(') ')[1]?.split(' ');
    return fields === undefined ? Number.NaN : (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Resident memory in MiB: now, and the highest since the start (the kernel's own mark). Undefined without /proc. */
  memory(): { readonly nowMiB: number; readonly peakMiB: number } | undefined {
    const status = this.#procFile('status');
    if (status === undefined) return undefined;
    const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return { nowMiB: kib('VmRSS') / 1024, peakMiB: kib('VmHWM') / 1024 };
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM, and SIGKILL after ten seconds; resolves when the process is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#exited;
    clearTimeout(timer);
  }

  #procFile(name: string): string | undefined {
    try {
      return readFileSync(`/proc/${this.#child.pid}/${name}`, 'utf8');
    } catch {
      return undefined;
    }
  }
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function isReady(port: number): Promise<boolean> {
  const request = { method: 'GET', target: '/health/ready', port, headers: {} } as const;
  return exchange(request).then(
    ({ status }) => status === 200,
    () => false,
  );
}
