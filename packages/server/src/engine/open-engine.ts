// The one place that knows every engine by name.
import { type Clock, openLogStore } from 'millrace-log';
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

/** Opens the engine the options name; it has recovered when the promise resolves. Throws `LogError`. */
export async function openEngine({ engine, data, durability, clock, random, logger }: EngineOptions): Promise<Engine> {
  if (engine === 'memory') return openMemoryEngine({ clock });
  return await openLogStore({
    directory: data,
    durability,
    clock,
    random,
    onFailure: (error) => logger.fatal({ err: error }, 'storage has failed; the service answers 503 until it is restarted'),
    onWarning: (message, cause) => logger.warn({ err: cause }, message),
  });
}
