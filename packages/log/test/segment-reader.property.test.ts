// Whatever is in the files of an index or of a segment, what is read of it is what was appended.
import fc from 'fast-check';
import { baseOffsetOf, timestampOf } from 'millrace-records';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { describe, expect, test } from 'vitest';
import { LogError } from '../src/errors.ts';
import { endOf, holding, indexFilesOf, lastStampOf, openSegment, segmentOf } from './support/one-segment.ts';

describe('a segment whose index files are not as they were written', () => {
  const batches = segmentOf(1, 90);
  const whole = Buffer.concat(batches);
  const { offsets, times } = indexFilesOf(batches);
  const files = fc.oneof(
    fc.tuple(damaged(fc.constant(offsets)), damaged(fc.constant(times))).map((both) => both.map(({ after }) => after)),
    fc.tuple(anyBytes(100), fc.constant(times)),
    fc.tuple(fc.constant(offsets), anyBytes(100)),
  );

  test('gives for any offset the batch that holds it', async () => {
    expect([offsets.length / 8, times.length / 12]).toEqual([7, 7]);
    await fc.assert(
      fc.asyncProperty(files, fc.array(fc.nat({ max: endOf(batches) - 1 }), { minLength: 1, maxLength: 4 }), async (hostile, questions) => {
        const { reader, segment } = openSegment(whole, hostile);
        for (const offset of questions) {
          const [first] = await reader.read(segment, offset, { maxBytes: 1, maxRecords: 1 });
          expect(first?.equals(holding(batches, offset))).toBe(true);
        }
      }),
    );
  });

  test('gives for any time the first batch stamped then or later', async () => {
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.array(fc.nat({ max: lastStampOf(batches) + 1 }), { minLength: 1, maxLength: 4 }),
        async (hostile, questions) => {
          const { reader, segment } = openSegment(whole, hostile);
          for (const timestampMs of questions) {
            const expected = batches.find((batch) => timestampOf(batch) >= timestampMs);
            expect(await reader.offsetAtTime(segment, timestampMs)).toBe(expected === undefined ? undefined : baseOffsetOf(expected));
          }
        },
      ),
    );
  });
});

test('of a damaged segment any batch is read as it was appended, or Damaged is said', async () => {
  const batches = segmentOf(2, 30);
  const whole = Buffer.concat(batches);
  const { offsets, times } = indexFilesOf(batches);
  await fc.assert(
    fc.asyncProperty(
      damaged(fc.constant(whole)),
      fc.boolean(),
      fc.nat({ max: endOf(batches) - 1 }),
      async ({ after }, isIndexed, offset) => {
        const { reader, segment } = openSegment(after, isIndexed ? [offsets, times] : [], whole.length);
        const found = await reader.read(segment, offset, { maxBytes: 20_000, maxRecords: 1000 }).catch((error: unknown) => {
          if (error instanceof LogError && error.code === 'Damaged') return [];
          throw error;
        });
        const from = batches.indexOf(holding(batches, offset));
        expect(Buffer.concat(found).equals(Buffer.concat(batches.slice(from, from + found.length)))).toBe(true);
      },
    ),
  );
});
