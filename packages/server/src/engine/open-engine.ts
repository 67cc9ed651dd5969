// The one place that knows every engine by name.
import { type Clock, JournalDamaged, LogError, type LogStoreOptions, openLogStore } from 'millrace-log';
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
  /** Whether the embedded engine opens without journal entries that are damaged. */
  readonly acceptDamage: boolean;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
}

/** Opens the engine the options name; it has recovered when the promise resolves. Throws `LogError`. */
export async function openEngine({ engine, data, durability, acceptDamage, clock, random, logger }: EngineOptions): Promise<Engine> {
  if (engine === 'memory') return openMemoryEngine({ clock });
  return await openOrAdvise({
    directory: data,
    durability,
    damage: acceptDamage ? 'accept' : 'refuse',
    clock,
    random,
    onFailure: (error) => logger.fatal({ err: error }, 'storage has failed; the service answers 503 until it is restarted'),
    onWarning: (message, cause) => logger.warn({ err: cause }, message),
  });
}

/** A directory that is refused as damaged: what to do next is said too. */
async function openOrAdvise(options: LogStoreOptions): Promise<Engine> {
  try {
    return await openLogStore(options);
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'Damaged') throw error;
    const advice = error instanceof JournalDamaged ? ` ${acceptance}` : '';
    const look = `\`millrace verify --data ${options.directory}\` tells what is proved and what is broken.`;
    throw new LogError('Damaged', `${error.message} ${look}${advice}`, { cause: error });
  }
}

const acceptance = '`millrace serve --accept-damage` opens without the missing entries, once and for all; copy the directory first.';
