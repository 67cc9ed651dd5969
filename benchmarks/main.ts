// `npm run bench`: measures the rows asked for, prints one table. Exit code 0; 1 when something could not be measured, when
// the memory row misses its bound, or, with --enforce, when any goal is missed; 2 for a wrong command line.
import { join } from 'node:path';
import { openVolume } from './disk/volume.ts';
import { MissingWrk, requireWrk } from './load/wrk.ts';
import { type Options, parseOptions, type RowName, usage } from './options.ts';
import { renderTable } from './report.ts';
import { judge, type RowResult } from './result.ts';
import { measureClients } from './rows/client.ts';
import { measureGroups } from './rows/groups.ts';
import { measureMemory } from './rows/memory.ts';
import { measureRecovery } from './rows/recovery.ts';
import { measureRestart } from './rows/restart.ts';
import { measureSideBySide } from './rows/side-by-side.ts';
import { measureStart } from './rows/start.ts';

const withoutWrk: readonly RowName[] = ['recovery', 'restart', 'start', 'client'];
const home = join(import.meta.dirname, '..', '.runtime', 'bench');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

process.exitCode = await run(readOptions()).catch((error: unknown) => {
  console.error(error instanceof MissingWrk ? error.message : error);
  return 1;
});

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

async function run(options: Options): Promise<number> {
  if (options.rows.some((row) => !withoutWrk.includes(row))) requireWrk();
  const results: RowResult[] = [];
  for (const row of options.rows) results.push(...(await measure(row, options)));
  const rows = results.map((result) => ({ ...result, verdict: judge(result) }));
  console.log(options.json ? JSON.stringify({ rows }, null, 2) : renderTable(results));
  const isFailed = rows.some(({ row, verdict }) => verdict === 'missed' && (options.enforce || row === 'memory'));
  return isFailed ? 1 : 0;
}

/** The memory and restart rows write more than a prepared volume holds, and do not compare. */
async function measure(row: RowName, options: Options): Promise<readonly RowResult[]> {
  if (row === 'start') return [await measureStart()];
  if (row === 'client') return await measureClients(options);
  using volume = openVolume(home, row === 'memory' || row === 'restart' ? 'plain' : options.volume);
  if (row === 'memory') return [await measureMemory(options, volume)];
  if (row === 'restart') return [await measureRestart(options, volume)];
  if (row === 'groups') return await measureGroups(options, volume);
  if (row === 'recovery') return [await measureRecovery(volume)];
  return [await measureSideBySide(row, options, volume)];
}
