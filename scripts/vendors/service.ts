// Starts the service as a user would, in a process of its own, and ends it again.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const program = join(import.meta.dirname, '../../packages/millrace/src/main.ts');
const startMs = 60_000;
const stopMs = 10_000;

/** A service that answered that it is ready; disposing asks it to end, and throws unless it ended with status 0. */
export interface Service extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** The OCI config file it wrote. */
  readonly configFile: string;
}

/**
 * Starts `serve` with its data in `folder` and what it prints in `folder/service.log`. `options` are further words of its
 * command line. Throws if it ends or is not ready within a minute.
 */
export async function startService(folder: string, environment: NodeJS.ProcessEnv, options: readonly string[]): Promise<Service> {
  const port = await freePort();
  const address = ['--host', '127.0.0.1', '--port', String(port)];
  const folders = ['--data', join(folder, 'data'), '--oci-dir', join(folder, 'oci')];
  const log = openSync(join(folder, 'service.log'), 'w');
  const child = spawn(process.execPath, [program, 'serve', ...address, ...folders, ...options], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', log, log],
  });
  endWithUs(child);
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await ready(`${endpoint}/health/ready`, child);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return {
    endpoint,
    configFile: join(folder, 'oci', 'config'),
    async [Symbol.asyncDispose]() {
      const status = await stop(child);
      if (status !== 0) throw new Error(`The service ended with ${status}; expected status 0.`);
    },
  };
}

/** Ends `child` should this process end first. */
export function endWithUs(child: ChildProcess): void {
  const end = (): boolean => child.kill();
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

/** A port that was free a moment ago: two runs that ask at once could be given the same. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The probe for a free port listened on no port.');
  return address.port;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const deadline = AbortSignal.timeout(startMs);
  while (!deadline.aborted) {
    if (hasEnded(child)) throw new Error(`The service ended with ${child.exitCode ?? child.signalCode} before it was ready.`);
    const answer = await fetch(url, { signal: deadline }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    await delay(100);
  }
  throw new Error(`The service was not ready within ${startMs / 1000} seconds.`);
}

async function stop(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (!hasEnded(child)) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const tooLate = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(tooLate);
  }
  return child.exitCode ?? child.signalCode;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
