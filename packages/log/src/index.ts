export { type Clock, systemClock } from './clock.ts';
export { LogError, type LogErrorCode, OffsetOutOfRange } from './errors.ts';
