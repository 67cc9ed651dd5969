// Verifying a directory on a simulated disk, and seeing that nothing but reading happened.
import { crc32c, encodeBatch, type RecordInput, stampBatch } from 'millrace-records';
import { expect } from 'vitest';
import { type LogStore, type LogStoreOptions, type Verification, verifyLogStore } from '../src/index.ts';
import { entryKind } from '../src/journal-entry.ts';
import { JournalReader } from '../src/journal-reader.ts';
import { readAll } from './refusal.ts';
import { directory, openIn, settle, type World } from './setup.ts';
import type { Call, CrashFileSystem } from './support/crash-file-system.ts';

/** The first one of the first partition of the first log. */
export const segment = '/data/logs/1/0/00000000000000000000.log';

const reading: readonly Call[] = ['open', 'sizeOf', 'list', 'read', 'size'];

/** Verifies the world's directory as another boot would; every call must be one that only reads. */
export async function verifyIn(world: World, fileSystem: CrashFileSystem = world.disk.mount()): Promise<Verification> {
  const otherCalls = new Set<Call>();
  fileSystem.onCall = (call) => {
    if (!reading.includes(call)) otherCalls.add(call);
  };
  try {
    return await verifyLogStore({ directory, fileSystem, host: { pid: 1, bootId: 'another', startedAt: () => 'start' } });
  } finally {
    expect([...otherCalls]).toEqual([]);
  }
}

/** Every file with its bytes. */
export function allBytes({ disk }: World): Map<string, string> {
  const fileSystem = disk.mount();
  return new Map(disk.files().map(({ path }) => [path, readAll(fileSystem, path).toString('base64')]));
}

/** Opens, works, and then closes the store or kills its process. */
export async function lived(
  world: World,
  how: 'closed' | 'killed',
  work: (store: LogStore, world: World) => Promise<void>,
  options: Partial<LogStoreOptions> = {},
): Promise<World> {
  const fileSystem = world.disk.mount();
  const store = await openIn(world, options, fileSystem);
  await work(store, world);
  if (how === 'closed') await store[Symbol.asyncDispose]();
  await settle();
  fileSystem.isDead = true;
  return world;
}

/** Where the journal entries of the checkpoint's life lie. */
export function placesOfEntries({ disk }: World): { path: string; position: number; sequence: number; isBatch: boolean }[] {
  const fileSystem = disk.mount();
  const life = /"life":"([0-9a-f]+)"/.exec(readAll(fileSystem, `${directory}/checkpoint`).toString())?.[1] ?? '';
  return fileSystem.list(`${directory}/journal`).flatMap((name) => {
    const path = `${directory}/journal/${name}`;
    const reader = new JournalReader(fileSystem.open(path, 'existing'), Buffer.from(life, 'hex'));
    const places: ReturnType<typeof placesOfEntries> = [];
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      places.push({ path, position: reader.position, sequence: entry.sequence, isBatch: entry.kind === entryKind.batch });
    }
    return places;
  });
}

/** Turns over a bit of each journal entry of these numbers. */
export function damageEntries(world: World, ...sequences: number[]): void {
  const places = placesOfEntries(world).filter(({ sequence }) => sequences.includes(sequence));
  expect(places).toHaveLength(sequences.length);
  for (const { path, position } of places) world.disk.damage(path, position + 40);
}

/** Writes another batch over what is at `position` of `segment`. */
export function replaceBatch(world: World, position: number, records: readonly RecordInput[], baseOffset: number, stampMs: number): void {
  const batch = encodeBatch(records);
  stampBatch(batch, baseOffset, stampMs);
  world.disk.mount().open(segment, 'existing').writeSync([batch], position);
}

/** Writes a checkpoint of these contents, with the CRC they need. */
export function replaceCheckpoint(world: World, contents: string): void {
  const body = Buffer.from(contents);
  const line = `millrace-checkpoint 1 ${crc32c(body).toString(16).padStart(8, '0')} ${body.length}\n`;
  world.disk
    .mount()
    .open('/data/checkpoint', 'new')
    .writeSync([Buffer.from(line), body], 0);
}
