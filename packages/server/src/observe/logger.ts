// The server's log: JSON lines on standard error.

import { destination, type Logger, pino } from 'pino';
import type { ServeOptions } from '../options.ts';

export type { Logger };

export type LogLevel = ServeOptions['logLevel'];

/** A logger of `level`; lines are written at once, so that the last one before a crash is there. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: null }, destination({ fd: 2, sync: true }));
}
