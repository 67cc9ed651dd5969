// Openings that are refused.
import { expect } from 'vitest';
import { LogError, type LogStoreOptions } from '../src/index.ts';
import { openIn, type World } from './setup.ts';
import type { CrashFileSystem } from './support/crash-file-system.ts';

/** The opening is refused as damage for that reason, and leaves every file but the lock as it was. */
export async function expectRefusal(world: World, reason: string, options: Partial<LogStoreOptions> = {}): Promise<void> {
  const fileSystem = world.disk.mount();
  const before = snapshot(fileSystem, '/data');
  const failure = await openIn(world, options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LogError);
  expect(failure).toMatchObject({ code: 'Damaged' });
  expect(String(failure)).toContain(reason);
  expect(snapshot(fileSystem, '/data')).toEqual(before);
}

function snapshot(fileSystem: CrashFileSystem, folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of fileSystem.list(folder)) {
    const path = `${folder}/${name}`;
    if (name === 'lock') continue;
    const inside = fileSystem.list(path);
    if (inside.length > 0) Object.assign(files, snapshot(fileSystem, path));
    else files[path] = isFile(fileSystem, path) ? readAll(fileSystem, path).toString('base64') : 'folder';
  }
  return files;
}

function isFile(fileSystem: CrashFileSystem, path: string): boolean {
  try {
    fileSystem.open(path, 'existing');
    return true;
  } catch {
    return false;
  }
}

/** All bytes of a file. */
export function readAll(fileSystem: CrashFileSystem, path: string): Buffer {
  const file = fileSystem.open(path, 'existing');
  const bytes = Buffer.alloc(file.size());
  file.readSync(bytes, 0);
  return bytes;
}
