// A file system of a few megabytes of its own, for tests that fill it up; takes root on Linux.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A mounted file system; disposing it unmounts and removes it. */
export interface SmallFileSystem extends Disposable {
  /** Its top folder. */
  readonly folder: string;
}

/** Makes and mounts a file system of `bytes`: ext4 on a loop device, or, where there is none, tmpfs. Throws if neither may be mounted. */
export function mountSmall(bytes: number): SmallFileSystem {
  const parent = mkdtempSync(join(tmpdir(), 'millrace-small-'));
  const folder = join(parent, 'mounted');
  mkdirSync(folder);
  if (!mountExt4(join(parent, 'image'), folder, bytes)) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  return {
    folder,
    [Symbol.dispose]: () => {
      execFileSync('umount', [folder]);
      rmSync(parent, { recursive: true });
    },
  };
}

/** Whether `mountSmall` can do anything here. */
export function canMount(): boolean {
  try {
    mountSmall(1024 * 1024)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

function mountExt4(image: string, folder: string, bytes: number): boolean {
  writeFileSync(image, '');
  truncateSync(image, bytes);
  const made = spawnSync('mkfs.ext4', ['-q', '-m', '0', image]);
  return made.status === 0 && spawnSync('mount', ['-o', 'loop', image, folder]).status === 0;
}
