import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of the given files, by path, for one test; it is removed when the test has finished. */
export function folderOf(contents: Readonly<Record<string, string>>): { folder: string; files: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-check-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, files: Object.keys(contents) };
}
