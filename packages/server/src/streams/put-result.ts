// The answer of PutMessages as JSON, written straight to text: a hundred thousand entries are ordinary.
import { formatTime } from 'millrace-protocol';
import type { ShareOutcome } from './put-messages.ts';

/** `{"failures": …, "entries": […]}` with `count` entries in request order. */
export function encodePutResult(count: number, outcomes: readonly ShareOutcome[]): string {
  const entries = new Array<string>(count);
  let failures = 0;
  for (const { partition, indexes, outcome } of outcomes) {
    if (outcome instanceof Error) {
      failures += indexes.length;
      const entry = JSON.stringify({ error: outcome.code, errorMessage: outcome.message });
      for (const index of indexes) entries[index] = entry;
    } else {
      const before = `{"partition":"${partition}","offset":`;
      const behind = `,"timestamp":"${formatTime(outcome.timestampMs)}"}`;
      let offset = outcome.firstOffset;
      for (const index of indexes) {
        entries[index] = before + offset + behind;
        offset += 1;
      }
    }
  }
  return `{"failures":${failures},"entries":[${entries.join(',')}]}`;
}
