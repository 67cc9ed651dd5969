// The table of docs/stream-client-reference.md against the tests it names: a row without proof, or a test that is gone, fails here.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = import.meta.dirname;
const packages = join(folder, '..', '..', '..');
const page = readFileSync(join(packages, '..', 'docs', 'stream-client-reference.md'), 'utf8');

interface Proof {
  /** Below packages/. */
  readonly file: string;
  readonly name: string;
}

interface Row {
  readonly number: string;
  readonly cell: string;
  readonly proofs: readonly Proof[];
}

/** Lines that begin with a number; the last cell names the tests as `file` and `name`, with a colon in between. */
const rows: readonly Row[] = page
  .split('\n')
  .filter((line) => line.startsWith('| R'))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const cell = cells[4] ?? '';
    const proofs = Array.from(cell.matchAll(/`([^`]+\.test\.ts)`: `([^`]+)`/g), ([, file = '', name = '']) => ({ file, name }));
    return { number: cells[1] ?? '', cell, proofs };
  });

/** Names of a file's tests as they are written there, also of those made with `each`; none if the file is gone. Lines of comment do not count. */
function namesIn(file: string): string[] {
  const path = join(packages, file);
  const source = existsSync(path) ? readFileSync(path, 'utf8').replaceAll(/^\s*\/\/.*$/gm, '') : '';
  const calls = source.matchAll(/(?:\b(?:test|describe)|\))\(\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)")\s*,/g);
  return Array.from(calls, ([, single, double]) => (single ?? double ?? '').replaceAll(/\\(.)/g, '$1'));
}

function numbersOf(name: string): string[] {
  const [, list = ''] = /^(R\d+(?:, R\d+)*): /.exec(name) ?? [];
  return list === '' ? [] : list.split(', ');
}

const numbered = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `client/test/reference/${file}`)
  .flatMap((file) => namesIn(file).map((name): Proof => ({ file, name })))
  .filter(({ name }) => numbersOf(name).length > 0);

/** Whether a cell names tests, or says why there are none. */
function isExplained({ cell, proofs }: Row): boolean {
  return proofs.length > 0 || /^Not applicable: .{10}/.test(cell);
}

describe('the table', () => {
  test('numbers its sentences from R1 on without a gap', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => `R${index + 1}`));
  });

  test('has a test for every sentence, or says why there is none', () => {
    expect(rows.filter((row) => !isExplained(row))).toEqual([]);
  });

  test('names only tests that exist', () => {
    const named = rows.flatMap(({ number, proofs }) => proofs.map((proof) => ({ number, ...proof })));
    const names = new Map(named.map(({ file }) => [file, namesIn(file)]));
    expect(named.filter(({ file, name }) => !names.get(file)?.includes(name))).toEqual([]);
  });

  test('names every numbered test in the rows of its numbers', () => {
    const claims = numbered.flatMap((proof) => numbersOf(proof.name).map((number) => ({ number, ...proof })));
    const kept = new Set(rows.flatMap(({ number, proofs }) => proofs.map(({ file, name }) => `${number} ${file} ${name}`)));
    expect(claims.length).toBeGreaterThan(100);
    expect(claims.filter(({ number, file, name }) => !kept.has(`${number} ${file} ${name}`))).toEqual([]);
  });
});
