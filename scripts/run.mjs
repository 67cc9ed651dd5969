// One command on a fresh clone: installs what the lock file names, makes sure of Node 24, then runs the verb.
// Plain JavaScript and node: modules only, because an old Node starts it before anything is installed.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { provision, root } from './provision.mjs';

/** Script and first arguments of each verb. */
const verbs = {
  start: ['packages/millrace/src/main.ts', 'serve'],
  test: ['scripts/test.ts'],
  check: ['scripts/check/check.ts'],
  format: ['scripts/check/format.ts'],
  bench: ['benchmarks/main.ts'],
  vendors: ['scripts/vendors/vendors.ts'],
  simulate: ['packages/server/test/simulation/main.ts'],
  fuzz: ['scripts/fuzz.ts'],
};

const [verb, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(verbs, verb)) {
  console.error(`Expected one of ${Object.keys(verbs).join(', ')}; got ${verb ?? 'nothing'}.`);
  process.exit(2);
}

const node = provisionOrExit();
const [script, ...fixed] = verbs[verb];
// As the first line of the command line's main file says.
const flags = verb === 'start' ? ['--max-semi-space-size=8'] : [];
const child = spawn(node, [...flags, join(root, script), ...fixed, ...rest], {
  // Relative paths that a user gives to the service count from where the user stands.
  cwd: verb === 'start' ? (process.env.INIT_CWD ?? process.cwd()) : root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
});

// Whoever stops this process means the child: pass the first signal of a kind on, and then wait for the child to end.
// A terminal sends Ctrl-C to the child by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  let isPassedOn = signal === 'SIGINT' && process.stdin.isTTY === true;
  process.on(signal, () => {
    if (!isPassedOn) child.kill(signal);
    isPassedOn = true;
  });
}
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
child.on('error', (error) => {
  console.error(`${node} could not be started: ${error.message}`);
  process.exit(1);
});

function provisionOrExit() {
  try {
    return provision();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
