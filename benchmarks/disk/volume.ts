// Where the servers keep their data while they are measured. Virtual disks allocate lazily: blocks that were never written
// can be ten times slower than the same blocks the second time, which would decide a comparison. So, where root and loop
// devices allow it, the data lie on a file system inside a file of random bytes: every block of it has been written before.

import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const imageBytes = 6 * 1024 ** 3;
const chunkBytes = 8 * 1024 ** 2;

export interface Volume extends Disposable {
  readonly folder: string;
  /** One sentence for the report: which kind it is. */
  readonly description: string;
}

/** `prepared`: on blocks that were all written before, if the machine allows it. `plain`: simply a folder. */
export type VolumeKind = 'prepared' | 'plain';

/** Opens a volume below `home`. The image of a prepared one stays there for the next run; everything else is removed. */
export function openVolume(home: string, kind: VolumeKind): Volume {
  mkdirSync(home, { recursive: true });
  const refusal = kind === 'plain' ? 'as asked' : whyNotPrepared(home);
  if (refusal !== undefined) return openFolder(home, refusal);
  try {
    return mountImage(home);
  } catch (error) {
    return openFolder(home, error instanceof Error ? error.message : String(error));
  }
}

function openFolder(home: string, why: string): Volume {
  const folder = join(home, `data-${process.pid}`);
  mkdirSync(folder);
  const description = `a folder beside the repository (${why}); blocks are not prepared, the servers alternate on the same disk`;
  return disposeAtExit(folder, description, () => rmSync(folder, { recursive: true, force: true }));
}

function whyNotPrepared(home: string): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'loop devices need root on Linux';
  const { bavail, bsize } = statfsSync(home);
  const needed = existsSync(imagePath(home)) ? 0 : imageBytes * 1.5;
  return bavail * bsize >= needed ? undefined : 'too little free space for an image';
}

function mountImage(home: string): Volume {
  const image = imagePath(home);
  if (!existsSync(image) || statSync(image).size !== imageBytes) fillWithRandomBytes(image);
  const users = command('losetup', '--associated', image);
  if (users !== '') throw new Error(`another run uses the image: ${users.split(':', 1)[0]}`);
  const device = command('losetup', '--find', '--show', '--direct-io=on', image);
  const folder = join(home, `mount-${process.pid}`);
  try {
    // Discarding would give the blocks back that were written for this.
    command('mkfs.ext4', '-q', '-F', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', device);
    mkdirSync(folder);
    command('mount', '-o', 'nodiscard', device, folder);
  } finally {
    // Busy while mounted: the kernel then lets go of the device when the file system is unmounted.
    command('losetup', '--detach', device);
  }
  const description = `a loop-mounted file of random bytes (${imageBytes / 1024 ** 3} GiB, direct I/O): all blocks written before`;
  return disposeAtExit(folder, description, () => {
    spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
}

function imagePath(home: string): string {
  return join(home, 'volume.img');
}

function fillWithRandomBytes(path: string): void {
  console.error(`Preparing ${path}: ${imageBytes / 1024 ** 3} GiB of random bytes, kept for later runs …`);
  const file = openSync(path, 'w');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let written = 0; written < imageBytes; written += chunkBytes) writeSync(file, randomFillSync(chunk));
  fsyncSync(file);
  closeSync(file);
}

function command(name: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(name, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} failed: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}

/** Also when the process exits by a signal's handler: a mounted volume must not outlive the benchmark. */
function disposeAtExit(folder: string, description: string, remove: () => void): Volume {
  process.once('exit', remove);
  const dispose = (): void => {
    process.off('exit', remove);
    remove();
  };
  return { folder, description, [Symbol.dispose]: dispose };
}
