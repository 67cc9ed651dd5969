// One process owns a data directory. The lock file says which; every checkpoint makes sure that it still does.
import { LogError } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { errorCode, readWhole, writeWhole } from './file-system.ts';
import type { Host } from './host.ts';

interface Holder {
  readonly pid: number;
  readonly bootId: string;
  readonly startedAt: string;
  readonly token: string;
}

/** A data directory taken; see `acquireLock`. */
export class Lock {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #token: string;

  constructor(fileSystem: FileSystem, path: string, token: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#token = token;
  }

  /** Throws `Locked` if the lock file is no longer this process's own. */
  check(): void {
    const holder = readHolder(this.#fileSystem, this.#path);
    if (holder?.token === this.#token) return;
    throw new LogError(
      'Locked',
      `${this.#path} was taken over by ${holder === undefined ? 'nobody known: it is gone or unreadable' : describe(holder)}.`,
    );
  }

  /** Gives the directory up, if it is still this process's own. */
  async release(): Promise<void> {
    if (readHolder(this.#fileSystem, this.#path)?.token === this.#token) await this.#fileSystem.unlink(this.#path);
  }
}

/**
 * Takes the data directory whose lock file is `path`. A lock whose process is gone (another boot, no such process, or one of
 * that id that started at another time, as in containers, where every life has pid 1) is taken over, and so is one with this `token`;
 * one that is held throws `Locked`.
 */
export async function acquireLock(fileSystem: FileSystem, path: string, host: Host, token: string): Promise<Lock> {
  const own: Holder = { pid: host.pid, bootId: host.bootId, startedAt: host.startedAt(host.pid) ?? 'unknown', token };
  for (;;) {
    const holder = readHolder(fileSystem, path);
    if (holder?.token !== token) refuseIfHeld(holder, path, host);
    await fileSystem.unlink(path);
    try {
      writeWhole(fileSystem, path, Buffer.from(`${JSON.stringify(own)}\n`), 'exclusive');
      return new Lock(fileSystem, path, token);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue;
      // A disk may fill up behind the last byte that matters: this process would refuse itself when it tries again.
      await new Lock(fileSystem, path, token).release().catch(() => {});
      throw error;
    }
  }
}

/** Throws `Locked` if a process owns the data directory whose lock file is `path`. Changes nothing. */
export function checkNotHeld(fileSystem: FileSystem, path: string, host: Host): void {
  refuseIfHeld(readHolder(fileSystem, path), path, host);
}

function refuseIfHeld(holder: Holder | undefined, path: string, host: Host): void {
  if (holder === undefined || holder.bootId !== host.bootId || holder.startedAt !== host.startedAt(holder.pid)) return;
  throw new LogError(
    'Locked',
    `The data directory is in use by ${describe(holder)} (${path}). Stop that process, or choose another directory.`,
  );
}

function describe({ pid, startedAt }: Holder): string {
  return `process ${pid} (started at ${startedAt})`;
}

/** Undefined if there is no lock file, or not a whole one: a crash left it, since a holder writes it at once. */
function readHolder(fileSystem: FileSystem, path: string): Holder | undefined {
  const bytes = readWhole(fileSystem, path);
  return bytes === undefined ? undefined : parseHolder(bytes.toString('utf8'));
}

function parseHolder(text: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, bootId, startedAt, token } = value as Record<string, unknown>;
  if (typeof pid !== 'number' || typeof bootId !== 'string' || typeof startedAt !== 'string' || typeof token !== 'string') return undefined;
  return { pid, bootId, startedAt, token };
}
