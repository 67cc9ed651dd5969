// Row start: how long a test that starts the service in its own process waits for it, with the modules loaded and a key at
// hand (making one takes a few hundred milliseconds, and is not the service's).
import { randomBytes } from 'node:crypto';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';

const starts = 20;
const boundMs = 100;

/** Starts and closes the service on the memory engine, on a free port, with one stream. */
export async function measureStart(): Promise<RowResult> {
  const importedAt = performance.now();
  const { createIdentity, startServer } = await import('millrace-server');
  const importMs = performance.now() - importedAt;
  const identity = await createIdentity(randomBytes);
  const startMs: number[] = [];
  for (let start = 0; start < starts; start++) {
    const startedAt = performance.now();
    await using _server = await startServer({ engine: 'memory', port: 0, stream: ['bench:1'], logLevel: 'silent' }, { identity });
    startMs.push(performance.now() - startedAt);
  }
  const [first = Number.NaN] = startMs;
  return {
    row: 'start',
    what: `start in process, memory engine, median of ${starts}`,
    unit: 'ms',
    millrace: median(startMs),
    goal: { kind: 'value-below', bound: boundMs },
    detail: { importMs, startMs },
    notes: [`the first start ${first.toFixed(0)} ms, importing the modules before it ${importMs.toFixed(0)} ms`],
  };
}
