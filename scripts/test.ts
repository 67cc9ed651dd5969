/**
 * `npm test`: runs every test, prints each one's name, and ends with the line `N passed, N failed`.
 * Arguments go to Vitest: `npm test -- packages/log`, `npm test -- -t 'torn end'`.
 */
import type { Vitest } from 'vitest/node';

// Vitest looks at this once, while it loads: a log file is to hold plain text.
if (!process.stdout.isTTY) process.env.NO_COLOR ??= '1';
const { parseCLI, startVitest } = await import('vitest/node');

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
let wasEnded = false;
const { passed, failed } = await run();
if (wasEnded) console.log('Ended by a signal: not every test was run.');
process.exitCode = passed > 0 && failed === 0 && !wasEnded ? 0 : 1;
process.stdout.write(`${passed} passed, ${failed} failed\n`, () => process.exit());

async function run(): Promise<Counts> {
  try {
    const reporters = ['verbose', { onInit: endOnSignal }];
    const vitest = await startVitest('test', filter, { ...options, run: true, watch: false, reporters });
    await vitest.close();
    return count(vitest);
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  }
}

/**
 * On a signal the tests that are running come to their end, so that the servers they started end too; the others are left
 * out. Vitest's own listeners would end this process alone and leave those running.
 */
function endOnSignal(vitest: Vitest): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      wasEnded = true;
      void vitest.cancelCurrentRun('keyboard-input');
    });
  }
}

interface Counts {
  passed: number;
  failed: number;
}

/** Whatever went wrong counts as failed: a test, a file that could not be loaded, a hook, an error nobody caught. */
function count(vitest: Vitest): Counts {
  const counts = { passed: 0, failed: vitest.state.getUnhandledErrors().length };
  for (const file of vitest.state.getTestModules()) {
    if (file.errors().length > 0) counts.failed += 1;
    for (const suite of file.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1;
    for (const test of file.children.allTests()) {
      if (test.result().state === 'passed') counts.passed += 1;
      if (test.result().state === 'failed') counts.failed += 1;
    }
  }
  return counts;
}
