// Runs what the README and the banner show, as they stand: the quick starts in Python and shell, and the banner's line for each
// client. Usage: checks.ts PYTHON_ENVIRONMENT JAVA_CLASSES ENDPOINT CONFIG_FILE.
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { endWithUs } from '../service.ts';

const [pythonFolder = '', javaFolder = '', endpoint = '', configFile = ''] = process.argv.slice(2);
const root = join(import.meta.dirname, '../../..');
const compartment = /^tenancy\s*=\s*(\S+)/m.exec(readFileSync(configFile, 'utf8'))?.[1] ?? '';
const environment = { ...process.env, PATH: [join(pythonFolder, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter) };
const commandMs = 180_000;
let failed = 0;

check('the quick start in Python reads back what it puts', run('python3', 'examples/quick_start.py'), ["['hello', 'world']"]);
check('the quick start in shell reads back what it puts', run('bash', 'examples/quick-start.sh'), ['"aGVsbG8="', '"d29ybGQ="']);
await checkBanner();
console.log('end');
process.exitCode = failed === 0 ? 0 : 1;

function run(program: string, file: string): SpawnSyncReturns<string> {
  return spawnSync(program, [join(root, file), configFile, endpoint, compartment], options());
}

/** Each line of the banner of a service of its own, in the shell it is meant for. */
async function checkBanner(): Promise<void> {
  const main = join(root, 'packages/millrace/src/main.ts');
  const words = [
    'serve',
    '--port',
    '0',
    '--engine',
    'memory',
    '--oci-dir',
    join(dirname(configFile), 'banner oci'),
    '--stream',
    'orders:1',
  ];
  const service = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  endWithUs(service);
  const lines: string[] = [];
  for await (const line of createInterface({ input: service.stdout })) {
    lines.push(line.trim());
    if (line.startsWith('Press Ctrl+C')) break;
  }
  const shell = (start: string): SpawnSyncReturns<string> => spawnSync('sh', ['-c', lineOf(lines, start)], options());
  check("the banner's line for the oci command puts a message", shell('oci streaming '), ['"failures": 0']);
  check("the banner's line for Python puts a message", shell('python3 '), ['"failures": 0']);
  check("the banner's line for TypeScript puts a message", shell('node '), ['failures: 0']);
  const jars = readdirSync(join(javaFolder, 'app')).map((name) => join(javaFolder, 'app', name));
  const java = spawnSync('jshell', ['--class-path', jars.join(delimiter), '-s', '-'], {
    ...options(),
    input: `${lineOf(lines, 'System.out')}\n`,
  });
  check("the banner's line for Java puts a message", java, ['failures=0']);
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  await ended;
}

function lineOf(lines: readonly string[], start: string): string {
  return lines.find((line) => line.startsWith(start)) ?? `: the banner has no line that begins with ${start}`;
}

/** Where the npm packages of the README are installed. */
function options(): { cwd: string; env: NodeJS.ProcessEnv; encoding: 'utf8'; timeout: number } {
  return { cwd: root, env: environment, encoding: 'utf8', timeout: commandMs };
}

function check(behaviour: string, { status, stdout, stderr }: SpawnSyncReturns<string>, expected: readonly string[]): void {
  if (status === 0 && expected.every((text) => stdout.includes(text))) {
    console.log(`ok - ${behaviour}`);
    return;
  }
  failed += 1;
  console.log(`not ok - ${behaviour}: expected ${expected.join(', ')} and status 0, got ${JSON.stringify({ status, stdout, stderr })}`);
}
