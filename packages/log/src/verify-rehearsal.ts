// What the next opening will make of the journal: the same replay, on files that take everything and keep nothing.
import { AcceptedDamage } from './accepted-damage.ts';
import type { Shown } from './checkpoint-format.ts';
import type { Clock } from './clock.ts';
import { Effects } from './effects.ts';
import { LogError } from './errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import type { GapScene } from './journal-gap.ts';
import type { Layout } from './layout.ts';
import { LogClock } from './log-clock.ts';
import { OpenFiles } from './open-files.ts';
import { replay } from './replay.ts';
import { SegmentWriter } from './segment-writer.ts';
import { Unsynced } from './unsynced.ts';

/** How a rehearsal went; the scene's catalogue is then as the opening would leave it, or as far as it came. */
export interface Rehearsal {
  /** What accepting the damage gives up, a sentence each. */
  readonly warnings: readonly string[];
  /** Why the opening would fail. */
  readonly failure: LogError | undefined;
}

/** Replays the scene's journal into its catalogue, without the disk. */
export async function rehearse({ head, catalogue, journal }: GapScene, layout: Layout, shown: readonly Shown[]): Promise<Rehearsal> {
  const files = new OpenFiles(nowhere, layout, Number.MAX_SAFE_INTEGER);
  const unsynced = new Unsynced(files);
  const effects = new Effects(catalogue, unsynced);
  const writer = new SegmentWriter({ fileSystem: nowhere, layout, files, unsynced, segmentBytes: Number.MAX_SAFE_INTEGER });
  const warnings: string[] = [];
  const damage = new AcceptedDamage({ catalogue, effects, gaps: journal.gaps, shown, onWarning: (message) => warnings.push(message) });
  const clock = new LogClock(still, head.clockMs);
  try {
    await replay({ catalogue, effects, writer, unsynced, clock, damage }, journal.runs, Buffer.from(head.life, 'hex'));
    return { warnings, failure: undefined };
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return { warnings, failure: error };
  }
}

const still: Clock = { now: () => 0, monotonicMs: () => 0, after: () => () => {} };

const nothing: OpenFile = {
  readSync: () => 0,
  read: async () => 0,
  writeSync: (buffers) => buffers.reduce((sum, { length }) => sum + length, 0),
  write: async ({ length }) => length,
  datasync: async () => {},
  truncate: () => {},
  size: () => 0,
  close: () => {},
};

const nowhere: FileSystem = {
  open: () => nothing,
  sizeOf: () => undefined,
  list: () => [],
  makeFolder: () => true,
  rename: async () => {},
  unlink: async () => {},
  removeFolder: async () => {},
  syncFolder: async () => {},
};
