// Who runs this process, so that a lock left by one that is gone is told from one that is held.
import { readSystemText } from './node-file-system.ts';

/** This process and its neighbours. */
export interface Host {
  readonly pid: number;
  /** Differs from boot to boot; empty if the system does not say. */
  readonly bootId: string;
  /** When the process with this id started, in the system's own words; undefined if there is no such process. */
  startedAt(pid: number): string | undefined;
}

/** The machine this runs on. Linux tells boot and start; elsewhere only whether the process id is in use. */
export const systemHost: Host = {
  pid: process.pid,
  bootId: readSystemText('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
  startedAt: (pid) => {
    const stat = readSystemText(`/proc/${pid}/stat`);
    if (stat !== undefined) return startOf(stat.slice(stat.lastIndexOf(')') + 2).split(' '));
    return readSystemText('/proc/self/stat') !== undefined || !isRunning(pid) ? undefined : 'unknown';
  },
};

/** `starttime` is field 22 of /proc/<pid>/stat; field 3, the state, is the first behind the command's closing bracket. */
const startTimeField = 22 - 3;

/** A process that has ended and was not yet waited for (`Z`, `X`) holds nothing any more. */
function startOf(fields: readonly string[]): string | undefined {
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[startTimeField];
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
