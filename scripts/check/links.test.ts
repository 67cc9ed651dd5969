import { expect, test } from 'vitest';
import { linkProblems } from './links.ts';
import { folderOf } from './planted.ts';

test('a link to a file, a folder, a heading or another site is no problem', () => {
  const { folder, files } = folderOf({
    'README.md':
      '# Top\n[a](docs/a.md#the-put-flow) [b](docs) [c](#top) [d](https://example.com/x) ![e](/docs/e.svg "E")\n[f]: docs/a.md\n',
    'docs/a.md': '## The `put` flow\n[up](../README.md)\n',
    'docs/e.svg': '<svg/>',
  });
  expect(linkProblems(folder, files)).toEqual([]);
});

test('a link to a file that is not there is named with its line', () => {
  const { folder, files } = folderOf({ 'docs/a.md': 'text\n\nsee [the guide](guide.md)\n' });
  expect(linkProblems(folder, files)).toEqual(['docs/a.md:3: guide.md: there is no docs/guide.md']);
});

test('a file that the project leaves out does not count as there', () => {
  const { folder } = folderOf({ 'README.md': '[built](dist/index.html)', 'dist/index.html': '' });
  expect(linkProblems(folder, ['README.md'])).toEqual(['README.md:1: dist/index.html: there is no dist/index.html']);
});

test('an anchor without its heading is named; the second heading of a name has a number', () => {
  const { folder, files } = folderOf({
    'README.md': '# One\n# One\n[x](#one-1) [y](#one-2) [z](a.md#two)\n',
    'a.md': '```sh\n# two\n```\n',
  });
  expect(linkProblems(folder, files)).toEqual([
    'README.md:3: #one-2: README.md has no heading #one-2',
    'README.md:3: a.md#two: a.md has no heading #two',
  ]);
});

test('references and HTML count, code does not', () => {
  const { folder, files } = folderOf({ 'README.md': '[r]: gone.md\n<img src="gone.png">\n`[x](code.md)`\n```text\n[y](code.md)\n```\n' });
  expect(linkProblems(folder, files)).toEqual(['README.md:1: gone.md: there is no gone.md', 'README.md:2: gone.png: there is no gone.png']);
});
