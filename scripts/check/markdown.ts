// As much of Markdown as the checks of links and snippets need.

/** A fenced block: its info string, its text, and where it stands. */
export interface Fence {
  /** What follows the opening fence, trimmed: `ts region=examples/first.ts#put`. */
  readonly info: string;
  /** The lines between the fences, joined; indentation of the fence itself removed. */
  readonly text: string;
  /** Index of the opening fence's line, from 0. */
  readonly firstLine: number;
  /** Index of the closing fence's line; of the last line if it is never closed. */
  readonly lastLine: number;
  readonly indentation: string;
}

/** All fenced blocks, in order. */
export function fences(markdown: string): Fence[] {
  const lines = markdown.split('\n');
  const found: Fence[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indentation, marks, info] = /^(\s*)(`{3,}|~{3,})([^`]*)$/.exec(lines[at] ?? '') ?? [];
    if (indentation === undefined || marks === undefined) continue;
    const closing = lines.findIndex((line, index) => index > at && line.trim().startsWith(marks) && /^(`+|~+)$/.test(line.trim()));
    const lastLine = closing === -1 ? lines.length - 1 : closing;
    const text = lines.slice(at + 1, lastLine).map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line));
    found.push({ info: (info ?? '').trim(), text: text.join('\n'), firstLine: at, lastLine, indentation });
    at = lastLine;
  }
  return found;
}

/** The lines with everything that is code, fenced or inline, or a comment, made blank: line numbers stay. */
export function prose(markdown: string): string[] {
  const lines = markdown.split('\n');
  for (const { firstLine, lastLine } of fences(markdown)) lines.fill('', firstLine, lastLine + 1);
  return lines
    .join('\n')
    .replace(/<!--.*?-->/gs, blank)
    .replace(/(`+)(?!`).+?(?<!`)\1(?!`)/gs, blank)
    .split('\n');
}

function blank(code: string): string {
  return code.replace(/[^\n]/g, ' ');
}

/** The anchors a file offers: its headings, as GitHub names them, and explicit ids. */
export function anchors(markdown: string): Set<string> {
  const lines = markdown.split('\n');
  for (const { firstLine, lastLine } of fences(markdown)) lines.fill('', firstLine, lastLine + 1);
  const names = new Set<string>();
  const seen = new Map<string, number>();
  for (const line of lines) {
    for (const [, id] of line.matchAll(/<[^>]+\s(?:id|name)="([^"]+)"/g)) if (id !== undefined) names.add(id);
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const name = slug(heading);
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    names.add(before === 0 ? name : `${name}-${before}`);
  }
  return names;
}

/** GitHub's name for a heading: lower case, without marks, spaces as hyphens. */
function slug(heading: string): string {
  const text = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]+>/g, '');
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
