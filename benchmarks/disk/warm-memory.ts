// On a virtual machine the host may have taken back memory that nobody touched lately; getting 1 MiB of it again can take
// 8 ms, more than a server does with it. Whoever grows its files faster meets that first. So it is prepared, as blocks are.
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

/** More than a server writes into the page cache in one measurement. */
const mostBytes = 2 * 1024 ** 3;

/** Fills a part of the page cache, at most a quarter of the free memory, and gives it back at once for others to use. */
export function warmPageCache(folder: string): void {
  const path = join(folder, 'page-cache');
  const file = openSync(path, 'w+');
  try {
    ftruncateSync(file, mostBytes);
    const piece = Buffer.allocUnsafeSlow(1024 * 1024);
    const bytes = Math.min(mostBytes, freemem() / 4);
    for (let at = 0; at < bytes; at += piece.length) readSync(file, piece, 0, piece.length, at);
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}
