/**
 * Code in Markdown is a region of a file that runs. A block that opens with
 *
 *     ```ts region=examples/first-message.ts#put
 *
 * repeats what stands in that file between `// #region put` and `// #endregion put` (`# region put` in Python and shell).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFiles, root } from './files.ts';
import { type Fence, fences } from './markdown.ts';
import type { Step } from './step.ts';
import { verdict } from './step.ts';

/** Languages whose blocks may stand without a region: what one types into a shell, and what comes back. */
const withoutRegion: ReadonlySet<string> = new Set(['sh', 'console', 'text', 'json']);

/** Every block of code in Markdown is the region it names. */
export const snippets: Step = {
  name: 'snippets',
  run() {
    const files = projectFiles();
    const blocks = files.filter(hasSnippets).flatMap((file) => fences(readFileSync(join(root, file), 'utf8')));
    return Promise.resolve(verdict(blocks.length, 'blocks', snippetProblems(root, files)));
  },
};

/** Every block that is not the region it names, or should name one, in the Markdown files among `files` (paths from `folder`). */
export function snippetProblems(folder: string, files: readonly string[]): string[] {
  return files.filter(hasSnippets).flatMap((file) =>
    fences(readFileSync(join(folder, file), 'utf8')).flatMap((fence) => {
      const problem = problemOf(folder, fence);
      return problem === undefined ? [] : [`${file}:${fence.firstLine + 1}: ${problem}`];
    }),
  );
}

/** Puts the regions as they are now into the Markdown files among `files`; gives the files it changed. */
export function writeSnippets(folder: string, files: readonly string[]): string[] {
  return files.filter(hasSnippets).filter((file) => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    const lines = before.split('\n');
    for (const fence of fences(before).toReversed()) {
      const text = regionOf(folder, fence);
      if (typeof text !== 'string') continue;
      const indented = text.split('\n').map((line) => (line === '' ? '' : fence.indentation + line));
      lines.splice(fence.firstLine + 1, fence.lastLine - fence.firstLine - 1, ...indented);
    }
    const after = lines.join('\n');
    if (after !== before) writeFileSync(path, after);
    return after !== before;
  });
}

function problemOf(folder: string, fence: Fence): string | undefined {
  const [language = ''] = fence.info.split(/\s+/);
  const region = regionOf(folder, fence);
  if (region === undefined) {
    if (withoutRegion.has(language)) return undefined;
    return `a block of ${language === '' ? 'no language' : language} names no region; without one it may be ${[...withoutRegion].join(', ')}`;
  }
  if (typeof region !== 'string') return region.problem;
  return region === fence.text ? undefined : `the block differs from its region (${fence.info}); npm run format brings it up to date`;
}

/** The text of the region a block names; undefined if it names none. */
function regionOf(folder: string, fence: Fence): string | { problem: string } | undefined {
  const [, path, name] = /\bregion=([^\s#]+)#(\S+)/.exec(fence.info) ?? [];
  if (path === undefined || name === undefined)
    return fence.info.includes('region=') ? { problem: `expected region=file#name; got ${fence.info}` } : undefined;
  if (!existsSync(join(folder, path))) return { problem: `there is no ${path}` };
  return cut(readFileSync(join(folder, path), 'utf8').split('\n'), name) ?? { problem: `${path} has no region ${name}` };
}

const marker = /^\s*(?:\/\/|#)\s*#?(region|endregion)\b\s*(\S*)/;

function cut(lines: readonly string[], name: string): string | undefined {
  const isMarker = (line: string, kind: string): boolean => marker.exec(line)?.[1] === kind && marker.exec(line)?.[2] === name;
  const start = lines.findIndex((line) => isMarker(line, 'region'));
  const end = lines.findIndex((line, index) => index > start && isMarker(line, 'endregion'));
  if (start === -1 || end === -1) return undefined;
  const inside = lines.slice(start + 1, end).filter((line) => !marker.test(line));
  const margins = inside.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const margin = Math.min(...margins);
  return inside
    .map((line) => line.slice(margin).trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
}

function hasSnippets(file: string): boolean {
  return file.endsWith('.md') && !file.endsWith('CHANGELOG.md');
}
