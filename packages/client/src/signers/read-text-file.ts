// Key and token files: small, read at once, and named by people, so a leading ~ is their home directory.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { expandHome } from '../config/expand-home.ts';

/** A key or token file cannot be read; `cause` is the error of the file system. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  /** As it was tried, `~` expanded. */
  readonly path: string;

  constructor(what: string, path: string, cause: unknown) {
    super(`The ${what} file ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
    this.path = path;
  }
}

/** The UTF-8 text of a file, read synchronously. `what` it holds goes into the message of `UnreadableFile`. */
export function readTextFile(path: string, what: string): string {
  const expanded = expandHome(path, homedir());
  try {
    return readFileSync(expanded, 'utf8');
  } catch (error) {
    throw new UnreadableFile(what, expanded, error);
  }
}
