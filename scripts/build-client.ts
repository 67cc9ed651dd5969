/**
 * Builds the package millrace-client as its users get it: one module of JavaScript and one of types for Node, and
 * the same for browsers, which hold what they use of millrace-protocol, so that nothing has to be installed beside them. Into packages/client/dist, or the folder named.
 *
 *     node scripts/build-client.ts && npm pack ./packages/client/dist
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type BuildOptions, build } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const root = dirname(import.meta.dirname);
const source = join(root, 'packages/client');
const target = resolve(process.argv[2] ?? join(source, 'dist'));

await bundle('index', { platform: 'node', transform: { target: 'node20.19' } });
// Minified, since a page may load it as it is. The target is what the newest of its syntax needs.
await bundle('browser', { platform: 'browser', transform: { target: 'es2022' }, output: { minify: true } });
writeManifest();
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
copyFileSync(join(source, 'README.md'), join(target, 'README.md'));

/** `src/NAME.ts` to `NAME.js` and `NAME.d.ts`. Throws if anything but Node's own modules is left to import. */
async function bundle(name: string, options: BuildOptions & { readonly platform: 'node' | 'browser' }): Promise<void> {
  // Types are found under the same condition as code.
  const compilerOptions = { customConditions: [options.platform] };
  const { output } = await build({
    ...options,
    cwd: root,
    input: { [name]: join(source, `src/${name}.ts`) },
    // In one file, what is imported dynamically of the client itself is there from the start; Node's modules still are not.
    checks: { ineffectiveDynamicImport: false, pluginTimings: false },
    plugins: [dts({ generator: 'oxc', oxc: { stripInternal: true }, resolver: 'tsc', compilerOptions, cwd: root })],
    output: { ...options.output, dir: target, format: 'esm', codeSplitting: false },
  });
  const own = output.map(({ fileName }) => fileName);
  const imports = output.flatMap((file) => (file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : []));
  const others = imports.filter((from) => !from.startsWith('node:') && !own.includes(from));
  if (others.length > 0) throw new Error(`The bundle should import modules of Node alone, but imports ${others.join(', ')}.`);
}

/** What package.json says in development, but for what only the workspace needs. */
function writeManifest(): void {
  const { name, version, description, type, license, engines, sideEffects } = JSON.parse(
    readFileSync(join(source, 'package.json'), 'utf8'),
  ) as Readonly<Record<string, unknown>>;
  const browserBuild = { types: './browser.d.ts', default: './browser.js' };
  const manifest = {
    ...{ name, version, description, type, license, engines, sideEffects },
    exports: {
      '.': { browser: browserBuild, types: './index.d.ts', default: './index.js' },
      './browser': browserBuild,
      './package.json': './package.json',
    },
    files: ['index.js', 'index.d.ts', 'browser.js', 'browser.d.ts'],
  };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
