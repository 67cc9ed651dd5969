// What one failed file call may do to a store, by what the call was for.
import type { LogErrorCode } from '../../src/index.ts';
import type { Call, Fault } from './failing-file-system.ts';
import type { Operation, Report } from './script.ts';

/**
 * `stays unnoticed`: no operation is refused. `goes on`: at most one is, or none; on a full disk, appends until a checkpoint
 * was tried. `store fails`: nothing more is stored or read until it is opened again. `opening fails`: the next one succeeds.
 */
export type Fate = 'stays unnoticed' | 'goes on' | 'store fails' | 'opening fails';

type Codes = Readonly<Record<Operation, readonly LogErrorCode[]>>;

/** What operations may be refused with. A log whose creation failed is unknown afterwards. */
const allowedCodes: Readonly<Record<Fate, Codes>> = {
  'stays unnoticed': { open: [], append: [], change: [], read: [], close: [] },
  'goes on': {
    open: [],
    append: ['AppendRefused', 'UnknownLog'],
    change: ['AppendRefused', 'UnknownLog'],
    read: ['Damaged', 'UnknownLog'],
    close: [],
  },
  'store fails': {
    open: [],
    append: ['OutcomeUnknown', 'Failed', 'UnknownLog'],
    change: ['OutcomeUnknown', 'Failed', 'UnknownLog'],
    read: ['Failed', 'UnknownLog'],
    close: [],
  },
  'opening fails': { open: ['Failed'], append: [], change: [], read: [], close: [] },
};

const syncs: readonly Call['method'][] = ['datasync', 'syncFolder'];
/** What is done to files that are no longer needed. */
const tidies: readonly Call['method'][] = ['unlink', 'removeFolder', 'list'];

/** What may become of a process whose call `number` of `calls` fails with `fault`: one fate, but for calls whose purpose cannot be told. */
export function fatesOf(calls: readonly Call[], number: number, fault: Fault): readonly Fate[] {
  const fate = fateOf(calls, number, fault);
  return isOneOfTwo(calls, number) ? [fate, 'stays unnoticed'] : [fate];
}

/** The folder of the journal is synced for a file that is prepared and for one that is needed now, both at once. */
function isOneOfTwo(calls: readonly Call[], number: number): boolean {
  return isFolderSync(calls[number]) && (isFolderSync(calls[number - 1]) || isFolderSync(calls[number + 1]));
}

function isFolderSync(call: Call | undefined): boolean {
  return call?.method === 'syncFolder' && call.path === '/data/journal';
}

function fateOf(calls: readonly Call[], number: number, fault: Fault): Fate {
  const call = calls[number] as Call;
  const isForRoom = fault.includes('ENOSPC');
  if (isHint(call.path) || call.method === 'close') return 'stays unnoticed';
  if (call.phase === 'opening') return openingFate(calls, number, isForRoom);
  if (call.path.startsWith('/data/journal')) return journalFate(calls, number, isForRoom);
  if (syncs.includes(call.method)) return 'store fails';
  if (call.path.startsWith('/data/logs')) return tidies.includes(call.method) ? 'stays unnoticed' : 'goes on';
  // What is left is the checkpoint, the reserve, the lock that a checkpoint looks at, and the lock that is given up at the end.
  if (isForRoom && ['openNew', 'writeSync'].includes(call.method)) return 'goes on';
  return call.phase === 'closing' && call.path !== '/data/reserve' && isAfterLastCheckpoint(calls, number)
    ? 'stays unnoticed'
    : 'store fails';
}

/** What a report says of its run that does not fit the fates of its fault; undefined if all does. */
export function breachOf(fates: readonly Fate[], fault: Fault, { refusals, hasFailed, openingFailed }: Report): string | undefined {
  const own = refusals.filter(({ code }) => code !== 'UnknownLog');
  const survived: Fate = own.length === 0 && !fates.includes('goes on') ? 'stays unnoticed' : 'goes on';
  const fate = hasFailed ? 'store fails' : openingFailed ? 'opening fails' : survived;
  if (!fates.includes(fate)) return `expected that it ${fates.join(' or ')}, but it ${fate}`;
  const wrong = refusals.find(({ operation, code }) => !allowedCodes[fate][operation].some((allowed) => allowed === code));
  if (wrong !== undefined) return `${wrong.operation} was refused with ${wrong.message}`;
  const isOneAtMost = fate === 'goes on' && !fault.includes('ENOSPC');
  return isOneAtMost && own.length > 1 ? `${own.length} operations were refused` : undefined;
}

function isHint(path: string): boolean {
  return path.endsWith('index');
}

function openingFate(calls: readonly Call[], number: number, isForRoom: boolean): Fate {
  const call = calls[number] as Call;
  return isSegmentWrite(call) || (isForRoom && hasReserve(calls, number)) ? 'goes on' : 'opening fails';
}

/** Writing several batches at once may fail: they are then written one by one. */
function isSegmentWrite({ method, path }: Call): boolean {
  return method === 'writeSync' && path.endsWith('.log');
}

/** True if there was a reserve that an opening can give up, or the call is what makes one. */
function hasReserve(calls: readonly Call[], number: number): boolean {
  return calls.slice(0, number + 1).some(({ path, method }) => path === '/data/reserve' && method !== 'sizeOf');
}

/** A file that is prepared ahead is not needed yet, and making sure of room changes nothing; entries and their sync must not fail. */
function journalFate(calls: readonly Call[], number: number, isForRoom: boolean): Fate {
  const { method, path, isZeros } = calls[number] as Call;
  if (method === 'unlink') return 'stays unnoticed';
  if ((isZeros && method === 'writeSync') || (method === 'openNew' && isForRoom)) return 'goes on';
  const file = path === '/data/journal' ? newestJournalFile(calls, number) : path;
  const isPrepared = calls.some((one) => one.path === file && one.method === 'write');
  return isPrepared && !isInUse(calls, number + 1, file) ? 'stays unnoticed' : 'store fails';
}

function isInUse(calls: readonly Call[], end: number, file: string | undefined): boolean {
  return calls.slice(0, end).some(({ method, path }) => path === file && method === 'writeSync');
}

/** A sync of their folder is for the file that was made and synced last. */
function newestJournalFile(calls: readonly Call[], number: number): string | undefined {
  const isNew = ({ method, path }: Call): boolean =>
    method === 'datasync' && path.startsWith('/data/journal') && !isInUse(calls, number, path);
  return calls.slice(0, number).findLast(isNew)?.path;
}

function isAfterLastCheckpoint(calls: readonly Call[], number: number): boolean {
  const rest = calls.slice(number);
  const end = rest.findIndex(({ phase }) => phase !== 'closing');
  return !rest.slice(0, end === -1 ? rest.length : end).some(({ method }) => method === 'rename');
}
