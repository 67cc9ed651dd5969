import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderOf } from './planted.ts';
import { snippetProblems, writeSnippets } from './snippets.ts';

const example =
  'before();\nasync function main() {\n  // #region put\n  await put();\n\n  if (late) {\n    await again();\n  }\n  // #endregion put\n}\n';
const shown = '```ts region=examples/a.ts#put\nawait put();\n\nif (late) {\n  await again();\n}\n```\n';

test("a block that repeats its region, without the region's margin, is no problem", () => {
  const { folder, files } = folderOf({ 'README.md': shown, 'examples/a.ts': example });
  expect(snippetProblems(folder, files)).toEqual([]);
});

test('regions of Python and shell are marked with a hash, one inside another', () => {
  const { folder, files } = folderOf({
    'docs/a.md': 'text\n```python region=a.py#all\nx = 1\ny = 2\n```\n```python region=a.py#last\ny = 2\n```\n',
    'a.py': '# region all\nx = 1\n# region last\ny = 2\n# endregion last\n# endregion all\n',
  });
  expect(snippetProblems(folder, files)).toEqual([]);
});

test('a block that differs from its region is named, and writing the snippets repairs it', () => {
  const { folder, files } = folderOf({ 'README.md': `# Put\n\n${shown.replace('again', 'twice')}\nmore\n`, 'examples/a.ts': example });
  expect(snippetProblems(folder, files)).toEqual([expect.stringMatching(/^README\.md:3: the block differs from its region/)]);
  expect(writeSnippets(folder, files)).toEqual(['README.md']);
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe(`# Put\n\n${shown}\nmore\n`);
  expect(writeSnippets(folder, files)).toEqual([]);
});

test('a file or a region that is not there is named', () => {
  const { folder, files } = folderOf({
    'README.md': '```ts region=examples/b.ts#put\n```\n```ts region=examples/a.ts#get\n```\n```ts region=examples/a.ts\n```\n',
    'examples/a.ts': example,
  });
  expect(snippetProblems(folder, files)).toEqual([
    'README.md:1: there is no examples/b.ts',
    'README.md:3: examples/a.ts has no region get',
    'README.md:5: expected region=file#name; got ts region=examples/a.ts',
  ]);
});

test('only what one types into a shell and what comes back may stand without a region', () => {
  const { folder, files } = folderOf({ 'README.md': '```sh\nnpm start\n```\n```json\n{}\n```\n```ts\nput();\n```\n```\nx\n```\n' });
  expect(snippetProblems(folder, files)).toEqual([
    'README.md:7: a block of ts names no region; without one it may be sh, console, text, json',
    'README.md:10: a block of no language names no region; without one it may be sh, console, text, json',
  ]);
});
