// The service of row retention: `<port> <folder>`. On SIGUSR2 its clock jumps ahead, so that everything there is has expired; a
// second later what it does once a minute is done, retention among it.
import { join } from 'node:path';
import { systemClock } from 'millrace-log';
import { startServer } from 'millrace-server';
import { jumpMs } from './retention-jump.ts';

const eachMinuteMs = 60_000;
const afterJumpMs = 1000;

const [port, folder = ''] = process.argv.slice(2);
const pending = new Set<() => void>();
let aheadMs = 0;
const clock = {
  ...systemClock,
  now: () => Date.now() + aheadMs,
  after: (delayMs: number, run: () => void) => {
    if (delayMs !== eachMinuteMs) return systemClock.after(delayMs, run);
    pending.add(run);
    return () => void pending.delete(run);
  },
};
process.on('SIGUSR2', () => {
  aheadMs = jumpMs;
  setTimeout(runPending, afterJumpMs);
});
const options = { port: Number(port), data: join(folder, 'data'), ociDir: join(folder, 'oci'), stream: ['bench:1'], logLevel: 'warn' };
await startServer(options as Parameters<typeof startServer>[0], { clock });

function runPending(): void {
  const due = Array.from(pending);
  pending.clear();
  for (const run of due) run();
}
