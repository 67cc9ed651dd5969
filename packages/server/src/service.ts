// What every operation works with: put together once at start, passed to each call.
import type { Clock } from 'millrace-log';
import type { Catalogue } from './admin/catalogue.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Engine } from './engine/engine.ts';
import type { Metrics } from './observe/metrics.ts';
import type { RandomBytes } from './random.ts';
import type { CursorCodec } from './streams/cursor.ts';

export interface Service {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly cursors: CursorCodec;
  readonly metrics: Metrics;
  readonly buffers: BufferPool;
  readonly clock: Clock;
  readonly random: RandomBytes;
}
