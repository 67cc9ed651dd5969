// What every operation works with: put together once at start, passed to each call.
import type { Clock } from 'millrace-log';
import { Catalogue } from './admin/catalogue.ts';
import { BufferPool } from './buffer-pool.ts';
import type { Engine } from './engine/engine.ts';
import { Metrics } from './observe/metrics.ts';
import type { RandomBytes } from './random.ts';
import { CursorCodec } from './streams/cursor.ts';

export interface Service {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly cursors: CursorCodec;
  readonly metrics: Metrics;
  readonly buffers: BufferPool;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** What is below the service, and who hears of trouble that needs no more than attention. */
export interface ServiceParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly onWarning: (message: string, cause: unknown) => void;
  /** A snapshot of the catalogue is written every so many commands; see `MachineOptions`. */
  readonly snapshotEvery?: number;
}

/**
 * Restores the state machines from an open engine and finishes what a crash cut off; operations may be called when this resolves.
 * Whoever opens it closes `catalogue`, and then the engine.
 */
export async function openService(parts: ServiceParts): Promise<Service> {
  const { engine, clock, random } = parts;
  const catalogue = await Catalogue.open(parts);
  const cursors = new CursorCodec(catalogue.cursorKey);
  return { engine, catalogue, cursors, metrics: new Metrics(), buffers: new BufferPool(), clock, random };
}
