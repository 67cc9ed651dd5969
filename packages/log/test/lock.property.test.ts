// A lock file holds what its owner wrote, or anything at all: the directory is taken over, or `Locked` is said.
import fc from 'fast-check';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import { readWhole, writeWhole } from '../src/file-system.ts';
import { type Host, LogError } from '../src/index.ts';
import { acquireLock } from '../src/lock.ts';
import { CrashDisk } from './support/crash-file-system.ts';
import { Seeded } from './support/seeded.ts';

const own: Host = { pid: 1, bootId: 'boot', startedAt: () => 'start' };
const running = fc.record({ pid: fc.nat(), bootId: fc.string(), startedAt: fc.string() });
const path = '/lock';
const held = running.map((holder) => Buffer.from(`${JSON.stringify({ ...holder, token: 'theirs' })}\n`));

test('of a process that runs, a lock is held; of any other it is taken over, and given up in the end', async () => {
  await fc.assert(
    fc.asyncProperty(running, fc.constantFrom('runs', 'another boot', 'another start', 'gone'), async (holder, state) => {
      const host: Host = {
        pid: 1,
        bootId: state === 'another boot' ? `${holder.bootId}2` : holder.bootId,
        startedAt: (pid) =>
          state === 'gone' && pid === holder.pid ? undefined : state === 'another start' ? `${holder.startedAt}2` : holder.startedAt,
      };
      const fileSystem = new CrashDisk(new Seeded(1)).mount();
      writeWhole(fileSystem, path, Buffer.from(JSON.stringify({ ...holder, token: 'theirs' })));
      const attempt = acquireLock(fileSystem, path, host, 'ours');
      if (state === 'runs') {
        await expect(attempt).rejects.toMatchObject({ code: 'Locked' });
        return;
      }
      const lock = await attempt;
      lock.check();
      await lock.release();
      expect(fileSystem.sizeOf(path)).toBeUndefined();
    }),
  );
});

test('with anything in it, a lock is taken over or Locked is said', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        anyBytes(120),
        damaged(held).map(({ after }) => after),
        fc.json().map((text) => Buffer.from(text)),
      ),
      async (bytes) => {
        const fileSystem = new CrashDisk(new Seeded(1)).mount();
        writeWhole(fileSystem, path, bytes);
        const lock = await acquireLock(fileSystem, path, own, 'ours').catch((error: unknown) => {
          if (error instanceof LogError && error.code === 'Locked') return undefined;
          throw error;
        });
        lock?.check();
        expect(lock === undefined).toBe(readWhole(fileSystem, path)?.equals(bytes));
      },
    ),
  );
});
