// What every operation works with: put together once at start, passed to each call.
import type { Clock } from 'millrace-log';
import { Catalogue } from './admin/catalogue.ts';
import { BufferPool } from './buffer-pool.ts';
import type { Engine } from './engine/engine.ts';
import { GroupCursorCodec } from './groups/group-cursor.ts';
import { Groups } from './groups/groups.ts';
import { Metrics } from './observe/metrics.ts';
import type { RandomBytes } from './random.ts';
import { CursorCodec } from './streams/cursor.ts';
import { ReadyAnswers } from './streams/ready-answers.ts';

export interface Service {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly groups: Groups;
  readonly cursors: CursorCodec;
  readonly groupCursors: GroupCursorCodec;
  readonly metrics: Metrics;
  readonly buffers: BufferPool;
  readonly ready: ReadyAnswers;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** What is below the service, and who hears of trouble that needs no more than attention. */
export interface ServiceParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly onWarning: (message: string, cause: unknown) => void;
  /** Snapshots of the state machines are written every so many commands; see `MachineOptions`. */
  readonly snapshotEvery?: number;
}

/**
 * Restores the state machines from an open engine and finishes what a crash cut off; operations may be called when this resolves.
 * Whoever opens it calls `closeService`, and then closes the engine.
 */
export async function openService(parts: ServiceParts): Promise<Service> {
  const { engine, clock, random } = parts;
  const catalogue = await Catalogue.open(parts);
  const metrics = new Metrics();
  const groups = await Groups.open({ ...parts, metrics: metrics.groups, logCount: catalogue.groupLogCount });
  const cursors = new CursorCodec(catalogue.cursorKey);
  const groupCursors = new GroupCursorCodec(catalogue.cursorKey);
  const buffers = new BufferPool();
  const ready = new ReadyAnswers(buffers);
  return { engine, catalogue, groups, cursors, groupCursors, metrics, buffers, ready, clock, random };
}

/** Begins nothing more by itself; resolves when nothing is under way that needs the engine. */
export async function closeService({ catalogue, groups }: Service): Promise<void> {
  await Promise.all([catalogue.close(), groups.settle()]);
}
