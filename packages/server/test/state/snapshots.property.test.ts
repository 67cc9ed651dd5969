// Snapshots come back out of their log, whoever else was writing there and wherever the writing stopped.
import fc from 'fast-check';
import { LogError } from 'millrace-log';
import { encodeBatch, RecordReader } from 'millrace-records';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import type { PartitionLog } from '../../src/engine/engine.ts';
import { openMemoryEngine } from '../../src/engine/memory.ts';
import { loadSnapshot, type Snapshot, writeSnapshot } from '../../src/state/snapshots.ts';
import { TestClock } from '../support/test-clock.ts';

const state = fc.oneof(
  { weight: 30, arbitrary: fc.jsonValue() },
  // Several parts, with characters that take more than one byte at their edges.
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('a', '"', 'é', '🔑'), fc.integer({ min: 1, max: 700_000 }))
      .map(([text, length]) => text.repeat(length)),
  },
);
const snapshot: fc.Arbitrary<Snapshot> = fc.record({ upTo: fc.nat({ max: 5 }), now: fc.maxSafeNat(), state });

test('a snapshot comes back, and what it covers is trimmed', async () => {
  await fc.assert(
    fc.asyncProperty(snapshot, async (given) => {
      await using logs = await openLogs();
      for (let command = 0; command < 6; command += 1) await logs.commands.append(encodeBatch([{ key: null, value: Buffer.alloc(1) }]));
      await writeSnapshot(logs.snapshots, logs.commands, given);
      expect(await loadSnapshot(logs.snapshots)).toEqual(JSON.parse(JSON.stringify(given)));
      expect(await logs.commands.bounds()).toMatchObject({ startOffset: given.upTo });
    }),
  );
});

test('of several snapshots, their parts mixed, the last of them cut off, the newest complete one counts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(snapshot, { maxLength: 4 }), fc.infiniteStream(fc.nat()), fc.nat(), async (given, choices, cut) => {
      const queues = await Promise.all(given.map(async (each) => ({ given: each, parts: await partsOf(each) })));
      const whole = queues.reduce((sum, { parts }) => sum + parts.length, 0);
      await using logs = await openLogs();
      for (let left = whole - (cut % (whole + 1)); left > 0; left -= 1) {
        const waiting = queues.filter(({ parts }) => parts.length > 0);
        const [next] = choices;
        const value = waiting[(next ?? 0) % waiting.length]?.parts.shift();
        if (value !== undefined) await logs.snapshots.append(encodeBatch([{ key: null, value }]));
      }
      const complete = queues.filter(({ parts }) => parts.length === 0).map(({ given: { upTo } }) => upTo);
      const found = await loadSnapshot(logs.snapshots);
      expect(found?.upTo).toBe(complete.length === 0 ? undefined : Math.max(...complete));
      if (found !== undefined) expect(given.map((each) => JSON.parse(JSON.stringify(each)))).toContainEqual(found);
    }),
  );
});

test('a record that is no part of a snapshot is Damaged, or makes no snapshot', async () => {
  const part = snapshot.map((given) => ({ version: 1, ...given, part: 0, parts: 1, sha256: '', text: JSON.stringify(given.state) }));
  const hostile = fc.oneof(
    anyBytes(100),
    fc.json().map((text) => Buffer.from(text)),
    damaged(part.map((each) => Buffer.from(JSON.stringify(each)))).map(({ after }) => after),
  );
  await fc.assert(
    fc.asyncProperty(hostile, async (value) => {
      await using logs = await openLogs();
      await logs.snapshots.append(encodeBatch([{ key: null, value }]));
      const outcome = await loadSnapshot(logs.snapshots).catch((error: unknown) => error);
      if (outcome !== undefined) expect(outcome).toSatisfy((error) => error instanceof LogError && error.code === 'Damaged');
    }),
  );
});

interface Logs extends AsyncDisposable {
  readonly snapshots: PartitionLog;
  readonly commands: PartitionLog;
}

async function openLogs(): Promise<Logs> {
  const engine = openMemoryEngine({ clock: new TestClock() });
  for (const name of ['snapshots', 'commands']) await engine.createLog(name, { partitionCount: 1, retentionMs: 'forever' });
  const [snapshots, commands] = [engine.partition('snapshots', 0), engine.partition('commands', 0)];
  return { snapshots, commands, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() };
}

/** The records a snapshot is written as. */
async function partsOf(given: Snapshot): Promise<Buffer[]> {
  await using logs = await openLogs();
  await writeSnapshot(logs.snapshots, logs.commands, given);
  const { batches } = await logs.snapshots.read(0, { maxBytes: 1 << 28, maxRecords: 1000, waitMs: 0 });
  return batches.map((batch) => {
    const records = new RecordReader(batch);
    records.next();
    return records.value();
  });
}
