// What is done to copies of the disk that a life left behind: bits are turned over, openings cut short. The simulation itself
// goes on as if nothing had been done.
import { encodeBatch } from 'millrace-records';
import { LogError, type LogStore } from '../../src/index.ts';
import type { CrashDisk, CrashFileSystem } from './crash-file-system.ts';
import type { History } from './history.ts';
import type { Seeded } from './seeded.ts';
import type { Tally } from './tally.ts';

/** The disk as a process left it, and what is known of it. */
export interface Copies {
  readonly disk: CrashDisk;
  readonly history: History;
  readonly durability: 'sync' | 'async';
  readonly tally: Tally;
  /** What decides what happens to the copies. */
  readonly random: Seeded;
  /** Opens a store on a copy. */
  readonly open: (fileSystem: CrashFileSystem) => Promise<LogStore>;
}

/** Kinds of files of which a bit is turned over. */
const kinds: readonly RegExp[] = [/journal/, /journal/, /checkpoint$/, /\.log$/];
const openingsCut = 6;
/** A log that only copies have. */
const extra = 'extra';

/**
 * Turns over bits of indexes and, if chance has it, of one other file: opening is refused with nothing changed, or gives nothing
 * but what was stored.
 */
export async function damageCopy({ disk, history, durability, tally, random, open }: Copies, chanceOfOther: number): Promise<void> {
  const copy = disk.copy(random);
  for (const { path, bytes } of copy.files()) if (path.endsWith('index') && bytes > 0) turnOverInIndex(copy, path, bytes, random);
  const path = random.chance(chanceOfOther) ? turnOver(copy, random) : undefined;
  const before = copy.contents();
  const store = await open(copy.mount()).catch((error: unknown) => {
    if (!(error instanceof LogError) || error.code !== 'Damaged') throw error;
  });
  const what = path?.replace(/.*[/.]/, '').replace(/\d+/, 'the journal') ?? 'indexes alone';
  tally.add(`damage of ${what} ${store === undefined ? 'refused' : 'not refused'}`);
  if (store === undefined) return judgeUnchanged(before, copy.contents());
  const refusals = await history.checkCopy(store, durability === 'sync' ? 'all but the last round' : 'a beginning');
  if (refusals > 0 && path?.endsWith('.log') !== true)
    throw new Error(`Records are refused, and nothing is damaged but ${path ?? 'indexes'}.`);
  await store[Symbol.asyncDispose]();
}

/** Where, if there is such a file. */
function turnOver(disk: CrashDisk, random: Seeded): string | undefined {
  const kind = random.pick(kinds);
  const files = disk.files().filter(({ path, bytes }) => bytes > 0 && kind.test(path));
  if (files.length === 0) return undefined;
  const { path, bytes } = random.pick(files);
  disk.damage(path, random.below(bytes), 1 << random.below(8));
  return path;
}

/** Indexes are hints: each may be wrong, mostly in the last byte of a number, where it is still plausible. */
function turnOverInIndex(disk: CrashDisk, path: string, bytes: number, random: Seeded): void {
  const position = random.below(bytes);
  if (random.chance(0.8)) disk.damage(path, position | 3, 1 << random.below(6));
  else disk.damage(path, position, 1 << random.below(8));
}

/** An opening that was refused may have taken the lock, and no more. */
function judgeUnchanged(before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>): void {
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (path.endsWith('/lock')) continue;
    const [then, now] = [before.get(path), after.get(path)];
    if (then === undefined || now === undefined || !then.equals(now)) throw new Error(`An opening was refused, and it changed ${path}.`);
  }
}

/**
 * Opens what a killed process left unsynced, again and again; each time the power is cut, at some call of the opening or soon
 * after, and half of the times before it, too.
 */
export async function crashCopies(copies: Copies): Promise<void> {
  const calls = await crashCopy(copies, Number.POSITIVE_INFINITY, false);
  const { random } = copies;
  for (let copy = 0; copy < openingsCut; copy += 1) await crashCopy(copies, 1 + random.below(calls), random.chance(0.5));
}

/** Answers how many file calls the opening took. */
async function crashCopy(
  { disk, history, durability, tally, random, open }: Copies,
  crashAt: number,
  isCutBefore: boolean,
): Promise<number> {
  const copy = disk.copy(random);
  if (isCutBefore) copy.cutPower();
  const fileSystem = copy.mount(crashAt);
  const isHalfCheckpoint = isCutBefore && random.chance(0.4);
  fileSystem.isLast = (call, path) => isHalfCheckpoint && call === 'sync' && path.includes('checkpoint');
  let calls = 0;
  let isAnswered = false;
  try {
    const store = await open(fileSystem);
    calls = fileSystem.calls;
    await store.createLog(extra, { partitionCount: 1, retentionMs: 'forever' });
    await store.partition(extra, 0).append(encodeBatch([{ key: null, value: Buffer.from(extra) }]));
    isAnswered = durability === 'sync';
  } catch (error) {
    if (!fileSystem.isDead) throw error;
  }
  fileSystem.isDead = true;
  copy.cutPower();
  tally.add('power cut in a copy, around an opening');
  const store = await open(copy.mount());
  await history.checkCopy(store, durability === 'sync' ? 'everything' : 'a beginning');
  if (isAnswered && (await store.partition(extra, 0).bounds()).endOffset !== 1)
    throw new Error('What was answered after an opening is gone.');
  await store[Symbol.asyncDispose]();
  return calls;
}
