// A planted bug: a wrong program that differs from the right one in a line or two. The sources have no switch for it; a copy of
// them is edited.

import type { Level } from '../run-seed.ts';

/** One replacement in one file. */
export interface Edit {
  /** Path from the folder that holds `packages/`. */
  readonly file: string;
  /** Occurs exactly once in the file; more or fewer times: the source has changed, and so must the plant. */
  readonly find: string;
  readonly replace: string;
}

/** A bug to be found. */
export interface Plant {
  readonly name: string;
  /** What is wrong, and after a colon, where it is not plain, what comes of it. */
  readonly sentence: string;
  /** The level of the simulator that is to find it. */
  readonly level: Level;
  readonly edits: readonly Edit[];
}

/** A plant of one edit. */
export function plant(level: Plant['level'], name: string, sentence: string, file: string, find: string, replace: string): Plant {
  return { name, sentence, level, edits: [{ file, find, replace }] };
}

/** How often `find` occurs in `text`; overlaps are not counted. */
export function occurrences({ find }: Edit, text: string): number {
  return text.split(find).length - 1;
}
