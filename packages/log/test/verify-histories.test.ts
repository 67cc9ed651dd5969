// Random histories with crashes and damage: a verification never calls a crash damage, says before an opening what it will find, and
// never calls damage proved. `VERIFY_SEEDS=1000` for a long run.
import { RecordReader } from 'millrace-records';
import { expect, test } from 'vitest';
import { LogError, type LogStore, type LogStoreOptions, type Verification } from '../src/index.ts';
import { batchOf, createWorld, everything, openIn, settle, type World } from './setup.ts';
import { Crashed } from './support/crash-file-system.ts';
import { allBytes, verifyIn } from './verify-setup.ts';

const seeds = Number(process.env['VERIFY_SEEDS'] ?? 16);
const lives = 5;
const flips = seeds * 4;
const timeout = 300_000 + seeds * 5_000;
const names = ['a', 'b', 'c'];

for (const durability of ['sync', 'async'] as const) {
  test(`whatever ${seeds} crashes leave in ${durability} is proved, and is what the next opening finds`, { timeout }, async () => {
    let repeated = 0;
    let stored = 0;
    for (let seed = 1; seed <= seeds; seed += 1) {
      const world = createWorld(seed);
      for (let life = 0; life < lives; life += 1) {
        await liveUntilCrash(world, optionsOf(world, durability));
        const found = await verifyIn(world).catch(unlessNothing);
        if (found === undefined) continue;
        expect(found.problems, `seed ${seed}, life ${life}`).toEqual([]);
        await expectFound(await openIn(world), found, `seed ${seed}, life ${life}`);
        for (const row of found.partitions) {
          repeated += row.repeated.records;
          stored += row.stored.records;
        }
      }
    }
    expect(Math.min(repeated, stored)).toBeGreaterThan(seeds);
  });
}

test('wherever a bit is turned over: what is not told is not lost, and an opening is refused exactly when it is said to be', {
  timeout,
}, async () => {
  const outcomes = { untold: 0, refused: 0, acceptable: 0, possible: 0 };
  for (let seed = 1; seed <= flips; seed += 1) {
    const world = createWorld(seed);
    const options = optionsOf(world, 'sync');
    const stored = new Map<string, string>();
    for (let life = 0; life < 2; life += 1) await liveUntilCrash(world, options, stored);
    if ((await verifyIn(world).catch(unlessNothing)) === undefined) continue;
    const damaged = turnOverABit(world);
    const before = allBytes(world);
    const found = await verifyIn(world);
    expect(allBytes(world)).toEqual(before);
    const worst = (['refused', 'acceptable', 'possible'] as const).find((one) => found.problems.some(({ opening }) => opening === one));
    outcomes[worst ?? 'untold'] += 1;
    const where = `seed ${seed}, ${damaged}`;
    const store = await openIn(world, options).catch(onlyDamaged);
    expect(store === undefined, where).toBe(worst === 'refused' || worst === 'acceptable');
    const accepting = store ?? (await openIn(world, { ...options, damage: 'accept' }).catch(onlyDamaged));
    expect(accepting === undefined, where).toBe(worst === 'refused');
    if (accepting !== undefined) await expectFound(accepting, found, where);
    expect(store === undefined ? [] : await differences(store, stored, found, damaged), where).toEqual([]);
  }
  expect(Math.min(...Object.values(outcomes)), JSON.stringify(outcomes)).toBeGreaterThan(flips / 20);
});

/** Small files, so that rolls, checkpoints and waits for them happen. */
function optionsOf({ random }: World, durability: 'sync' | 'async'): Partial<LogStoreOptions> {
  return {
    durability,
    journalFileBytes: 4096,
    journalFileCount: 2 + random.below(3),
    segmentBytes: 1024 + random.below(3000),
    maxOpenFiles: 16,
  };
}

/** Opens and does everything at once until the machine dies; `stored` learns what was acknowledged. */
async function liveUntilCrash(world: World, options: Partial<LogStoreOptions>, stored: Map<string, string> = new Map()): Promise<void> {
  const { disk, random } = world;
  const fileSystem = disk.mount(random.chance(0.2) ? 1 + random.below(60) : 60 + random.below(700));
  try {
    const store = await openIn(world, options, fileSystem);
    await Promise.all(Array.from({ length: 4 }, () => work(store, world, stored, () => fileSystem.isDead)));
    if (random.chance(0.4)) await store[Symbol.asyncDispose]();
  } catch (error) {
    if (!(error instanceof Crashed) && !(error instanceof LogError && ['Failed', 'OutcomeUnknown'].includes(error.code))) throw error;
  }
  fileSystem.isDead = true;
  await settle();
  if (random.chance(0.5)) disk.cutPower();
}

async function work(store: LogStore, world: World, stored: Map<string, string>, isDead: () => boolean): Promise<void> {
  const { random, clock } = world;
  for (let step = 0; step < 40 && !isDead(); step += 1) {
    clock.advance(random.below(60));
    const name = names[random.below(names.length)] ?? 'a';
    const number = random.below(2);
    const fate = random.next();
    await act(store, world, stored, { name, number, fate }).catch((error: unknown) => {
      if (!(error instanceof LogError && ['UnknownLog', 'AppendRefused', 'OffsetOutOfRange'].includes(error.code))) throw error;
    });
  }
}

async function act(
  store: LogStore,
  { random }: World,
  stored: Map<string, string>,
  { name, number, fate }: { name: string; number: number; fate: number },
): Promise<void> {
  if (fate < 0.1) await store.createLog(name, { partitionCount: 2, retentionMs: 'forever' });
  else if (fate < 0.12) {
    await store.deleteLog(name).finally(() => forget(stored, name));
  } else if (fate < 0.18) {
    const { endOffset } = await store.partition(name, number).bounds();
    await store.partition(name, number).trim(random.below(endOffset + 1));
  } else {
    const value = `${random.next()} ${'x'.repeat(random.below(300))}`;
    const { firstOffset } = await store.partition(name, number).append(batchOf(value));
    stored.set(`${name} ${number} ${firstOffset}`, value);
  }
}

/** What was stored in a log counts no more once it was asked to be deleted. */
function forget(stored: Map<string, string>, name: string): void {
  for (const key of stored.keys()) if (key.startsWith(`${name} `)) stored.delete(key);
}

/** A crash in the first opening may leave nothing that can be verified. */
function unlessNothing(error: unknown): undefined {
  if (!(error instanceof LogError) || error.code !== 'Failed') throw error;
}

function onlyDamaged(error: unknown): undefined {
  if (!(error instanceof LogError) || error.code !== 'Damaged') throw error;
}

/** Turns over a bit of a file of a kind that chance names; says where. */
function turnOverABit({ disk, random }: World): string {
  const kinds = [/checkpoint$/, /journal/, /journal/, /\.log$/, /\.log$/, /index$/];
  const kind = kinds[random.below(kinds.length)] ?? /./;
  const files = disk.files().filter(({ path, bytes }) => bytes > 0 && !path.endsWith('lock'));
  const candidates = files.filter(({ path }) => kind.test(path));
  const { path, bytes } = (candidates.length > 0 ? candidates : files)[random.below(candidates.length || files.length)] ?? {
    path: '',
    bytes: 0,
  };
  const position = random.below(bytes);
  disk.damage(path, position);
  return `${path} at ${position}`;
}

/** The store has the logs and the bounds that were found. */
async function expectFound(store: LogStore, { partitions }: Verification, where: string): Promise<void> {
  const rows = [];
  for (const { name, partitionCount } of await store.listLogs()) {
    for (let number = 0; number < partitionCount; number += 1) {
      rows.push({ log: name, partition: number, ...(await store.partition(name, number).bounds()) });
    }
  }
  const found = partitions.map(({ log, partition, startOffset, endOffset }) => ({ log, partition, startOffset, endOffset }));
  expect(rows, where).toEqual(found);
}

/** What was stored and is not there, though nothing told of it; and what was told of and is there. */
async function differences(store: LogStore, stored: Map<string, string>, found: Verification, damaged: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const { log, partition, startOffset, endOffset } of found.partitions) {
    const told = found.problems.flatMap(({ offsets }) => (offsets?.log === log && offsets.partition === partition ? [offsets] : []));
    for (const { firstOffset, lastOffset } of told) {
      if (lastOffset < startOffset) continue;
      const value = await valueAt(store, log, partition, Math.max(firstOffset, startOffset));
      if (value !== undefined) wrong.push(`${log} ${partition} ${firstOffset} was told and is there`);
    }
    const first = Math.min(...told.map(({ firstOffset }) => firstOffset));
    for (const [key, value] of stored) {
      const [name, number, offset = 0] = key.split(' ').map((part, index) => (index === 0 ? part : Number(part)));
      if (name !== log || number !== partition || Number(offset) < startOffset) continue;
      const isLastRound = Number(offset) >= endOffset && damaged.includes('journal');
      const actual = isLastRound ? value : await valueAt(store, log, partition, Number(offset));
      if (actual !== value && !(actual === undefined && Number(offset) >= first)) wrong.push(`${key} is ${actual}`);
    }
  }
  return wrong;
}

/** Undefined if reading it is `Damaged`. */
async function valueAt(store: LogStore, name: string, number: number, offset: number): Promise<string | undefined> {
  const read = await store
    .partition(name, number)
    .read(offset, { ...everything, maxRecords: 1 })
    .catch(onlyDamaged);
  for (const batch of read?.batches ?? []) {
    const reader = new RecordReader(batch);
    while (reader.next()) if (reader.offset === offset) return reader.value().toString();
  }
  return read === undefined ? undefined : 'nothing';
}
