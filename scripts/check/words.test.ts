import { expect, test } from 'vitest';
import { folderOf } from './planted.ts';
import { wordProblems } from './words.ts';

// Put together here, because the check reads this file too.
const home = ['', 'home', 'somebody'].join('/');
const hosts = ['registry npmjs org', 'pypi org', 'files pythonhosted org', 'repo1 maven org', 'proxy golang org', 'index crates io'].map(
  (host) => host.replaceAll(' ', '.'),
);

test('a path of one machine is named with its line', () => {
  const { folder, files } = folderOf({ 'a.ts': `const x = 1;\nconst y = '${home}/data';\n` });
  expect(wordProblems(folder, files)).toEqual([`a.ts:2: a path of one machine: ${home}`]);
});

test.each(hosts)('a package registry is named: %s', (host) => {
  const { folder, files } = folderOf({ 'docs/install.md': `from https://${host}/x\n` });
  expect(wordProblems(folder, files)).toEqual([`docs/install.md:1: a package registry: ${host}`]);
});

test('a tarball address in the lock file is named, a link to a workspace is not', () => {
  const { folder, files } = folderOf({ 'package-lock.json': '"resolved": "packages/log",\n"resolved": "https://example.com/a.tgz",\n' });
  expect(wordProblems(folder, files)).toEqual(['package-lock.json:2: a tarball address: "resolved": "https://example.com/a.tgz"']);
});

test("paths from here, from one's own home and of a site are no problem, nor are files that are not text", () => {
  const { folder, files } = folderOf({ 'a.md': `.${home} ~${home} https://example.com${home}\n`, 'b.bin': `\0${home}` });
  expect(wordProblems(folder, files)).toEqual([]);
});
