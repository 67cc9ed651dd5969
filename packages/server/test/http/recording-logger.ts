// A logger whose lines a test can read.
import { pino } from 'pino';
import type { Logger } from '../../src/observe/logger.ts';

export interface RecordingLogger {
  readonly logger: Logger;
  /** Everything logged so far. */
  lines(): readonly Record<string, unknown>[];
}

/** Keeps all levels from debug up. */
export function recordingLogger(): RecordingLogger {
  const texts: string[] = [];
  const logger = pino({ level: 'debug', base: null }, { write: (text: string) => void texts.push(text) });
  return { logger, lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>) };
}
