// One bit of any byte that a store has on the disk is turned over. What was acknowledged is then read as it was, or refused by
// name: never other bytes, and nothing missing in silence but what the last round of the journal may lose.
import { basename, dirname } from 'node:path';
import { batchLengthOf } from 'millrace-records';
import { beforeAll, describe, expect, test } from 'vitest';
import type { LogStore } from '../src/index.ts';
import { entryHeaderBytes, entryKind } from '../src/journal-entry.ts';
import { JournalReader } from '../src/journal-reader.ts';
import { diskOf, type Flip, type Image, imageOf } from './damage-everywhere/image.ts';
import { type Acknowledged, nameOf, type Outcome, options, outcomeOf } from './damage-everywhere/outcome.ts';
import { batchOf, createWorld, everything, openIn, settle, type World } from './setup.ts';

const settings = { partitionCount: 2, retentionMs: 'forever' } as const;
const masks = [0x01, 0x10, 0x80];
/** Makes two batches of such values and a third one too large for one segment. */
const padding = 'x'.repeat(300);

/** A directory that was killed, with everything durable. */
interface Scene {
  readonly image: Image;
  readonly acknowledged: readonly Acknowledged[];
}

/** A scene that is being made. */
interface Recording {
  readonly world: World;
  readonly acknowledged: Acknowledged[];
}

/** Six batches were checkpointed, those of one partition in two segments; behind them the journal has a creation, four batches in two rounds, and a last one alone. */
async function buildScene(): Promise<Scene> {
  const recording: Recording = { world: createWorld(), acknowledged: [] };
  const { world, acknowledged } = recording;
  await live(world, 'close', async (store) => {
    await store.createLog('a', settings);
    await store.createLog('b', settings);
    await append(store, recording, 'a', 0, `0 ${padding}`, `1 ${padding}`);
    await append(store, recording, 'a', 0, '2');
    await append(store, recording, 'a', 1, '0');
    await append(store, recording, 'b', 0, '0');
    await append(store, recording, 'a', 0, `3 ${padding}`, '4');
    await append(store, recording, 'a', 0, '5');
  });
  await live(world, 'kill', async (store) => {
    await Promise.all([append(store, recording, 'a', 0, '6'), append(store, recording, 'a', 1, '1')]);
    await store.createLog('c', settings);
    await Promise.all([append(store, recording, 'c', 1, '0', '1'), append(store, recording, 'a', 0, '7')]);
    await append(store, recording, 'b', 0, '1');
  });
  return { image: imageOf(world.disk), acknowledged };
}

async function live(world: World, end: 'close' | 'kill', work: (store: LogStore) => Promise<void>, larger: object = {}): Promise<void> {
  const fileSystem = world.disk.mount();
  const store = await openIn(world, { ...options, ...larger }, fileSystem);
  await work(store);
  await settle();
  if (end === 'close') await store[Symbol.asyncDispose]();
  fileSystem.isDead = true;
}

/** Appends at a time of its own. */
async function append(
  store: LogStore,
  { world, acknowledged }: Recording,
  log: string,
  partition: number,
  ...values: string[]
): Promise<void> {
  world.clock.advance(1000);
  const handle = store.partition(log, partition);
  const { firstOffset: offset } = await handle.append(batchOf(...values));
  const [bytes] = (await handle.read(offset, { ...everything, maxRecords: 1 })).batches;
  acknowledged.push({ log, partition, offset, bytes: bytes as Buffer });
}

/** Every place of the files that `matches`, with these bits. */
function* flipsOf(image: Image, matches: RegExp, bits: readonly number[] = masks): Generator<Flip> {
  for (const [path, bytes] of image) {
    if (!matches.test(path)) continue;
    for (let position = 0; position < bytes.length; position += 1) for (const mask of bits) yield { path, position, mask };
  }
}

/** Turns over each of `flips` by itself; what `judge` says of the outcomes, one line each. */
async function judgeEach(
  { image, acknowledged }: Scene,
  flips: Iterable<Flip>,
  judge: (outcome: Outcome, flip: Flip) => string | undefined,
): Promise<{ flips: number; problems: string[] }> {
  const journalFileBytes = Math.max(...[...image].filter(([path]) => path.includes('journal')).map(([, bytes]) => bytes.length));
  const problems: string[] = [];
  let count = 0;
  for (const flip of flips) {
    count += 1;
    const outcome = await outcomeOf(diskOf(image, flip), acknowledged, journalFileBytes);
    const problem = outcome.wrong[0] ?? judge(outcome, flip);
    if (problem !== undefined) problems.push(`${flip.path}@${flip.position}^${flip.mask}: ${problem}`);
  }
  return { flips: count, problems };
}

function isAllThere({ refused, damaged, missing }: Outcome): string | undefined {
  const [first] = [...damaged.values()];
  return refused ?? first ?? (missing[0] === undefined ? undefined : `${nameOf(missing[0])} is missing`);
}

describe('a bit turned over', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await buildScene();
  });

  test('anywhere in the checkpoint refuses the opening and names it', { timeout: 300_000 }, async () => {
    const { flips, problems } = await judgeEach(scene, flipsOf(scene.image, /checkpoint$/), ({ refused }) =>
      refused?.startsWith('LogError: The checkpoint /data/checkpoint') === true ? undefined : `it gave ${refused ?? 'an open store'}`,
    );
    expect(problems).toEqual([]);
    expect(flips).toBeGreaterThan(1000);
  });

  test('anywhere in the lock or the reserve changes nothing', { timeout: 300_000 }, async () => {
    const { problems } = await judgeEach(scene, flipsOf(scene.image, /lock$|reserve$/, [0x10]), isAllThere);
    expect(problems).toEqual([]);
  });

  test('anywhere in a segment refuses only the batches it hides, in that segment, by partition and offsets; the rest is read', {
    timeout: 300_000,
  }, async () => {
    let refusals = 0;
    const { flips, problems } = await judgeEach(scene, flipsOf(scene.image, /[.]log$/), (outcome, flip) => {
      const hidden = hiddenBy(scene, flip);
      refusals += outcome.damaged.size;
      const different = scene.acknowledged.find((one) => outcome.damaged.has(one) !== hidden.includes(one));
      if (different !== undefined) return `${nameOf(different)} is ${outcome.damaged.has(different) ? '' : 'not '}refused`;
      for (const [{ log, partition }, message] of outcome.damaged)
        if (!message.includes(`of partition ${partition} of ${log} cannot be read: at position`)) return message;
      return outcome.refused ?? isAllThere({ ...outcome, damaged: new Map() });
    });
    expect(problems).toEqual([]);
    expect(flips).toBeGreaterThan(2000);
    expect(refusals).toBeGreaterThan(1000);
  });

  test('anywhere in the journal refuses the opening and names the entry, unless no later entry proves it or nothing is there', {
    timeout: 300_000,
  }, async () => {
    const entries = entriesOf(scene.image);
    const last = Math.max(...entries.map(({ sequence }) => sequence));
    const tally = { refused: 0, ended: 0, free: 0 };
    const { problems } = await judgeEach(scene, flipsOf(scene.image, /journal/, [0x10]), (outcome, { path, position }) => {
      const hit = entries.find((entry) => entry.path === path && position >= entry.position && position < entry.end);
      if (hit === undefined) {
        tally.free += 1;
        return isAllThere(outcome);
      }
      if (hit.sequence === last) {
        tally.ended += 1;
        return outcome.missing.length === 1 && outcome.missing[0] === scene.acknowledged.at(-1)
          ? undefined
          : `more is missing: ${outcome.refused}`;
      }
      tally.refused += 1;
      const words = `Journal entries ${hit.sequence} to ${hit.sequence} were on the disk and cannot be read any more: `;
      return outcome.refused?.includes(words) === true && outcome.refused.includes(hit.shown) ? undefined : `it gave ${outcome.refused}`;
    });
    expect(problems).toEqual([]);
    expect(tally.refused).toBeGreaterThan(500);
    expect(tally.ended).toBeGreaterThan(100);
    expect(tally.free).toBeGreaterThan(1000);
  });
});

test('a bit turned over anywhere in an index changes nothing, and every time is found as before', { timeout: 300_000 }, async () => {
  const recording: Recording = { world: createWorld(), acknowledged: [] };
  const { world, acknowledged } = recording;
  const journalFileBytes = 64 * 1024;
  await live(
    world,
    'close',
    async (store) => {
      await store.createLog('a', { ...settings, partitionCount: 1 });
      for (let number = 0; number < 6; number += 1) {
        await append(store, recording, 'a', 0, `${number}${'x'.repeat(14_000)}`);
      }
    },
    { journalFileBytes, segmentBytes: 1024 * 1024 },
  );
  const scene = { image: imageOf(world.disk), acknowledged };
  const bits = Array.from({ length: 8 }, (_, bit) => 1 << bit);
  const { flips, problems } = await judgeEach(scene, flipsOf(scene.image, /index$/, bits), isAllThere);
  expect(problems).toEqual([]);
  expect(flips).toBeGreaterThanOrEqual(8 * (8 + 12));
});

/** The batches that a flip in a segment hides: its own, and, where it breaks the way to the next, those behind it. */
function hiddenBy({ image, acknowledged }: Scene, { path, position }: Flip): readonly Acknowledged[] {
  const bytes = image.get(path) as Buffer;
  let start = 0;
  while (start + batchLengthOf(bytes, start) <= position) start += batchLengthOf(bytes, start);
  if (start >= listedBytes(image, path)) return []; // the journal repeats it
  const [log = '', partition, name = ''] = path.split('/').slice(3);
  const inSegment = acknowledged.filter((one) => {
    const isInPartition = String(logIds.get(one.log)) === log && String(one.partition) === partition;
    return isInPartition && one.offset >= Number.parseInt(name, 10) && one.offset < nextBase(image, path);
  });
  const first = inSegment.findIndex(({ offset }) => offset === Number(bytes.readBigInt64BE(start)));
  return inSegment.slice(first, wayOn.has(position - start) ? inSegment.length : first + 1);
}

const logIds = new Map([
  ['a', 1],
  ['b', 2],
  ['c', 3],
]);
/** Where a batch says where it begins, how long it is, that it is one, and where it ends: base offset to magic, and last offset delta. */
const wayOn = new Set([...Array.from({ length: 17 }, (_, at) => at), 23, 24, 25, 26]);

/** Where the next segment of the same partition begins. */
function nextBase(image: Image, path: string): number {
  const next = [...image.keys()].toSorted().find((other) => other > path && dirname(other) === dirname(path) && other.endsWith('.log'));
  return next === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(basename(next), 10);
}

/** How much of a segment the checkpoint lists. */
function listedBytes(image: Image, path: string): number {
  const [, ...lines] = String(image.get('/data/checkpoint')).split('\n');
  const { logs } = JSON.parse(lines.join('\n')) as { logs: { id: number; partitions: [number, number, number, [number, number][]][] }[] };
  const [id, partition, name = ''] = path.split('/').slice(3);
  const segments = logs.find((log) => String(log.id) === id)?.partitions.find(([number]) => String(number) === partition)?.[3];
  return segments?.find(([base]) => base === Number.parseInt(name, 10))?.[1] ?? 0;
}

/** A journal entry, and what of it a refused opening must show. */
interface PlacedEntry {
  readonly path: string;
  readonly position: number;
  /** Behind its payload; padding follows. */
  readonly end: number;
  readonly sequence: number;
  readonly shown: string;
}

/** The entries of the life that the checkpoint names. */
function entriesOf(image: Image): PlacedEntry[] {
  const life = Buffer.from(/"life":"([0-9a-f]+)"/.exec(String(image.get('/data/checkpoint')))?.[1] ?? '', 'hex');
  const fileSystem = diskOf(image).mount();
  return [...image.keys()].flatMap((path) => {
    if (!path.includes('journal')) return [];
    const reader = new JournalReader(fileSystem.open(path, 'existing'), life);
    const placed: PlacedEntry[] = [];
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      const { sequence, logId, partition, payload, kind } = entry;
      const shown = kind === entryKind.batch ? `of partition ${partition} of log id ${logId}` : `the creation of log id ${logId}`;
      placed.push({ path, position: reader.position, end: reader.position + entryHeaderBytes + payload.length, sequence, shown });
    }
    return placed;
  });
}
