/**
 * Builds the package millrace-client as its users get it: one module of JavaScript and one of types, which hold what they use
 * of millrace-protocol, so that nothing has to be installed beside them. Into packages/client/dist, or the folder named.
 *
 *     node scripts/build-client.ts && npm pack ./packages/client/dist
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const root = dirname(import.meta.dirname);
const source = join(root, 'packages/client');
const target = resolve(process.argv[2] ?? join(source, 'dist'));

await bundle();
writeManifest();
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
copyFileSync(join(source, 'README.md'), join(target, 'README.md'));

/** Throws if anything but Node's own modules is left to import. */
async function bundle(): Promise<void> {
  const { output } = await build({
    cwd: root,
    input: { index: join(source, 'src/index.ts') },
    platform: 'node',
    transform: { target: 'node20.19' },
    // In one file, what is imported dynamically of the client itself is there from the start; Node's modules still are not.
    checks: { ineffectiveDynamicImport: false },
    plugins: [dts({ generator: 'oxc', oxc: { stripInternal: true }, cwd: root })],
    output: { dir: target, format: 'esm', codeSplitting: false },
  });
  const own = output.map(({ fileName }) => fileName);
  const imports = output.flatMap((file) => (file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : []));
  const others = imports.filter((name) => !name.startsWith('node:') && !own.includes(name));
  if (others.length > 0) throw new Error(`The bundle should import modules of Node alone, but imports ${others.join(', ')}.`);
}

/** What package.json says in development, but for what only the workspace needs. */
function writeManifest(): void {
  const { name, version, description, type, license, engines, sideEffects } = JSON.parse(
    readFileSync(join(source, 'package.json'), 'utf8'),
  ) as Readonly<Record<string, unknown>>;
  const manifest = {
    ...{ name, version, description, type, license, engines, sideEffects },
    exports: { '.': { types: './index.d.ts', default: './index.js' }, './package.json': './package.json' },
    files: ['index.js', 'index.d.ts'],
  };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
