// The bytes of a data directory, to be put on new disks again and again, each time with one bit turned over.
import { dirname } from 'node:path';
import { CrashDisk } from '../support/crash-file-system.ts';
import { Seeded } from '../support/seeded.ts';

/** Every file with its bytes, by path. */
export type Image = ReadonlyMap<string, Buffer>;

/** A place in an image, and which bits of its byte are turned over. */
export interface Flip {
  readonly path: string;
  readonly position: number;
  readonly mask: number;
}

/** What a disk holds. */
export function imageOf(disk: CrashDisk): Image {
  const fileSystem = disk.mount();
  return new Map(
    disk.files().map(({ path, bytes }) => {
      const contents = Buffer.alloc(bytes);
      fileSystem.open(path, 'existing').readSync(contents, 0);
      return [path, contents];
    }),
  );
}

/** A new disk with the image on it, but for the flip. */
export function diskOf(image: Image, flip?: Flip): CrashDisk {
  const disk = new CrashDisk(new Seeded(1));
  const fileSystem = disk.mount();
  for (const [path, bytes] of image) {
    for (const folder of foldersAbove(path)) fileSystem.makeFolder(folder);
    const written = Buffer.from(bytes);
    if (flip?.path === path) written.writeUInt8(written.readUInt8(flip.position) ^ flip.mask, flip.position);
    const file = fileSystem.open(path, 'new');
    if (written.length > 0) file.writeSync([written], 0);
  }
  return disk;
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === '/' ? [] : [...foldersAbove(folder), folder];
}
