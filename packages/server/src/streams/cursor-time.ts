// The `time` of a cursor.
import { InvalidTime, parseTime } from 'millrace-protocol';
import { invalid } from '../api-error.ts';
import { missing } from '../parameters.ts';

/** The time as Unix milliseconds; one before 1970 means the beginning. Throws 400 if it is missing or none. */
export function parseCursorTime(time: string | undefined): number {
  if (time === undefined) throw missing('time (with type AT_TIME)');
  try {
    return Math.max(0, parseTime(time));
  } catch (error) {
    throw error instanceof InvalidTime ? invalid(`time: ${error.message}`) : error;
  }
}
