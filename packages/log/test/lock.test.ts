// One process owns a data directory; a second one is refused with a sentence that says who does.
import { expect, test } from 'vitest';
import { type Host, LogError } from '../src/index.ts';
import { batchOf, createWorld, directory, openIn, settle } from './setup.ts';

const settings = { partitionCount: 1, retentionMs: 'forever' } as const;

/** A machine where the processes in `running` live, with the time each was started. */
function host(pid: number, running: Record<number, string>, bootId = 'boot'): Host {
  return { pid, bootId, startedAt: (other) => running[other] };
}

test('a second opener is refused while the first lives, and not once it has closed', async () => {
  const world = createWorld();
  const running = { 11: '100', 12: '200' };
  const first = await openIn(world, { host: host(11, running) });
  const refusal = await openIn(world, { host: host(12, running) }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(LogError);
  expect(refusal).toMatchObject({ code: 'Locked' });
  expect(String(refusal)).toContain(`in use by process 11 (started at 100) (${directory}/lock)`);
  expect(await openIn(world, { host: host(11, running) }).catch((error: unknown) => error)).toMatchObject({ code: 'Locked' });
  await first[Symbol.asyncDispose]();
  await (await openIn(world, { host: host(12, running) }))[Symbol.asyncDispose]();
});

test.each([
  ['of another boot', host(1, { 1: '100' }, 'other boot')],
  ['of a process that is gone', host(2, { 2: '300' })],
  ['of an earlier process with the same id', host(1, { 1: '200' })],
])('a lock %s is taken over', async (_, successor) => {
  const world = createWorld();
  await openIn(world, { host: host(1, { 1: '100' }) });
  await expect(openIn(world, { host: successor })).resolves.toBeDefined();
});

test('a lock file that a crash left half written is taken over', async () => {
  const world = createWorld();
  const fileSystem = world.disk.mount();
  fileSystem.makeFolder(directory);
  fileSystem.open(`${directory}/lock`, 'new').writeSync([Buffer.from('{"pid": 1')], 0);
  await expect(openIn(world)).resolves.toBeDefined();
});

test('a disk that fills up behind the last byte of the lock: the same process is not refused by what it left', async () => {
  const world = createWorld();
  const fileSystem = world.disk.mount();
  fileSystem.isShort = (path) => path.endsWith('/lock');
  fileSystem.random.below = (below) => below - 1; // all but one byte is taken
  let writes = 0;
  fileSystem.takesPart = false;
  fileSystem.isFull = (path) => path.endsWith('/lock') && (writes += 1) === 2;
  const own = host(1, { 1: '100' });
  expect(await openIn(world, { host: own }, fileSystem).catch((error: unknown) => error)).toMatchObject({ code: 'Failed' });
  await expect(openIn(world, { host: own }, fileSystem)).resolves.toBeDefined();
});

test('an owner that lost its lock writes no checkpoint over its successor', async () => {
  const world = createWorld();
  const first = await openIn(world, { host: host(1, { 1: '100' }) });
  await first.createLog('a', settings);
  const second = await openIn(world, { host: host(1, { 1: '200' }) });
  await second.partition('a', 0).append(batchOf('second'));
  await first[Symbol.asyncDispose]();
  await settle();
  expect(await openIn(world, { host: host(3, { 1: '200', 3: '300' }) }).catch((error: unknown) => error)).toMatchObject({ code: 'Locked' });
  await second[Symbol.asyncDispose]();
});
