// How far a group is behind, while retention moves the start.
import { encodeBatch } from 'millrace-records';
import { expect, test } from 'vitest';
import type { StreamRecord } from '../../src/admin/catalogue-state.ts';
import { openMemoryEngine } from '../../src/engine/memory.ts';
import { lagSecondsOf } from '../../src/groups/lag.ts';
import { TestClock } from '../support/test-clock.ts';

test('is the age of the oldest message that is left, when retention removes one between two looks', async () => {
  const clock = new TestClock();
  const engine = openMemoryEngine({ clock });
  await engine.createLog('stream-0', { partitionCount: 1, retentionMs: 86_400_000 });
  const log = engine.partition('stream-0', 0);
  for (const value of ['old', 'new']) {
    await log.append(encodeBatch([{ key: null, value: Buffer.from(value) }]));
    clock.advance(5000);
  }
  const seenBefore = { nextOffset: 0, startOffset: 0, endOffset: 2, lagMessages: 2 };
  await log.trim(1);
  // Only the number of the stream is looked at.
  const stream = { number: 0 } as StreamRecord;
  expect(await lagSecondsOf(engine, stream, 0, seenBefore, clock.now())).toBe(5);
  await log.trim(2);
  expect(await lagSecondsOf(engine, stream, 0, seenBefore, clock.now())).toBe(0);
});
