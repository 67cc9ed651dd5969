/**
 * Builds the package millrace-client as its users get it: for each entry, and once more for browsers, one module of JavaScript and one
 * of types, which hold what they use of millrace-protocol, so that nothing has to be installed beside them. The entry `oci` is CommonJS,
 * as the package is whose place it takes: `require` and `import` find the same classes in it. Into packages/client/dist, or the folder named.
 *
 *     node scripts/build-client.ts && npm pack ./packages/client/dist
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type OutputOptions, type RolldownPluginOption } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const root = dirname(import.meta.dirname);
const source = join(root, 'packages/client');
const target = resolve(process.argv[2] ?? join(source, 'dist'));

interface Platform extends BuildOptions {
  readonly platform: 'node' | 'browser';
  readonly output: OutputOptions;
}

const node: Platform = { platform: 'node', transform: { target: 'node20.19' }, output: { format: 'esm' } };
const commonJs: OutputOptions = { entryFileNames: '[name].cjs' };
// Minified, since a page may load it as it is. The target is what the newest of its syntax needs.
const browser: Platform = {
  platform: 'browser',
  transform: { target: 'es2022' },
  output: { format: 'esm', minify: true, comments: false },
};

await bundle('index', 'src/index.ts', node, types(node));
await bundle('browser', 'src/browser.ts', browser, types(browser));
await bundle('oci', 'src/oci/index.ts', { ...node, output: { ...commonJs, format: 'cjs' } });
await bundle('oci', 'src/oci/index.ts', { ...node, output: { ...commonJs, format: 'esm' } }, types(node, { emitDtsOnly: true }));
writeManifest();
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
copyFileSync(join(source, 'README.md'), join(target, 'README.md'));

/** Throws if anything but Node's own modules is left to import. */
async function bundle(name: string, entry: string, options: Platform, plugin?: RolldownPluginOption): Promise<void> {
  const { output } = await build({
    ...options,
    cwd: root,
    input: { [name]: join(source, entry) },
    // In one file, what is imported dynamically of the client itself is there from the start; Node's modules still are not.
    checks: { ineffectiveDynamicImport: false, pluginTimings: false },
    plugins: [plugin],
    output: { ...options.output, dir: target, codeSplitting: false },
  });
  const own = output.map(({ fileName }) => fileName);
  const imports = output.flatMap((file) => (file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : []));
  const others = imports.filter((from) => !from.startsWith('node:') && !own.includes(from));
  if (others.length > 0) throw new Error(`The bundle should import modules of Node alone, but imports ${others.join(', ')}.`);
}

/** Types are found under the same condition as code. They come with ES modules only; `emitDtsOnly` leaves the JavaScript out. */
function types({ platform }: Platform, options: { readonly emitDtsOnly?: boolean } = {}): RolldownPluginOption {
  const compilerOptions = { customConditions: [platform] };
  return dts({ generator: 'oxc', oxc: { stripInternal: true }, resolver: 'tsc', compilerOptions, cwd: root, ...options });
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
      './oci': { types: './oci.d.cts', default: './oci.cjs' },
      './package.json': './package.json',
    },
    files: ['index.js', 'index.d.ts', 'browser.js', 'browser.d.ts', 'oci.cjs', 'oci.d.cts'],
  };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
