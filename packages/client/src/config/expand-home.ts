import { join } from 'node:path';

/** A path people wrote: `~` by itself or before a slash is `home`. */
export function expandHome(path: string, home: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') || path.startsWith('~\\') ? join(home, path.slice(2)) : path;
}
