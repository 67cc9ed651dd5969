/**
 * Builds the package millrace, the command, as its users get it: a few modules of JavaScript that hold the workspace's packages and
 * what they use, but for native code, which npm installs. It starts in a third of the time of the sources, with two thirds of
 * their memory. Into packages/millrace/dist, or the folder named.
 *
 *     node scripts/build-server.ts && npm pack ./packages/millrace/dist
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'rolldown';

const root = dirname(import.meta.dirname);
const source = join(root, 'packages/millrace');
const target = resolve(process.argv[2] ?? join(source, 'dist'));
/** Native code, for each platform a package of its own. */
const installed = '@node-rs/crc32';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly type: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

writeLicenses(await bundle());
writeManifest();
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
copyFileSync(join(root, 'README.md'), join(target, 'README.md'));

/** The folders of the packages of others that are in the bundle. Throws if anything but Node's and the native module is left to import. */
async function bundle(): Promise<readonly string[]> {
  const { output } = await build({
    cwd: root,
    input: { main: join(source, 'src/main.ts') },
    platform: 'node',
    external: [installed],
    transform: { target: 'node24' },
    output: { dir: target, format: 'esm', cleanDir: true },
  });
  const chunks = output.filter((file) => file.type === 'chunk');
  const own = new Set(chunks.map(({ fileName }) => fileName));
  const others = chunks
    .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
    .filter((name) => !own.has(name) && !name.startsWith('node:') && name !== installed);
  if (others.length > 0)
    throw new Error(`The bundle should import modules of Node and ${installed} alone, but imports ${others.join(', ')}.`);
  const folders = chunks.flatMap(({ moduleIds }) =>
    moduleIds.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id) ?? []),
  );
  return [...new Set(folders)].toSorted();
}

/** The licences of what others wrote, which go where their code goes. */
function writeLicenses(folders: readonly string[]): void {
  const texts = folders.map((folder) => {
    const { name, version, license } = readManifest(folder);
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${name} is in the bundle, but has no licence file.`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  writeFileSync(join(target, 'THIRD-PARTY-LICENSES'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** What package.json says in development, but for what only the workspace needs. */
function writeManifest(): void {
  const { name, version, description, type, license, engines } = readManifest(source);
  const dependencies = { [installed]: readManifest(join(root, 'packages/records')).dependencies?.[installed] };
  const manifest = { name, version, description, type, license, engines, bin: { millrace: './main.js' }, dependencies };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function readManifest(folder: string): Manifest {
  // A package.json has this shape.
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
