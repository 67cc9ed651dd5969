// The one place that knows every engine by name.
import type { Clock } from 'millrace-log';
import type { Logger } from '../observe/logger.ts';
import type { RandomBytes } from '../random.ts';
import type { Engine } from './engine.ts';
import { openMemoryEngine } from './memory.ts';

/** What an engine may need to open. */
export interface EngineOptions {
  readonly engine: 'embedded' | 'memory';
  /** Data directory of the embedded engine. */
  readonly data: string;
  /** What the embedded engine's acknowledgement means. */
  readonly durability: 'sync' | 'async';
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
}

/** Opens the engine the options name; it has recovered when the promise resolves. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  return openMemoryEngine(options);
}
