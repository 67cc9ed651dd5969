// Every option of a log store: type, unit, default, range.
import { type Clock, systemClock } from './clock.ts';
import type { LogError } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { type Host, systemHost } from './host.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { type Random, systemRandom } from './random.ts';

const kibi = 1024;
const mebi = 1024 * kibi;

/** How a log store is opened. Sizes in bytes, times in milliseconds. */
export interface LogStoreOptions {
  /** The data directory; created if it is not there. */
  readonly directory: string;
  /** `sync` (default): an append is on the disk when answered. `async`: it is handed to the system, and synced soon after. */
  readonly durability?: 'sync' | 'async';
  /** In `async`, how long an answered append may wait for its sync. 1 to 60,000, default 100. */
  readonly asyncSyncIntervalMs?: number;
  /** Size of a journal file, which is also the largest round. 4 KiB to 1 GiB, a multiple of 16, default 64 MiB. */
  readonly journalFileBytes?: number;
  /** How many journal files there may be. 2 to 1,024, default 4. */
  readonly journalFileCount?: number;
  /** A segment that would pass this size is followed by another. 1 KiB to 1 GiB, default 128 MiB. */
  readonly segmentBytes?: number;
  /** Bytes of appends that may wait for their answer; more are `Overloaded`. 64 KiB to 4 GiB, default 64 MiB. */
  readonly maxBytesInFlight?: number;
  /** The same for logs whose names begin with `commandLogPrefix`. 64 KiB to 4 GiB, default 16 MiB. */
  readonly maxCommandBytesInFlight?: number;
  /** How names of command logs begin, whose bytes in flight are counted apart. Default `_millrace.`. */
  readonly commandLogPrefix?: string;
  /** Segment files kept open. 16 to 100,000, default 512. */
  readonly maxOpenFiles?: number;
  /**
   * What to do if journal entries that were on the disk cannot be read any more. `refuse` (default): do not open. `accept`: open
   * without them, once and for all; their offsets are never used again, and reading them is `Damaged`. Keep a copy first.
   */
  readonly damage?: 'refuse' | 'accept';
  readonly clock?: Clock;
  readonly random?: Random;
  readonly fileSystem?: FileSystem;
  readonly host?: Host;
  /** Called once when storage fails for good; the store answers `Failed` from then on. */
  readonly onFailure?: (error: LogError) => void;
  /** Called with a sentence about trouble that needs no more than attention, such as a checkpoint put off by a full disk. */
  readonly onWarning?: (message: string, cause: unknown) => void;
}

/** All options, none left open. */
export type ResolvedOptions = Required<LogStoreOptions>;

const ranges = {
  asyncSyncIntervalMs: [1, 60_000],
  journalFileBytes: [4 * kibi, 1024 * mebi],
  journalFileCount: [2, 1024],
  segmentBytes: [kibi, 1024 * mebi],
  maxBytesInFlight: [64 * kibi, 4096 * mebi],
  maxCommandBytesInFlight: [64 * kibi, 4096 * mebi],
  maxOpenFiles: [16, 100_000],
} as const;

const defaults = {
  durability: 'sync',
  asyncSyncIntervalMs: 100,
  journalFileBytes: 64 * mebi,
  journalFileCount: 4,
  segmentBytes: 128 * mebi,
  maxBytesInFlight: 64 * mebi,
  maxCommandBytesInFlight: 16 * mebi,
  commandLogPrefix: '_millrace.',
  maxOpenFiles: 512,
  damage: 'refuse',
  clock: systemClock,
  random: systemRandom,
  fileSystem: nodeFileSystem,
  host: systemHost,
  onFailure: () => {},
  onWarning: () => {},
} as const satisfies Omit<ResolvedOptions, 'directory'>;

/** Fills in the defaults. Throws `RangeError` for an option that is unknown or out of its range. */
export function resolveOptions(options: LogStoreOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (name !== 'directory' && !Object.hasOwn(defaults, name)) throw new RangeError(`There is no option ${name}.`);
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved: ResolvedOptions = { ...defaults, ...given, directory: options.directory };
  for (const [name, [least, most]] of Object.entries(ranges)) checkRange(name, resolved[name as keyof typeof ranges], least, most);
  if (resolved.journalFileBytes % 16 !== 0) throw new RangeError(`journalFileBytes is a multiple of 16; got ${resolved.journalFileBytes}.`);
  return resolved;
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is a whole number from ${least} to ${most}; got ${value}.`);
}
