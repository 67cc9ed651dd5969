// One command on a fresh clone: installs what the lock file names, makes sure of Node 24, then runs the verb.
// Plain JavaScript and node: modules only, because an old Node starts it before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtime = join(root, '.runtime');
const nodeVersion = '24.21.0';
const invokedFrom = process.env.INIT_CWD ?? process.cwd();

const verbs = {
  start: ['packages/millrace/src/main.ts', 'serve'],
  test: ['scripts/test.ts'],
  check: ['scripts/check/check.ts'],
  format: ['scripts/check/format.ts'],
  bench: ['benchmarks/main.ts'],
  vendors: ['scripts/vendors/vendors.ts'],
};

const [verb, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(verbs, verb)) {
  console.error(`Expected one of ${Object.keys(verbs).join(', ')}; got ${verb ?? 'nothing'}.`);
  process.exit(2);
}

installDependencies();
const node = provisionNode();
const [script, ...fixed] = verbs[verb];
const child = spawn(node, [join(root, script), ...fixed, ...rest], {
  cwd: verb === 'start' ? invokedFrom : root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));

/** Runs `npm ci` when the lock file is not the one that was installed last. */
function installDependencies() {
  const stamp = join(root, 'node_modules', '.millrace-lock-hash');
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error('Installing dependencies (npm ci) …');
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], root);
  writeFileSync(stamp, hash);
}

/** The Node to run on: this one if it is recent enough, else one unpacked from the registry into `.runtime/`. */
function provisionNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const folder = join(runtime, `node-${nodeVersion}`);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    console.error(`Node ${process.versions.node} is older than 24: unpacking Node ${nodeVersion} into .runtime/ …`);
    mkdirSync(folder, { recursive: true });
    npm(['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel=error', `${name}@${nodeVersion}`], folder);
  }
  return binary;
}

function npm(args, cwd) {
  const onWindows = process.platform === 'win32';
  const { status } = spawnSync(onWindows ? 'npm.cmd' : 'npm', args, { cwd, stdio: ['ignore', 2, 2], shell: onWindows });
  if (status !== 0) {
    console.error(`npm ${args.join(' ')} failed with status ${status}.`);
    process.exit(1);
  }
}
