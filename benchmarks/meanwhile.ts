// What else the machine did while something was measured. Linux says so in /proc; elsewhere nothing is known.
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** Shares are of all cores' time, 0 to 1. */
export interface Meanwhile {
  /** Processes that are neither this one nor its descendants, and no threads of the kernel. */
  readonly otherShare: number;
  /** What the host gave to other machines. */
  readonly stealShare: number;
  /** Runnable threads, ours among them, averaged by the kernel over about a minute. */
  readonly load: number;
}

/** Begins to watch; the function it gives ends it. Undefined without /proc. */
export function watchMachine(): () => Meanwhile | undefined {
  const before = readTimes();
  return () => {
    const after = readTimes();
    if (before === undefined || after === undefined) return undefined;
    const all = after.all - before.all;
    // Of a thread of the kernel that has ended nothing is left to subtract; what a process used, its parent has.
    const known = Array.from(after.known).reduce((sum, [pid, ticks]) => sum + ticks - (before.known.get(pid) ?? 0), 0);
    const otherShare = Math.max(0, after.busy - before.busy - known) / all;
    return { otherShare, stealShare: (after.steal - before.steal) / all, load: loadavg()[0] ?? Number.NaN };
  };
}

/** The worst of several; undefined of none. */
export function worstOf(moments: readonly (Meanwhile | undefined)[]): Meanwhile | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  if (known.length === 0) return undefined;
  const most = (pick: (moment: Meanwhile) => number): number => Math.max(...known.map(pick));
  return {
    otherShare: most(({ otherShare }) => otherShare),
    stealShare: most(({ stealShare }) => stealShare),
    load: most(({ load }) => load),
  };
}

/** In ticks of the kernel. */
interface Times {
  readonly all: number;
  readonly steal: number;
  /** Of all processes and threads of the kernel, without interrupts. */
  readonly busy: number;
  /** By process: what it, and its children that have ended, used. This process, its descendants, and the kernel's threads. */
  readonly known: ReadonlyMap<string, number>;
}

function readTimes(): Times | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
    const ticks = line.trim().split(/\s+/).slice(1).map(Number);
    const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = ticks;
    const all = user + nice + system + idle + ioWait + irq + softIrq + steal;
    return { all, steal, busy: user + nice + system, known: readKnown() };
  } catch {
    return undefined;
  }
}

function readKnown(): Map<string, number> {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = new Map(processes.flatMap((pid) => readProcess(pid) ?? []));
  const kernel = '2';
  const isKnown = (pid: string): boolean => {
    if (pid === String(process.pid) || pid === kernel) return true;
    const parent = all.get(pid)?.parent;
    return parent !== undefined && isKnown(parent);
  };
  return new Map(Array.from(all, ([pid, { ticks }]): [string, number] => [pid, ticks]).filter(([pid]) => isKnown(pid)));
}

function readProcess(pid: string): [string, { readonly parent: string; readonly ticks: number }][] | undefined {
  try {
    // Behind the name, which may hold anything: state, parent, …, and at 11 to 14 user and system time, its own and of ended children.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return [[pid, { parent: fields[1] ?? '0', ticks }]];
  } catch {
    return undefined; // It has ended meanwhile.
  }
}
