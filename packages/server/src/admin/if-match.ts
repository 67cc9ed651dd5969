// The if-match header: only change what is still as the caller saw it.
import { header, limits } from 'millrace-protocol';
import type { OperationRequest } from '../operation.ts';
import { parseText } from '../parameters.ts';

/** The etag the caller expects, or undefined if any will do. */
export function ifMatchOf(request: OperationRequest): string | undefined {
  const value = request.header(header.ifMatch);
  if (value === undefined || value === '*') return undefined;
  return parseText(header.ifMatch, value, { min: 0, max: limits.ifMatch.max });
}
