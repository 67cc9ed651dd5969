// Every engine keeps the twelve laws.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogStore } from 'millrace-log';
import { afterEach } from 'vitest';
import { openMemoryEngine } from '../../src/engine/memory.ts';
import { engineContract } from './contract.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Small files, so that rolling, checkpoints and the journal's cap are met on the way. */
const small = { journalFileBytes: 256 * 1024, journalFileCount: 3, segmentBytes: 64 * 1024 } as const;
const maxBytesInFlight = 64 * 1024;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-engine-'));
  folders.push(folder);
  return folder;
}

engineContract({ name: 'memory', open: async (clock) => openMemoryEngine({ clock }) });

for (const durability of ['sync', 'async'] as const) {
  engineContract({
    name: `embedded (${durability})`,
    open: async (clock) => await openLogStore({ directory: newFolder(), durability, clock, ...small }),
    reopen: async (engine, clock) => {
      await engine[Symbol.asyncDispose]();
      return await openLogStore({ directory: folders.at(-1) ?? '', durability, clock, ...small });
    },
    openBounded: async (clock) => ({
      engine: await openLogStore({ directory: newFolder(), durability, clock, ...small, maxBytesInFlight }),
      maxBytesInFlight,
    }),
  });
}
