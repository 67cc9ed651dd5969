// Some things must not be written down in the repository, because they hold on one machine only.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFiles, root } from './files.ts';
import type { Step } from './step.ts';
import { verdict } from './step.ts';

interface Unwanted {
  readonly what: string;
  readonly pattern: RegExp;
}

const unwanted: readonly Unwanted[] = [
  { what: 'a path of one machine', pattern: /(?<![\w.~/)}\]*-])\/(?:root|home|Users|work)\/[\w.-]*/g },
  { what: 'a path of one machine', pattern: /\b[A-Z]:\\Users\\[\w.-]*/g },
  { what: 'a package registry', pattern: /\bregistry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)\b/g },
  { what: 'a package registry', pattern: /\b(?:pypi\.org|files\.pythonhosted\.org)\b/g },
  { what: 'a package registry', pattern: /\b(?:repo1?\.maven\.(?:apache\.)?org|(?:proxy|sum)\.golang\.org)\b/g },
  { what: 'a package registry', pattern: /\b(?:(?:static|index)\.)?crates\.io\b/g },
];

// The lock file names versions and hashes; where they come from is the business of the machine that installs them.
const resolvedUrl: Unwanted = { what: 'a tarball address', pattern: /"resolved": "(?:https?:|file:)[^"]*"/g };

/** No paths of one machine, no package registries, no tarball addresses. */
export const words: Step = {
  name: 'words',
  run() {
    const files = projectFiles();
    return Promise.resolve(verdict(files.length, 'files', wordProblems(root, files)));
  },
};

/** Every unwanted thing in `files` (paths from `folder`), as `file:line: what`. Files with a zero byte are not text. */
export function wordProblems(folder: string, files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    if (text.includes('\0')) return [];
    const sought = file.endsWith('package-lock.json') ? [...unwanted, resolvedUrl] : unwanted;
    return text.split('\n').flatMap((line, index) => inLine(line, sought).map((found) => `${file}:${index + 1}: ${found}`));
  });
}

function inLine(line: string, sought: readonly Unwanted[]): string[] {
  return sought.flatMap(({ what, pattern }) => Array.from(line.matchAll(pattern), ([found]) => `${what}: ${found}`));
}
