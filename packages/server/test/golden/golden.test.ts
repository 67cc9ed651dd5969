// Data directories of every version so far are opened by this one, and hold what they held. See README.md beside this.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogStore } from 'millrace-log';
import { ManualClock, Seeded } from 'millrace-log/test-support';
import { limits } from 'millrace-protocol';
import type { PutMessagesResult } from 'millrace-protocol/shapes';
import { expect, test } from 'vitest';
import { closeService, openService, type Service } from '../../src/service.ts';
import { call, refusalOf } from './calls.ts';
import { readOnce } from './groups.ts';
import { type Expected, makeGolden } from './make.ts';
import { type Observed, observe, offsetsBehind } from './observe.ts';

const here = import.meta.dirname;
const endings = ['closed', 'crashed'] as const;
const versions = readdirSync(here).filter((name) => /^\d/.test(name));
const kept = versions.flatMap((version) => endings.map((ending) => ({ version, ending })));

test('a directory is kept for every version of the format', () => {
  expect(versions).toEqual(['1', '1-groups']);
});

test.each(kept)('what was answered before a directory of format $version was $ending is read today', async ({ version, ending }) => {
  await expectServed(join(here, version, ending));
});

test.each(endings)('what the program of today answers before it is %s is read again', async (ending) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-golden-'));
  try {
    await makeGolden(join(folder, ending), ending);
    await expectServed(join(folder, ending));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Opens a copy, expects everything, goes on with it, and opens it once more. */
async function expectServed(golden: string): Promise<void> {
  const expected = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as Expected;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-golden-'));
  try {
    const data = join(folder, 'data');
    cpSync(join(golden, 'data'), data, { recursive: true });
    const clock = new ManualClock();
    clock.wallMs = expected.madeAtMs + 60_000;
    const left = await withService(data, clock, async (service) => {
      expect(await observe(service)).toEqual(expected.observed);
      for (const { streamId, cursor, places } of expected.groupCursors ?? []) {
        expect((await readOnce(service, streamId, cursor)).places).toEqual(places);
      }
      await expectCursors(service, clock, expected);
      await putEverywhere(service, expected.observed);
      return await observe(service);
    });
    expect(await withService(data, clock, observe)).toEqual(left);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withService<Result>(directory: string, clock: ManualClock, use: (service: Service) => Promise<Result>): Promise<Result> {
  const seeded = new Seeded(2);
  const random = (size: number): Buffer => seeded.bytes(size);
  const warnings: string[] = [];
  const onWarning = (message: string): number => warnings.push(message);
  await using store = await openLogStore({ directory, clock, random, onWarning });
  const service = await openService({ engine: store, clock, random, onWarning });
  const result = await use(service);
  await closeService(service);
  expect(warnings).toEqual([]);
  return result;
}

/** They lead where they led, until their five minutes are over. */
async function expectCursors(service: Service, clock: ManualClock, { cursors }: Expected): Promise<void> {
  expect(cursors.length).toBeGreaterThan(20);
  for (const { streamId, cursor, offsets } of cursors) expect(await offsetsBehind(service, streamId, cursor)).toEqual(offsets);
  clock.wallMs += limits.cursorLifeMs;
  for (const { streamId, cursor } of cursors) {
    expect(await refusalOf(service, 'GetMessages', { path: { streamId }, query: `cursor=${cursor}` })).toBe('InvalidParameter');
  }
}

/** Each partition of each stream goes on where it ended. */
async function putEverywhere(service: Service, { streams }: Observed): Promise<void> {
  for (const { id, partitions } of streams) {
    if (partitions.length === 0) continue;
    const messages = Array.from({ length: 40 }, (_, index) => ({ key: Buffer.from(`key ${index}`).toString('base64'), value: 'bmV3' }));
    const { body } = await call<PutMessagesResult>(service, 'PutMessages', { path: { streamId: id }, body: { messages } });
    for (const [partition, before] of partitions.entries()) {
      const [first] = body.entries.filter((entry) => 'offset' in entry && entry.partition === String(partition));
      expect(first).toMatchObject({ offset: (before.at(-1)?.[0] ?? -1) + 1 });
    }
  }
}
