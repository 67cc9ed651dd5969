// A service that can be killed with SIGKILL at any moment, and started again on what it left on the disk.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What the service says of itself when it is ready. */
export interface ServerAddress {
  readonly url: string;
  readonly configPath: string;
  readonly streamId: string;
}

/** One data folder, and one process at a time. */
export class KillableServer implements AsyncDisposable {
  readonly #data: string;
  #child: ChildProcessWithoutNullStreams | undefined;

  private constructor(data: string) {
    this.#data = data;
  }

  static async create(): Promise<KillableServer> {
    return new KillableServer(await mkdtemp(join(tmpdir(), 'millrace-faults-')));
  }

  /** Resolves when requests are served. */
  async start(): Promise<ServerAddress> {
    const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'server-child.ts'), this.#data]);
    this.#child = child;
    let complaint = '';
    child.stderr.on('data', (text: Buffer) => {
      complaint += text.toString();
    });
    for await (const line of createInterface(child.stdout)) return JSON.parse(line) as ServerAddress;
    throw new Error(`The service did not start: ${complaint}`);
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#data, { recursive: true });
  }
}
