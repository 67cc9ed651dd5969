// A full disk refuses appends and says so; reading, deleting and trimming go on, room comes back without a restart, and
// nothing that was answered is lost, also if the process is killed and opened again while the disk is full.
import { describe, expect, test } from 'vitest';
import { LogError, type LogStore, type LogStoreOptions } from '../src/index.ts';
import { SmallDisk } from './full-disk/small-disk.ts';
import { batchOf, createWorld, directory, openIn, settle, valuesOf, type World } from './setup.ts';

const hourMs = 3_600_000;
const kept = { partitionCount: 1, retentionMs: 'forever' } as const;
const forADay = { partitionCount: 1, retentionMs: 24 * hourMs } as const;
const options = { journalFileBytes: 64 * 1024, journalFileCount: 3, segmentBytes: 16 * 1024 };
/** Blocks of 512 bytes: all journal files and some 60 KiB beside them. */
const ample = 520;

/** A disk that holds the reserve and a block of every file there must be. */
const leastCapacity = 20;
/** Bytes of a log that are more than what a deletion and the reserve may take of them. */
const worthDeleting = 12 * 1024;

/** A store on a small disk, and what it answered. */
interface Scene {
  readonly world: World;
  readonly disk: SmallDisk;
  readonly failures: string[];
  readonly open: () => Promise<LogStore>;
  /** Ends the process as SIGKILL does. */
  readonly kill: () => void;
}

function createScene(capacity: number, seed = 1): Scene {
  const world = createWorld(seed);
  const disk = new SmallDisk(capacity);
  const failures: string[] = [];
  let mounted = world.disk.mount();
  const open = (): Promise<LogStore> => {
    mounted = world.disk.mount();
    const fileSystem = mounted;
    const onFailure: LogStoreOptions['onFailure'] = ({ message }) => {
      if (!fileSystem.isDead) failures.push(message);
    };
    return openIn(world, { ...options, fileSystem: disk.mount(fileSystem), onFailure });
  };
  return {
    world,
    disk,
    failures,
    open,
    kill: () => {
      mounted.isDead = true;
    },
  };
}

/** Appends until ten in a row were refused; the values that were stored. Every refusal is for certain and names its reason. */
async function fill(store: LogStore, name: string, bytes: () => number): Promise<string[]> {
  const stored: string[] = [];
  for (let refusals = 0, number = 0; refusals < 10; number += 1) {
    const value = `${name} ${number} ${'x'.repeat(bytes())}`;
    const refusal = await store
      .partition(name, 0)
      .append(batchOf(value))
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    if (refusal === undefined) stored.push(value);
    else checkRefusal(refusal);
    refusals = refusal === undefined ? 0 : refusals + 1;
    await settle();
  }
  return stored;
}

function checkRefusal(refusal: unknown): void {
  expect(refusal).toMatchObject({ code: 'AppendRefused', message: expect.stringContaining('ENOSPC') });
}

/** Lets the store try again what it put off. */
async function waitASecond({ world }: Scene): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await settle();
  world.clock.advance(1000);
  for (let turns = 0; turns < 10; turns += 1) await settle();
}

describe('on a full disk', () => {
  test('appends are refused with the reason, everything stored is read, and the store goes on', async () => {
    const scene = createScene(ample);
    await using store = await scene.open();
    await store.createLog('a', kept);
    const stored = await fill(store, 'a', () => 700);
    expect(stored.length).toBeGreaterThan(20);
    expect(await valuesOf(store.partition('a', 0))).toEqual(stored);
    expect(scene.failures).toEqual([]);
  });

  test('deleting a log gives its room to others without a restart', async () => {
    const scene = createScene(ample);
    await using store = await scene.open();
    for (const name of ['a', 'b']) await store.createLog(name, kept);
    const stored = await fill(store, 'a', () => 20);
    expect(scene.disk.free).toBe(0);
    await store.deleteLog('a');
    await waitASecond(scene);
    const more = await fill(store, 'b', () => 20);
    expect(more.length).toBeGreaterThan(stored.length / 2);
    expect(await valuesOf(store.partition('b', 0))).toEqual(more);
    expect(scene.failures).toEqual([]);
  });

  test('retention gives room back, and appends are taken again without a restart', async () => {
    const scene = createScene(ample);
    await using store = await scene.open();
    await store.createLog('a', forADay);
    const stored = await fill(store, 'a', () => 20);
    scene.world.clock.advance(30 * hourMs);
    await waitASecond(scene);
    const more = await fill(store, 'a', () => 20);
    expect(more.length).toBeGreaterThan(stored.length / 2);
    expect(await valuesOf(store.partition('a', 0))).toEqual(more);
    expect(scene.failures).toEqual([]);
  });

  test('room that comes from elsewhere is used at once, or a second after a command had to use the reserve', async () => {
    const scene = createScene(ample);
    await using store = await scene.open();
    await store.createLog('a', kept);
    const stored = await fill(store, 'a', () => 20);
    scene.disk.capacity += 20;
    await store.partition('a', 0).append(batchOf('at once'));
    const more = await fill(store, 'a', () => 20);
    await store.createLog('_millrace.commands', kept);
    await store.partition('_millrace.commands', 0).append(batchOf('a command'));
    scene.disk.capacity += 20;
    expect(await store.partition('a', 0).append(batchOf('too early')).catch(codeOf)).toBe('AppendRefused');
    await waitASecond(scene);
    await store.partition('a', 0).append(batchOf('later'));
    expect(await valuesOf(store.partition('a', 0))).toEqual([...stored, 'at once', ...more, 'later']);
    expect(scene.failures).toEqual([]);
  });

  test('a process that was killed opens again on the full disk, with everything, and room comes back as before', async () => {
    const scene = createScene(ample);
    const first = await scene.open();
    for (const name of ['a', 'b']) await first.createLog(name, kept);
    const stored = [await fill(first, 'a', () => 20), await fill(first, 'b', () => 20)];
    expect(scene.disk.free).toBe(0);
    scene.kill();
    await using store = await scene.open();
    expect([await valuesOf(store.partition('a', 0)), await valuesOf(store.partition('b', 0))]).toEqual(stored);
    await store.deleteLog('a');
    await waitASecond(scene);
    expect((await fill(store, 'b', () => 20)).length).toBeGreaterThan(0);
    expect(scene.failures).toEqual([]);
  });
});

test('a disk too small for a first opening refuses it and says what there was no room for; with more room it opens', async () => {
  for (const capacity of [0, 1, 2, 3, 4, 5, 6]) {
    const scene = createScene(capacity);
    const failure = await scene.open().catch((error: unknown) => error);
    expect(failure, `${capacity} blocks`).toMatchObject({ code: 'Failed', message: expect.stringContaining(directory) });
    expect(String(failure)).toMatch(/ENOSPC|no room/);
    scene.disk.capacity = ample;
    await using store = await scene.open();
    await store.createLog('a', kept);
    await store.partition('a', 0).append(batchOf('1'));
  }
});

test('whatever the size of the disk: no answered append is lost, the store never fails, and a deletion makes room', {
  timeout: 300_000,
}, async () => {
  const problems: string[] = [];
  for (let capacity = leastCapacity; capacity < ample; capacity += 7) {
    const problem = await tryCapacity(capacity).catch((error: unknown) => String(error));
    if (problem !== undefined) problems.push(`${capacity} blocks: ${problem}`);
  }
  expect(problems).toEqual([]);
});

test('a disk that is full while the journal is repeated is no damage, whatever follows the batch that it did not take', async () => {
  const world = createWorld();
  const small = { segmentBytes: 1024 };
  const first = world.disk.mount();
  const killed = await openIn(world, small, first);
  await killed.createLog('a', kept);
  for (let number = 0; number < 5; number += 1) await killed.partition('a', 0).append(batchOf('x'.repeat(400)));
  first.isDead = true;
  const fileSystem = world.disk.mount();
  fileSystem.isFull = (path) => path.endsWith('.log');
  expect(await openIn(world, small, fileSystem).catch(codeOf)).toBe('Failed');
  await using store = await openIn(world, small);
  expect(await valuesOf(store.partition('a', 0))).toHaveLength(5);
});

test.each([1, 2, 3, 4])('closed on a full disk in async: what was answered survives power cut %i all the same', async (seed) => {
  const world = createWorld(seed);
  const fileSystem = world.disk.mount();
  const store = await openIn(world, { durability: 'async' }, fileSystem);
  await store.createLog('a', kept);
  await store.partition('a', 0).append(batchOf('answered'));
  fileSystem.isFull = () => true;
  await store[Symbol.asyncDispose]();
  world.disk.cutPower();
  await using again = await openIn(world, { durability: 'async' });
  expect(await valuesOf(again.partition('a', 0))).toEqual(['answered']);
});

test('closing on a disk without room for a checkpoint ends: appends that wait for one are refused, answered ones are kept', async () => {
  const world = createWorld();
  const fileSystem = world.disk.mount();
  const store = await openIn(world, { journalFileBytes: 4096, journalFileCount: 2 }, fileSystem);
  await store.createLog('a', kept);
  fileSystem.isFull = (path) => path.includes('checkpoint');
  let answered = 0;
  const appends = Array.from({ length: 20 }, async () => {
    await store.partition('a', 0).append(batchOf('x'.repeat(1000)));
    answered += 1;
  });
  const outcomes = Promise.allSettled(appends);
  await settle();
  const closing = store[Symbol.asyncDispose]();
  world.clock.advance(1000);
  await closing;
  const refusals = (await outcomes).flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []));
  expect(new Set(refusals)).toEqual(new Set(['AppendRefused']));
  expect(answered).toBeGreaterThan(0);
  await using again = await openIn(world, { journalFileBytes: 4096, journalFileCount: 2 });
  expect(await valuesOf(again.partition('a', 0))).toHaveLength(answered);
});

async function command(store: LogStore, value: string): Promise<void> {
  await store.partition('_millrace.commands', 0).append(batchOf(value));
}

/** Fills a disk with appends of all sizes and commands, kills the process, opens it, and deletes; what went wrong. */
async function tryCapacity(capacity: number): Promise<string | undefined> {
  const scene = createScene(capacity, capacity);
  const { random } = scene.world;
  const first = await scene.open();
  for (const name of ['a', 'b', '_millrace.commands']) await first.createLog(name, kept);
  const commands = ['1', '2'];
  await command(first, '1');
  const stored = await fill(first, 'a', () => random.below(random.chance(0.1) ? 9000 : 300));
  await command(first, '2');
  await waitASecond(scene);
  scene.kill();
  const second = await scene.open();
  if ((await valuesOf(second.partition('a', 0))).join() !== stored.join()) return 'the log has changed';
  await command(second, '3');
  await second.deleteLog('a');
  await waitASecond(scene);
  const more = await fill(second, 'b', () => random.below(100));
  if (stored.join('').length > worthDeleting && more.length === 0) return 'no room came back';
  if ((await valuesOf(second.partition('_millrace.commands', 0))).join() !== [...commands, '3'].join()) return 'commands have changed';
  await second[Symbol.asyncDispose]();
  return scene.failures[0];
}

function codeOf(error: unknown): string {
  return error instanceof LogError ? error.code : String(error);
}
