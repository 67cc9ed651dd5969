import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { projectFiles, root } from './files.ts';
import { anchors, prose } from './markdown.ts';
import type { Step } from './step.ts';
import { verdict } from './step.ts';

/** Every link between files of the repository leads somewhere, to the very heading. */
export const links: Step = {
  name: 'links',
  run() {
    const files = projectFiles();
    return Promise.resolve(verdict(files.filter(isMarkdown).length, 'Markdown files', linkProblems(root, files)));
  },
};

/** Every dead link of the Markdown files among `files` (paths from `folder`); a link may only lead to one of `files`. */
export function linkProblems(folder: string, files: readonly string[]): string[] {
  const reachable = withFolders(files);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const problem = (from: string, target: string): string | undefined => {
    if (/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(target)) return undefined;
    const [path = '', anchor] = decodeURI(target).split('#', 2);
    const file =
      path === '' ? from : posix.normalize(posix.join(path.startsWith('/') ? '.' : posix.dirname(from), path)).replace(/\/$/, '');
    if (!reachable.has(file)) return `there is no ${file}`;
    if (anchor === undefined || anchor === '') return undefined;
    if (!isMarkdown(file)) return /^L\d+(?:-L\d+)?$/.test(anchor) ? undefined : `${file} has no headings`;
    return anchors(read(file)).has(anchor) ? undefined : `${file} has no heading #${anchor}`;
  };
  return files.filter(isMarkdown).flatMap((file) =>
    linksOf(read(file)).flatMap(({ line, target }) => {
      const what = problem(file, target);
      return what === undefined ? [] : [`${file}:${line}: ${target}: ${what}`];
    }),
  );
}

interface Link {
  /** From 1. */
  readonly line: number;
  readonly target: string;
}

const inline = /\]\(\s*<?([^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+["'(][^)]*)?\)/g;
const reference = /^\s{0,3}\[[^\]]+\]:\s*<?([^\s<>]+)>?/g;
const html = /<(?:a|img|source)\b[^>]*\s(?:href|src|srcset)="([^"\s]+)"/g;

function linksOf(markdown: string): Link[] {
  return prose(markdown).flatMap((text, index) =>
    [inline, reference, html].flatMap((pattern) =>
      Array.from(text.matchAll(pattern), ([, target = '']) => ({ line: index + 1, target })).filter(({ target }) => target !== ''),
    ),
  );
}

function withFolders(files: readonly string[]): Set<string> {
  const reachable = new Set<string>(['.']);
  for (const file of files) for (let path = file; path !== '.'; path = posix.dirname(path)) reachable.add(path);
  return reachable;
}

function isMarkdown(file: string): boolean {
  return file.endsWith('.md');
}
