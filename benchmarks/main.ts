// `npm run bench`: measures the rows asked for, prints one table. Exit code 0; 1 when something could not be measured, when
// the memory row misses its bound, or, with --enforce, when any goal is missed; 2 for a wrong command line.
import { join } from 'node:path';
import { type CheckedOut, checkOut, describeWorkingTree } from './commit.ts';
import { openVolume } from './disk/volume.ts';
import { type Options, parseOptions, type RowName, usage } from './options.ts';
import { MissingProgram, type ProgramName, requireProgram } from './programs.ts';
import { renderTable } from './report.ts';
import { judge, type RowResult } from './result.ts';
import { measureBesideRedis } from './rows/beside-redis.ts';
import { measureClients } from './rows/client.ts';
import { measureGroups } from './rows/groups.ts';
import { measureLatency } from './rows/latency.ts';
import { measureMemory } from './rows/memory.ts';
import { measureRecovery } from './rows/recovery.ts';
import { measureRestart } from './rows/restart.ts';
import { measureSideBySide } from './rows/side-by-side.ts';
import { measureStart } from './rows/start.ts';

/** What rows need besides Node. */
const programs: Readonly<Record<RowName, readonly ProgramName[]>> = {
  1: ['wrk'],
  3: ['wrk'],
  '3-redis': ['wrk', 'redis-server', 'redis-benchmark'],
  4: ['wrk'],
  6: ['wrk'],
  '6-forward': ['wrk'],
  8: ['redis-server'],
  memory: ['wrk'],
  recovery: [],
  restart: [],
  start: [],
  client: [],
  groups: ['wrk'],
};
const home = join(import.meta.dirname, '..', '.runtime', 'bench');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

process.exitCode = await run(readOptions()).catch((error: unknown) => {
  console.error(error instanceof MissingProgram ? error.message : error);
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
  for (const program of new Set(options.rows.flatMap((row) => programs[row]))) requireProgram(program);
  const commit = describeWorkingTree();
  const baseline = options.compare === undefined ? undefined : await checkOut(options.compare, home);
  const results: RowResult[] = [];
  for (const row of options.rows) results.push(...(await measure(row, options, baseline)));
  const rows = results.map((result) => ({ ...result, verdict: judge(result) }));
  console.log(options.json ? JSON.stringify({ commit, rows }, null, 2) : renderTable(results, commit));
  const isFailed = rows.some(({ row, verdict }) => verdict === 'missed' && (options.enforce || row === 'memory'));
  return isFailed ? 1 : 0;
}

/** The memory and restart rows write more than a prepared volume holds, and do not compare. */
async function measure(row: RowName, options: Options, baseline: CheckedOut | undefined): Promise<readonly RowResult[]> {
  if (row === 'start') return [await measureStart()];
  if (row === 'client') return await measureClients(options);
  using volume = openVolume(home, row === 'memory' || row === 'restart' ? 'plain' : options.volume);
  if (row === 'memory') return [await measureMemory(options, volume)];
  if (row === 'restart') return [await measureRestart(options, volume)];
  if (row === 'groups') return await measureGroups(options, volume);
  if (row === 'recovery') return [await measureRecovery(volume)];
  if (row === '3-redis') return [await measureBesideRedis(options, volume)];
  if (row === '8') return await measureLatency(options, volume);
  return [await measureSideBySide(row, options, volume, baseline)];
}
