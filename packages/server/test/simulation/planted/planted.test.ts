// The planted bugs fit the sources as they are now. That each is found takes minutes: `npm run simulate -- --planted`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { occurrences } from './plant.ts';
import { plants } from './plants.ts';

const root = join(import.meta.dirname, '../../../../..');

test.each(plants.map(({ name, edits }) => [name, edits] as const))('%s is planted at one place, and changes it', (_, edits) => {
  for (const edit of edits) {
    expect(occurrences(edit, readFileSync(join(root, edit.file), 'utf8')), edit.find).toBe(1);
    expect(edit.replace).not.toBe(edit.find);
  }
});

test('there are at least fifteen, each of a name of its own', () => {
  expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length);
  expect(plants.length).toBeGreaterThanOrEqual(15);
});
