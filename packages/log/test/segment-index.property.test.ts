// Indexes come back as they were written; from files with anything in them come entries that a reader can check.
import fc from 'fast-check';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import { SegmentIndex } from '../src/segment-index.ts';

/** A batch as an index sees it: how far behind the one before, how many records, how much later. */
const step = fc.record({ bytes: fc.nat({ max: 60_000 }), records: fc.integer({ min: 1, max: 50 }), ms: fc.nat({ max: 3 }) });
const steps = fc.array(step, { maxLength: 60 });

test('the two files say what the index said: where to begin for any offset and any time', () => {
  fc.assert(
    fc.property(steps, fc.array(fc.nat({ max: 3000 }), { maxLength: 10 }), (given, questions) => {
      const index = new SegmentIndex();
      const end = fill(index, given);
      const again = new SegmentIndex();
      again.decode(index.encodeOffsets(), index.encodeTimes(), end.position + 1);
      expect([again.size, again.last()]).toEqual([index.size, index.last()]);
      for (const number of questions) {
        expect(again.before(number)).toEqual(index.before(number));
        expect(again.beforeTime(number % 200)).toEqual(index.beforeTime(number % 200));
      }
    }),
  );
});

test('of the last eight batches that were written the one that holds an offset is known', () => {
  fc.assert(
    fc.property(steps, fc.nat({ max: 3000 }), (given, question) => {
      const index = new SegmentIndex();
      const written = batchesOf(given);
      for (const { position, firstOffset, lastOffset, stampMs } of written) index.addWritten(position, firstOffset, lastOffset, stampMs);
      const holder = written.slice(-8).findLast(({ firstOffset }) => firstOffset <= question);
      const { position, firstOffset, lastOffset } = holder ?? {};
      expect(index.nearest(question)).toEqual(holder === undefined ? index.before(question) : { position, firstOffset, lastOffset });
    }),
  );
});

test('two files with anything in them give entries that rise and lie within the segment, no more than the bytes hold', () => {
  const hostile = fc.oneof(
    fc.tuple(anyBytes(200), anyBytes(200)),
    fc
      .tuple(damaged(filesOf((index) => index.encodeOffsets())), damaged(filesOf((index) => index.encodeTimes())))
      .map(([offsets, times]) => {
        return [offsets.after, times.after] as const;
      }),
  );
  fc.assert(
    fc.property(hostile, fc.nat(), fc.nat(), ([offsets, times], segmentBytes, question) => {
      const index = new SegmentIndex();
      index.decode(offsets, times, segmentBytes);
      expect(index.size).toBeLessThanOrEqual(offsets.length / 8);
      expect(index.size === 0 || (index.last()?.position ?? 0) < segmentBytes).toBe(true);
      const before = index.before(question);
      if (before !== undefined) expect(before.lastOffset).toBeLessThanOrEqual(question);
      expect(index.beforeTime(question)?.position ?? 0).toBeLessThanOrEqual(index.last()?.position ?? 0);
      const encoded = new SegmentIndex();
      encoded.decode(index.encodeOffsets(), index.encodeTimes(), segmentBytes);
      expect(encoded.encodeOffsets()).toEqual(index.encodeOffsets());
      expect(encoded.encodeTimes()).toEqual(index.encodeTimes());
    }),
  );
});

type Step = { readonly bytes: number; readonly records: number; readonly ms: number };

function fill(index: SegmentIndex, given: readonly Step[]): { position: number } {
  const batches = batchesOf(given);
  for (const { position, lastOffset, stampMs } of batches) index.add(position, lastOffset, stampMs);
  return { position: batches.at(-1)?.position ?? 0 };
}

function batchesOf(given: readonly Step[]): { position: number; firstOffset: number; lastOffset: number; stampMs: number }[] {
  let [position, lastOffset, stampMs] = [0, -1, 0];
  return given.map(({ bytes, records, ms }) => {
    const firstOffset = lastOffset + 1;
    position += bytes;
    lastOffset += records;
    stampMs += ms;
    return { position, firstOffset, lastOffset, stampMs };
  });
}

function filesOf(encode: (index: SegmentIndex) => Buffer): fc.Arbitrary<Buffer> {
  return steps.map((given) => {
    const index = new SegmentIndex();
    fill(index, given);
    return encode(index);
  });
}
