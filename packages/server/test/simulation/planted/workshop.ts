// A copy of all packages in which bugs are planted one after the other, and the simulator run on what comes of it.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Edit, occurrences, type Plant } from './plant.ts';

/** What became of a run of the simulator. */
export type Outcome =
  | { readonly kind: 'clean' }
  /** A promise was broken: at this level and seed, in the checker's words. */
  | { readonly kind: 'found'; readonly level: string; readonly seed: number; readonly words: string }
  /** The program failed in a way that is no checker's finding, or did not end; `output` is what it printed. */
  | { readonly kind: 'failed'; readonly output: string };

/** No run takes this long; one that hangs is ended. */
const mostMs = 900_000;
const root = join(import.meta.dirname, '../../../../..');
const left = new Set(['node_modules', 'dist']);
const broken = /^BROKEN at level (\w+), seed (\d+)[^\n]*\n(?<error>[^\n]*)/m;
/** What the language throws when the program itself is wrong; a checker says `Error`, storage one of its own. */
const programErrors = /^(?:Syntax|Type|Reference|Range)Error\b/;

/** A folder outside the repository's own files, where packages resolve to the copy and everything else as ever. */
export class Workshop {
  readonly #folder: string;

  /** Copies the packages as they are now. */
  constructor(name: string) {
    this.#folder = join(root, '.runtime/planted', name);
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(join(this.#folder, 'node_modules'), { recursive: true });
    cpSync(join(root, 'packages'), join(this.#folder, 'packages'), { recursive: true, filter: (path) => !left.has(basename(path)) });
    for (const folder of readdirSync(join(this.#folder, 'packages'))) this.#link(folder);
  }

  /** Runs the simulator with the bug in place; nothing is planted if it is left out. Throws if the plant does not fit the source. */
  async run(plant: Plant | undefined, level: string, firstSeed: number, runs: number): Promise<Outcome> {
    const edits = plant?.edits ?? [];
    const before = new Map(edits.map(({ file }) => [file, this.#read(file)]));
    try {
      for (const edit of edits) this.#edit(edit);
      return await this.#simulate(['--level', level, '--seed', String(firstSeed), '--runs', String(runs)]);
    } finally {
      for (const [file, text] of before) writeFileSync(join(this.#folder, file), text);
    }
  }

  /** Removes the copy. */
  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #link(folder: string): void {
    const path = join(this.#folder, 'packages', folder);
    const { name } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { name: string };
    symlinkSync(path, join(this.#folder, 'node_modules', name), 'dir');
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  #edit(edit: Edit): void {
    const text = this.#read(edit.file);
    const count = occurrences(edit, text);
    if (count !== 1) throw new Error(`${edit.file} has ${count} places to plant at instead of one: ${edit.find}`);
    writeFileSync(
      join(this.#folder, edit.file),
      text.replace(edit.find, () => edit.replace),
    );
  }

  #simulate(args: readonly string[]): Promise<Outcome> {
    const main = join(this.#folder, 'packages/server/test/simulation/main.ts');
    return new Promise((resolve) => {
      execFile(process.execPath, [main, ...args], { timeout: mostMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
        resolve(error === null ? { kind: 'clean' } : outcomeOf(`${stdout}${stderr}`));
      });
    });
  }
}

/** What a run that did not end well found, going by what it printed. */
export function outcomeOf(output: string): Outcome {
  const [, level = '', seed = '', words = ''] = broken.exec(output) ?? [];
  if (level === '' || programErrors.test(words)) return { kind: 'failed', output };
  return { kind: 'found', level, seed: Number(seed), words };
}
