export { LogError, type LogErrorCode, OffsetOutOfRange } from './errors.ts';
