// A process that counts its own events: for every line it is sent it has the pool do something, and prints `EventCounts`.
import { pbkdf2 } from 'node:crypto';
import { createInterface } from 'node:readline';

/** Of one line, from its callback on. */
export interface EventCounts {
  readonly duringCallback: number;
  /** Of the pool; others may have come. */
  readonly untilAnswer: number;
}

const count = (): number => performance.nodeTiming.uvMetricsInfo.events;

createInterface({ input: process.stdin }).on('line', () => {
  const began = count();
  const duringCallback = count() - began;
  pbkdf2('', '', 1000, 16, 'sha1', () => {
    const counts: EventCounts = { duringCallback, untilAnswer: count() - began };
    console.log(JSON.stringify(counts));
  });
});
