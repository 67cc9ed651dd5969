// Runs the official OCI clients, each against a service of its own: the Python SDK, the `oci` command, the Java SDK; our own client
// on the oldest Node it is promised for, in Bun, in Deno and in a page in Chromium; and what the README and the banner show.
// At last Apache Kafka's DumpLogSegments reads what was stored.
// Needs Python 3, a JDK of 17 or later, Maven and Chromium; everything else comes from the registries into `.runtime/vendors/`.
//
// npm run vendors [-- [python] [cli] [java] [node20] [bun] [deno] [chromium] [readme] [kafka] [--OPTION VALUE …]]: names choose clients, options go to `millrace serve`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  builtClient,
  bunBinary,
  bundledPage,
  denoBinary,
  denoFlags,
  prepareBun,
  prepareChromium,
  prepareClient,
  prepareDeno,
  runtimeProgram,
} from './runtimes/prepare.ts';
import { endWithUs, startService } from './service.ts';
import { installPackage, runTool, toolFolder } from './tools.ts';

const here = import.meta.dirname;
const venv = join(toolFolder, 'python');
const javaFolder = join(toolFolder, 'java');
const kafkaFolder = join(toolFolder, 'kafka');
/** The oldest Node our client is promised for. */
const oldNodeVersion = '20.19.0';
const oldNodePackage = `node-${process.platform}-${process.arch}`;
const oldNodeFolder = join(toolFolder, `node-${oldNodeVersion}`);
const clientMs = 600_000;

interface Client {
  readonly title: string;
  /** Gets what the client is made of. Throws a sentence saying what is missing. */
  prepare(): void | Promise<void>;
  /** The program with its checks: takes the service's endpoint and config file, prints `ok - …`, `not ok - …` and at last `end`. */
  command(homeFolder: string): readonly [string, ...string[]];
}

interface Tally {
  passed: number;
  failed: number;
}

const clients: Readonly<Record<string, Client>> = {
  python: {
    title: 'Python SDK',
    prepare: preparePython,
    command: () => [join(venv, 'bin/python'), '-B', join(here, 'python/checks.py')],
  },
  cli: {
    title: 'oci command',
    prepare: preparePython,
    command: () => [process.execPath, join(here, 'cli/checks.ts'), join(venv, 'bin/oci')],
  },
  java: {
    title: 'Java SDK',
    prepare: () => prepareMaven('java', javaFolder),
    // Java asks the system for the home folder, not the environment.
    command: (homeFolder) => ['java', `-Duser.home=${homeFolder}`, '-cp', join(javaFolder, 'app/*'), 'Checks'],
  },
  node20: {
    title: 'our client on Node 20.19',
    prepare: prepareNode20,
    command: () => [
      join(oldNodeFolder, 'node_modules', oldNodePackage, 'bin/node'),
      join(here, 'node20/checks.mjs'),
      join(builtClient, 'index.js'),
    ],
  },
  bun: {
    title: 'our client in Bun',
    prepare: prepareBun,
    command: () => [bunBinary(), 'run', runtimeProgram],
  },
  deno: {
    title: 'our client in Deno',
    prepare: prepareDeno,
    command: () => [denoBinary(), 'run', ...denoFlags, runtimeProgram],
  },
  chromium: {
    title: 'our client in a page in Chromium',
    prepare: prepareChromium,
    command: () => [process.execPath, join(here, 'chromium/checks.ts'), bundledPage],
  },
  readme: {
    title: 'README and banner',
    prepare: () => {
      preparePython();
      prepareMaven('java', javaFolder);
    },
    command: () => [process.execPath, join(here, 'readme/checks.ts'), venv, javaFolder],
  },
  kafka: {
    title: "Kafka's DumpLogSegments",
    prepare: () => prepareMaven('kafka', kafkaFolder),
    command: () => [process.execPath, join(here, 'kafka/checks.ts'), kafkaFolder],
  },
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const firstOption = words.findIndex((word) => word.startsWith('--'));
  const names = firstOption === -1 ? words : words.slice(0, firstOption);
  const unknown = names.find((name) => !Object.hasOwn(clients, name));
  if (unknown !== undefined) {
    console.error(`Expected clients among ${Object.keys(clients).join(', ')}; got ${unknown}.`);
    return 2;
  }
  const chosen = Object.entries(clients).filter(([name]) => names.length === 0 || names.includes(name));
  const tally: Tally = { passed: 0, failed: 0 };
  for (const [, client] of chosen) await tryClient(client, words.slice(names.length), tally);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
}

/** Adds what the client's checks say to `tally`; whatever keeps them from running is a failure too. */
async function tryClient(client: Client, serviceOptions: readonly string[], tally: Tally): Promise<void> {
  console.log(`# ${client.title}`);
  const failedBefore = tally.failed;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-vendors-'));
  try {
    await client.prepare();
    await runChecks(client, folder, serviceOptions, tally);
  } catch (error) {
    tally.failed += 1;
    console.log(`not ok - ${client.title}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const log = join(folder, 'service.log');
  if (tally.failed === failedBefore || !existsSync(log)) rmSync(folder, { recursive: true });
  else console.log(`# The service printed ${log}; its data is beside it.`);
}

async function runChecks(client: Client, folder: string, serviceOptions: readonly string[], tally: Tally): Promise<void> {
  const homeFolder = join(folder, 'home');
  mkdirSync(homeFolder);
  // Nothing else of our environment: an OCI_ variable or a proxy would lead the clients elsewhere.
  const environment = { PATH: process.env.PATH, JAVA_HOME: process.env.JAVA_HOME, LANG: 'C.UTF-8', HOME: homeFolder };
  await using service = await startService(folder, environment, serviceOptions);
  const [program, ...words] = client.command(homeFolder);
  const child = spawn(program, [...words, service.endpoint, service.configFile], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: clientMs,
  });
  endWithUs(child);
  const exit = once(child, 'exit');
  let last = '';
  let refused = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line === 'end') continue;
    console.log(line);
    if (line.startsWith('ok - ')) tally.passed += 1;
    if (line.startsWith('not ok - ')) refused += 1;
  }
  tally.failed += refused;
  const [status, signal] = await exit;
  const expected = refused === 0 ? 0 : 1;
  if (last === 'end' && status === expected) return;
  throw new Error(`The checks stopped with ${status ?? signal} after "${last}"; expected ${expected} after "end".`);
}

/** A virtual environment with the pinned packages; made again when the pins change. */
function preparePython(): void {
  const requirements = join(here, 'python/requirements.txt');
  const stamp = join(venv, 'millrace-requirements.txt');
  const pins = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === pins) return;
  runTool('Python 3 with its venv module is needed.', 'python3', ['-m', 'venv', '--clear', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  runTool('The Python package index must be reachable.', join(venv, 'bin/python'), pip);
  writeFileSync(stamp, pins);
}

/** Has Maven put what `name`/pom.xml describes into `folder`. */
function prepareMaven(name: 'java' | 'kafka', folder: string): void {
  const words = ['-q', '-B', '-f', join(here, name, 'pom.xml'), 'package', `-Doutput=${folder}`];
  runTool('A JDK of 17 or later, Maven and its central repository are needed.', 'mvn', words);
}

/** Node as a package of the registry, and the client as it is published. */
function prepareNode20(): void {
  installPackage(oldNodeFolder, `${oldNodePackage}@${oldNodeVersion}`);
  prepareClient();
}
