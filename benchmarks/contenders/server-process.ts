// A server as a child process: started, waited for, looked at from outside (/proc), and ended with the benchmark.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from '../load/exchange.ts';

const readyWithinMs = 60_000;
/** Finer than the differences between ready times that are reported. */
const askEveryMs = 5;
const ticksPerSecond = 100;

export interface ServerCommand {
  /** Node unless told. */
  readonly program?: string;
  /** For Node: its own, the script and the script's. */
  readonly args: readonly string[];
  readonly port: number;
  /** Collects what the server writes. */
  readonly logFile: string;
  /** Whether it serves by now; unless told, whether /health/ready answers 200. */
  readonly isReady?: (port: number) => Promise<boolean>;
}

export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  /** From the start of the process until it served. */
  readonly readyMs: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #killAtExit: () => void;

  private constructor(child: ChildProcess, port: number, readyMs: number) {
    this.#child = child;
    this.port = port;
    this.readyMs = readyMs;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    this.#killAtExit = () => child.kill('SIGKILL');
    process.once('exit', this.#killAtExit);
  }

  /** Starts the server and waits until it serves. Throws with its output when it ends before. */
  static async start({ program = process.execPath, args, port, logFile, isReady = isHealthy }: ServerCommand): Promise<ServerProcess> {
    const output = openSync(logFile, 'a');
    const startedAt = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', output, output] });
    closeSync(output);
    const kill = (): boolean => child.kill('SIGKILL');
    process.once('exit', kill);
    while (!(await isReady(port))) {
      if (child.exitCode === null && performance.now() < startedAt + readyWithinMs) {
        await delay(askEveryMs);
        continue;
      }
      kill();
      throw new Error(`${program} ${args.join(' ')}: not ready. Its output: ${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
    process.off('exit', kill);
    return new ServerProcess(child, port, performance.now() - startedAt);
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

  /** Its open files, connections among them; NaN where there is no /proc. */
  openFiles(): number {
    try {
      return readdirSync(`/proc/${this.#child.pid}/fd`).length;
    } catch {
      return Number.NaN;
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
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

/** Whether something accepts connections there: enough for servers that listen when they are ready. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function isHealthy(port: number): Promise<boolean> {
  const request = { method: 'GET', target: '/health/ready', port, headers: {} } as const;
  return exchange(request).then(
    ({ status }) => status === 200,
    () => false,
  );
}
