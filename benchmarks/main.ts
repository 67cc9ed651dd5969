// `npm run bench`: measures the rows asked for, prints one table. Exit code 0; 1 when something could not be measured, when
// the memory row misses its bound, or, with --enforce, when any goal is missed; 2 for a wrong command line.
import { join } from 'node:path';
import { checkOut, describeWorkingTree } from './commit.ts';
import { openVolume } from './disk/volume.ts';
import { watchMachine } from './meanwhile.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { describeProfiles } from './profile.ts';
import { MissingProgram, requireProgram } from './programs.ts';
import { renderTable } from './report.ts';
import { judge, type RowResult } from './result.ts';
import { rows } from './rows/rows.ts';

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
  for (const program of new Set(options.rows.flatMap((name) => rows[name].programs))) requireProgram(program);
  const commit = describeWorkingTree();
  const baseline = options.compare === undefined ? undefined : await checkOut(options.compare, home);
  const results: RowResult[] = [];
  for (const name of options.rows) {
    using volume = openVolume(home, rows[name].volume === 'plain' ? 'plain' : options.volume);
    const endWatch = watchMachine();
    const measured = await rows[name].measure(options, volume, baseline);
    const meanwhile = endWatch();
    // Of a row that tells nothing closer: from its beginning to its end.
    results.push(...measured.map((result) => ({ meanwhile, ...result })));
  }
  const judged = results.map((result) => ({ ...result, verdict: judge(result) }));
  console.log(options.json ? JSON.stringify({ commit, rows: judged }, null, 2) : renderTable(results, commit));
  if (options.profile !== undefined) console.log(`\n${describeProfiles(options.profile)}`);
  const isFailed = judged.some(({ row, verdict }) => verdict === 'missed' && (options.enforce || row === 'memory'));
  return isFailed ? 1 : 0;
}
