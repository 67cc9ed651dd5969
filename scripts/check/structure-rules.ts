// Who may import whom. The comment of a rule is the sentence of ARCHITECTURE.md that it asserts, word for word.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IForbiddenRuleType } from 'dependency-cruiser';
import { root } from './files.ts';

/** The packages a package's sources may import. */
const directions: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  records: [],
  log: ['records'],
  client: ['protocol'],
  conformance: ['protocol'],
  server: ['protocol', 'records', 'log'],
  millrace: ['client', 'protocol', 'server'],
  console: ['client'],
};

const sentences: Readonly<Record<string, string>> = {
  protocol: 'protocol imports no other package.',
  records: 'records imports no other package.',
  log: 'log imports records, and no other package.',
  client: 'client imports protocol, and no other package.',
  conformance: 'conformance imports protocol, and no other package, so that client and server cannot share a mistake.',
  server: 'server imports protocol, records and log, and no other package.',
  millrace: 'millrace imports client, protocol and server, and no other package.',
  console: 'console imports client, and no other package.',
};

const packages = readdirSync(join(root, 'packages'));

/** Packages nobody has given a direction yet. */
export const withoutDirection: readonly string[] = packages.filter((name) => !Object.hasOwn(directions, name));

const server = '^packages/server/src';
const typeOnly = 'type-only' as const;

const betweenPackages: IForbiddenRuleType[] = [
  ...Object.keys(directions)
    .filter((name) => packages.includes(name))
    .flatMap((name) => [sourcesOf(name), testsOf(name)]),
  {
    name: 'by-name',
    comment: 'A package imports another by its name, never by a path into its folders.',
    severity: 'error',
    from: { path: '^packages/([^/]+)/' },
    to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
  },
  {
    name: 'nothing-from-outside',
    comment: 'No package imports from examples, benchmarks or scripts.',
    severity: 'error',
    from: { path: '^packages/' },
    to: { path: '^(?:examples|benchmarks|scripts)/' },
  },
  {
    name: 'no-tests-in-sources',
    comment: 'No source imports a test.',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/' },
    to: { path: '^packages/[^/]+/test/' },
  },
  {
    name: 'server-on-demand',
    comment: 'The command line loads the server only to serve, by a dynamic import.',
    severity: 'error',
    from: { path: '^packages/millrace/src/' },
    to: { path: `${server}/index\\.ts$`, dynamic: false, dependencyTypesNot: [typeOnly] },
  },
];

const insideServer: IForbiddenRuleType[] = [
  {
    name: 'engines-know-nothing-above',
    comment: 'Engines know nothing above them: engine/ imports nothing from http/, streams/, groups/, admin/, identity/ or state/.',
    severity: 'error',
    from: { path: `${server}/engine/` },
    to: { path: `${server}/(?:http|streams|groups|admin|identity|state)/` },
  },
  {
    name: 'state-knows-engines',
    comment: 'State machines stand on engines alone: of the server, state/ imports only engine/.',
    severity: 'error',
    from: { path: `${server}/state/` },
    to: { path: `${server}/`, pathNot: `${server}/(?:state|engine)/` },
  },
  {
    name: 'operations-know-no-listener',
    comment: 'Operations know no listener: streams/, groups/ and admin/, and operation.ts that they share, import nothing from http/.',
    severity: 'error',
    from: { path: `${server}/(?:(?:streams|groups|admin)/|operation\\.ts$)` },
    to: { path: `${server}/http/` },
  },
];

const everywhere: IForbiddenRuleType[] = [
  {
    name: 'no-cycles',
    comment: 'No module imports itself by way of others; only types may go in circles.',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: [typeOnly] } },
  },
  {
    name: 'resolvable',
    comment: 'Every import leads to a file or to an installed package.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

/** All rules, in the order in which ARCHITECTURE.md names them. */
export const rules: readonly IForbiddenRuleType[] = [...betweenPackages, ...insideServer, ...everywhere];

function sourcesOf(name: string): IForbiddenRuleType {
  return {
    name: `${name}-imports`,
    comment: sentences[name] ?? '',
    severity: 'error',
    from: { path: `^packages/${name}/src/` },
    to: { path: '^packages/', pathNot: among([name, ...(directions[name] ?? [])]) },
  };
}

function testsOf(name: string): IForbiddenRuleType {
  return {
    name: `${name}-tests`,
    comment: 'A test imports its own package and those that the package.json of its package names.',
    severity: 'error',
    from: { path: `^packages/${name}/test/` },
    to: { path: '^packages/', pathNot: among([name, ...(directions[name] ?? []), ...declared(name)]) },
  };
}

function among(names: readonly string[]): string {
  return `^packages/(?:${names.join('|')})/`;
}

/** Folders of the packages that a package's `package.json` names, for its sources or for its tests. */
function declared(name: string): string[] {
  const manifest = join(root, 'packages', name, 'package.json');
  if (!existsSync(manifest)) return [];
  const { dependencies, devDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<
    string,
    Record<string, string> | undefined
  >;
  const names = Object.keys({ ...dependencies, ...devDependencies });
  return names.filter((each) => each === 'millrace' || each.startsWith('millrace-')).map((each) => each.replace(/^millrace-/, ''));
}
