// The package as it is published: built, packed, unpacked where an installation would put it, and then used from outside.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as browser from '../../src/browser.ts';
import * as client from '../../src/index.ts';
import * as dropIn from '../../src/oci/index.ts';
import { startService } from '../service.ts';

const root = join(import.meta.dirname, '../../../..');
const project = mkdtempSync(join(tmpdir(), 'millrace-client-package-'));
const programs = ['consumer.ts', 'example.ts', 'drop-in.ts'];
const pages = ['page.ts'];
/** Of the build for browsers, compressed. */
const mostBytes = 20_000;
const installed = join(project, 'node_modules/millrace-client');

beforeAll(async () => {
  const built = join(project, 'built');
  await run(process.execPath, [join(root, 'scripts/build-client.ts'), built]);
  await pack(built);
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', `millrace-client-${client.version}.tgz`, '-C', installed, '--strip-components=1']);
  rmSync(built, { recursive: true });
  // The types of Node, which a project on Node has anyway.
  symlinkSync(join(root, 'node_modules/@types'), join(project, 'node_modules/@types'), 'junction');
  for (const name of [...programs, ...pages]) copyFileSync(join(import.meta.dirname, name), join(project, name));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
});
afterAll(() => rmSync(project, { recursive: true }));

/** What a program prints; rejects with it if the program fails. */
async function run(program: string, args: readonly string[], shell = false): Promise<string> {
  const ran = promisify(execFile)(program, args, { cwd: project, shell });
  const { stdout } = await ran.catch(({ message, stdout: printed }: { message: string; stdout: string }) => {
    throw new Error(`${message}\n${printed}`);
  });
  return stdout;
}

async function pack(folder: string): Promise<void> {
  // On Windows npm is a script of the shell.
  await run('npm', ['pack', folder, '--offline', '--ignore-scripts', '--pack-destination', project], process.platform === 'win32');
}

function read(name: string): string {
  return readFileSync(join(installed, name), 'utf8');
}

function manifest(): Record<string, unknown> {
  return JSON.parse(read('package.json')) as Record<string, unknown>;
}

const code = ['index.js', 'oci.cjs'];
const types = ['index.d.ts', 'oci.d.cts'];
const browserFiles = ['browser.js', 'browser.d.ts'];

test('the package holds a module for each entry, one for browsers, their types, manifest, README and licence', () => {
  const modules = [...code, ...types, ...browserFiles];
  expect(readdirSync(installed).toSorted()).toEqual(['LICENSE', 'README.md', ...modules, 'package.json'].toSorted());
});

test('the package has the version it exports, and depends on nothing', () => {
  expect(manifest()).toMatchObject({ name: 'millrace-client', version: client.version, sideEffects: false, engines: { node: '>=20.19' } });
  expect(Object.keys(manifest()).filter((key) => /dependencies|private|scripts|workspaces/i.test(key))).toEqual([]);
});

/** What a file imports or requires, from where. */
function imported(name: string): string[] {
  return Array.from(read(name).matchAll(/(?<!\.)\b(?:from|import|require) ?\(?"([^"]+)"/g), ([, from = '']) => from);
}

test('code and types import modules of Node alone, those for HTTP only when a request is sent', () => {
  for (const name of [...code, ...types]) expect(imported(name).filter((from) => !from.startsWith('node:'))).toEqual([]);
  for (const name of code) {
    expect(read(name)).not.toMatch(/^import .*"node:https?";$|require\("node:https?"\)/m);
    expect(imported(name)).toEqual(expect.arrayContaining(['node:http', 'node:https']));
  }
});

test('the module for browsers imports nothing and is small', () => {
  for (const name of browserFiles) expect(read(name)).not.toMatch(/(?<!\.)\bimport ?[("{*]|\bfrom ?"|\bBuffer\b|\bNodeJS\b/);
  expect(gzipSync(read('browser.js'), { level: 9 }).length).toBeLessThan(mostBytes);
});

test.each([...code, ...types, ...browserFiles, 'package.json', 'README.md'])(
  '%s names no place of this machine and no source map',
  (name) => {
    const text = read(name);
    for (const place of [root, homedir(), project, pathToFileURL(root).href]) expect(text).not.toContain(place);
    expect(text).not.toContain('sourceMappingURL');
  },
);

test.each([
  ['index.d.ts', ['Message', 'StreamClient', ...Object.keys(client)]],
  ['browser.d.ts', ['Message', 'StreamClient', ...Object.keys(browser)]],
  ['oci.d.cts', ['GetMessagesRequest', ...Object.keys(dropIn.models)]],
])('everything that %s declares for users is described there', (name, expected) => {
  const declared = read(name);
  const kinds = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class|type|const|function) (\w+)/gm;
  const declarations = Array.from(declared.matchAll(kinds), ({ 1: of = '', index }) => ({ of, before: declared.slice(0, index) }));
  expect(declarations.map(({ of }) => of)).toEqual(expect.arrayContaining(expected));
  expect(declarations.filter(({ before }) => !before.endsWith('*/\n')).map(({ of }) => of)).toEqual([]);
});

// The declarations themselves, which are the same for all, are checked once: with them come those of Node, which takes a while.
test.each([
  { module: 'node16', moduleResolution: 'node16', skipLibCheck: true },
  { module: 'nodenext', moduleResolution: 'nodenext', skipLibCheck: false },
  { module: 'preserve', moduleResolution: 'bundler', skipLibCheck: true },
])('a strict program compiles, module resolution $moduleResolution', async (options) => {
  expect(await compile(options.moduleResolution, { ...options, lib: ['es2022'], types: ['node'] }, programs)).toBe('');
});

test('a strict program for a page compiles without the types of Node', async () => {
  const options = { module: 'preserve', moduleResolution: 'bundler', customConditions: ['browser'], skipLibCheck: false };
  const lib = ['es2022', 'dom', 'dom.iterable', 'esnext.disposable'];
  expect(await compile('page', { ...options, lib, types: [] }, pages)).toBe('');
});

/** What the compiler says. */
async function compile(name: string, options: object, files: readonly string[]): Promise<string> {
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const compilerOptions = { ...options, ...strict, target: 'es2022', noEmit: true };
  const config = join(project, `${name}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  return await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', config]);
}

test('a plain Node process imports the same names as the sources export', async () => {
  const program = "import('millrace-client').then((all) => console.log(JSON.stringify(Object.keys(all))))";
  const printed = await run(process.execPath, ['--eval', program]);
  expect(JSON.parse(printed)).toEqual(Object.keys(client).toSorted());
});

test('millrace-client/oci is one module for import and require, with the names its sources export', async () => {
  const program = `const required = require('millrace-client/oci');
    import('millrace-client/oci').then((all) => {
      const { default: whole, 'module.exports': _, ...names } = all; // Newer Nodes have both.
      console.log(JSON.stringify([Object.keys(names), whole === required, all.OciError === required.OciError, required.models]));
    });`;
  const printed = await run(process.execPath, ['--input-type=commonjs', '--eval', program]);
  expect(JSON.parse(printed)).toEqual([Object.keys(dropIn).toSorted(), true, true, { ...dropIn.models }]);
});

test('a program puts and reads with the installed package', async () => {
  await using service = await startService();
  const args = JSON.stringify([service.configPath, service.url, service.streamId]);
  const program = `import('./example.ts').then(({ greet }) => greet(...${args})).then((texts) => console.log(...texts))`;
  expect(await run(process.execPath, ['--no-warnings', '--eval', program])).toBe('hello\n');
});

test('a program for a page puts and reads with the module for browsers', async () => {
  await using service = await startService();
  const { user, tenancy, fingerprint, keyFile } = client.configFromFile(service.configPath);
  const config = { user, tenancy, fingerprint, keyContent: readFileSync(keyFile ?? '', 'utf8') };
  const args = JSON.stringify([config, service.url, service.streamId]);
  const program = `import('./page.ts').then(({ greetFromPage }) => greetFromPage(...${args})).then((texts) => console.log(...texts))`;
  expect(await run(process.execPath, ['--no-warnings', '--conditions=browser', '--eval', program])).toBe('hello é\n');
});

test('the module for browsers has what its sources export, by condition and by name', async () => {
  for (const words of [['--conditions=browser', 'millrace-client'], ['millrace-client/browser']]) {
    const [name = '', ...flags] = words.toReversed();
    const program = `import('${name}').then((all) => console.log(JSON.stringify(Object.keys(all))))`;
    expect(JSON.parse(await run(process.execPath, [...flags, '--eval', program]))).toEqual(Object.keys(browser).toSorted());
  }
});
