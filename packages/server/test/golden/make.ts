// Makes the golden directories of the version that runs: `node packages/server/test/golden/make.ts FOLDER`, with a folder that is
// not there yet, makes FOLDER/closed and FOLDER/crashed. See README.md beside this.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLogStore } from 'millrace-log';
import { CrashDisk, type CrashFileSystem, ManualClock, Seeded } from 'millrace-log/test-support';
import { closeService, openService } from '../../src/service.ts';
import { type GroupCursorWithPlaces, issueGroupCursors } from './groups.ts';
import { commandsPerSnapshot, firstLife, issueCursors, type Life, secondLife } from './history.ts';
import { type CursorWithOffsets, type Observed, observe } from './observe.ts';

/** How the store's last life ended: `closed`, or `crashed` by a power cut. */
export type Ending = 'closed' | 'crashed';

/** What is kept beside a data directory. */
export interface Expected {
  /** The time when it was kept, Unix milliseconds. */
  readonly madeAtMs: number;
  readonly observed: Observed;
  readonly cursors: readonly CursorWithOffsets[];
  /** None in directories from before there were groups. */
  readonly groupCursors?: readonly GroupCursorWithPlaces[];
}

/** A small store: a few segments and journal files come to some hundred KiB. */
const sizes = { segmentBytes: 48 * 1024, journalFileBytes: 32 * 1024, journalFileCount: 4 } as const;
const directory = '/data';

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('Expected the folder to make.');
  mkdirSync(folder);
  for (const ending of ['closed', 'crashed'] as const) await makeGolden(join(folder, ending), ending);
}

/** Makes `folder` with `data/` and `expected.json`; the same code always makes the same ones. */
export async function makeGolden(folder: string, ending: Ending): Promise<void> {
  const random = new Seeded(1);
  const world: World = { disk: new CrashDisk(random), random, clock: new ManualClock(), answered: new Map() };
  const first = await open(world);
  await firstLife(first);
  await close(first);
  await syncFolders(world.disk.mount(), directory);
  const second = await open(world);
  const expected = await liveAgain(second);
  if (ending === 'closed') await close(second);
  else world.disk.cutPower();
  mkdirSync(folder);
  copyOut(world.disk.mount(), directory, join(folder, 'data'));
  writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
}

interface World extends Pick<Life, 'clock' | 'answered'> {
  readonly disk: CrashDisk;
  readonly random: Seeded;
}

async function open({ disk, random: seeded, clock, answered }: World): Promise<Life> {
  const random = (size: number): Buffer => seeded.bytes(size);
  const host = { pid: 1, bootId: `golden ${seeded.next()}`, startedAt: () => 'then' };
  const store = await openLogStore({ directory, fileSystem: disk.mount(), clock, random, host, ...sizes });
  return {
    store,
    service: await openService({ engine: store, clock, random, onWarning, snapshotEvery: commandsPerSnapshot }),
    clock,
    answered,
  };
}

function onWarning(message: string, cause: unknown): never {
  throw new Error(message, { cause });
}

async function close({ store, service }: Life): Promise<void> {
  await closeService(service);
  await store[Symbol.asyncDispose]();
}

async function liveAgain(life: Life): Promise<Expected> {
  const { streams } = await observe(life.service);
  await secondLife(life, streams);
  const orders = streams.find(({ name }) => name === 'orders');
  const groupCursors = await issueGroupCursors(life, orders?.id ?? '');
  const observed = await observe(life.service);
  checkAnswered(life, observed);
  return { madeAtMs: life.clock.now(), observed, cursors: await issueCursors(life, observed.streams), groupCursors };
}

/** Throws unless every message that was answered reads as it was put, but for those that were forgotten from the start. */
function checkAnswered({ answered }: Life, { streams }: Observed): void {
  const read = new Map<string, string>();
  const starts = new Map<string, number>();
  for (const { id, partitions } of streams) {
    for (const [partition, messages] of partitions.entries()) {
      starts.set(`${id} ${partition}`, messages[0]?.[0] ?? Number.POSITIVE_INFINITY);
      for (const message of messages) read.set(`${id} ${partition} ${message[0]}`, JSON.stringify(message));
    }
  }
  for (const [place, message] of answered) {
    const [id = '', partition = '', offset = ''] = place.split(' ');
    const start = starts.get(`${id} ${partition}`) ?? Number.POSITIVE_INFINITY;
    if (Number(offset) >= start && read.get(place) !== message)
      throw new Error(`${place}: ${message} was answered, ${read.get(place)} read.`);
  }
  if ([...read.keys()].some((place) => !answered.has(place))) throw new Error('A message was read that nobody put.');
}

/** Makes sure that what the first life removed is gone, whatever the crash of the second one does. */
async function syncFolders(disk: CrashFileSystem, folder: string): Promise<void> {
  await disk.syncFolder(folder);
  for (const name of disk.list(folder)) if (readFile(disk, join(folder, name)) === undefined) await syncFolders(disk, join(folder, name));
}

/** Writes a folder of the simulated disk to the machine's. */
function copyOut(from: CrashFileSystem, folder: string, to: string): void {
  mkdirSync(to);
  for (const name of from.list(folder)) {
    const path = join(folder, name);
    const bytes = readFile(from, path);
    if (bytes === undefined) copyOut(from, path, join(to, name));
    else writeFileSync(join(to, name), bytes);
  }
}

/** Undefined for a folder. */
function readFile(fileSystem: CrashFileSystem, path: string): Buffer | undefined {
  try {
    const file = fileSystem.open(path, 'existing');
    const bytes = Buffer.alloc(file.size());
    return bytes.subarray(0, file.readSync(bytes, 0));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return undefined;
    throw error;
  }
}
