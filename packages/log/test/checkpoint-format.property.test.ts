// A checkpoint comes back as it was written; of any other bytes `Damaged` is said, nothing else.
import fc from 'fast-check';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import { Catalogue, Log, Segment } from '../src/catalogue.ts';
import { copyLogs, encodeCheckpoint, parseCheckpoint } from '../src/checkpoint-format.ts';
import { LogError } from '../src/errors.ts';

const largest = fc.maxSafeNat();
const head = fc.record(
  {
    sequence: largest,
    life: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    state: fc.constantFrom('open' as const, 'closed' as const),
    clockMs: largest,
    nextLogId: largest,
    shown: fc.array(fc.tuple(largest, fc.nat(), largest), { maxLength: 3 }),
  },
  { requiredKeys: ['sequence', 'life', 'state', 'clockMs', 'nextLogId'] },
);
const segment = fc.record({
  baseOffset: largest,
  bytes: fc.integer({ min: 1, max: 2 ** 30 }),
  firstStampMs: largest,
  largestStampMs: largest,
  holeFrom: fc.option(largest, { nil: undefined }),
});
const partition = fc.record({
  startOffset: largest,
  endOffset: fc.maxSafeNat().map((offset) => offset || 1),
  segments: fc.array(segment, { maxLength: 4 }),
});
const log = fc.record({
  id: largest,
  name: fc.string({ unit: 'grapheme' }),
  retentionMs: fc.oneof(fc.constant('forever' as const), largest),
  // Undefined: a partition that never held anything.
  partitions: fc.array(fc.option(partition, { nil: undefined }), { minLength: 1, maxLength: 4 }),
});
const catalogue = fc.uniqueArray(log, { selector: ({ name }) => name, maxLength: 4 }).map((logs) => {
  const made = new Catalogue();
  for (const { id, name, retentionMs, partitions } of logs) {
    const each = new Log(id, name, { partitionCount: partitions.length, retentionMs });
    for (const [number, filled] of partitions.entries()) {
      const target = each.partitions[number];
      if (filled === undefined || target === undefined) continue;
      const segments = filled.segments.map((values) => Object.assign(new Segment(target, values.baseOffset), values));
      Object.assign(target, { ...filled, segments });
    }
    made.accept(each);
    made.show(each);
  }
  return made;
});
const checkpoint = fc.tuple(head, catalogue).map(([values, logs]) => encodeCheckpoint(values, copyLogs(logs)));

test('a checkpoint comes back: its head and all logs, partitions and segments', () => {
  fc.assert(
    fc.property(head, catalogue, (values, logs) => {
      const parsed = parseCheckpoint(encodeCheckpoint(values, copyLogs(logs)), 'checkpoint');
      expect(parsed.head).toEqual(values);
      expect(copyLogs(parsed.catalogue)).toEqual(copyLogs(logs));
      expect(parsed.catalogue.nextLogId).toBe(values.nextLogId);
      expect([...parsed.catalogue.accepted]).toEqual([...parsed.catalogue.visible]);
      for (const { partitions } of parsed.catalogue.visible.values()) {
        for (const { nextOffset, endOffset, segments } of partitions) {
          expect(nextOffset).toBe(endOffset);
          for (const { bytes, acceptedBytes } of segments) expect(acceptedBytes).toBe(bytes);
        }
      }
    }),
  );
});

test('of a damaged checkpoint Damaged is said', () => {
  fc.assert(
    fc.property(damaged(checkpoint), ({ before, after }) => {
      if (!after.equals(before)) expectDamaged(after);
    }),
  );
});

test('of any bytes Damaged is said', () => {
  fc.assert(fc.property(anyBytes(300), expectDamaged));
});

function expectDamaged(bytes: Buffer): void {
  const parse = (): unknown => parseCheckpoint(bytes, 'checkpoint');
  expect(parse).toThrow(LogError);
  expect(parse).toThrow(expect.objectContaining({ code: 'Damaged' }));
}
