export { type Clock, systemClock } from './clock.ts';
export { LogError, type LogErrorCode, OffsetOutOfRange } from './errors.ts';
export { LogClock } from './log-clock.ts';
export { Waiters } from './waiters.ts';
