// What once went wrong in reading a segment whose files are not as they were written.
import { baseOffsetOf, timestampOf } from 'millrace-records';
import { expect, test } from 'vitest';
import { endOf, indexFilesOf, lastStampOf, openSegment, segmentOf } from './support/one-segment.ts';

const batches = segmentOf(1, 90);
const whole = Buffer.concat(batches);
const files = indexFilesOf(batches);

test('a file that was cut within a batch while it was in use is damage, and reading it ends', async () => {
  const { reader, segment } = openSegment(whole.subarray(0, whole.length - 100), [files.offsets, files.times], whole.length);
  const read = reader.read(segment, endOf(batches) - 1, { maxBytes: 1, maxRecords: 1 });
  await expect(read).rejects.toMatchObject({ code: 'Damaged', message: expect.stringContaining('more bytes') });
});

test.each([
  [
    'an entry of the .index points into a batch',
    (offsets: Buffer): unknown => offsets.writeUInt32BE(offsets.readUInt32BE(3 * 8 + 4) + 1, 3 * 8 + 4),
  ],
  [
    'a stamp in the .timeindex is too early',
    (_: Buffer, times: Buffer): unknown => times.writeUIntBE(times.readUIntBE(2 * 12 + 2, 6) + 1, 3 * 12 + 2, 6),
  ],
])('the first batch of any time is found though %s', async (_, harm) => {
  const [offsets, times] = [Buffer.from(files.offsets), Buffer.from(files.times)];
  harm(offsets, times);
  for (let timestampMs = 0; timestampMs <= lastStampOf(batches); timestampMs += 1) {
    const { reader, segment } = openSegment(whole, [offsets, times]);
    const expected = batches.find((batch) => timestampOf(batch) >= timestampMs);
    expect(await reader.offsetAtTime(segment, timestampMs)).toBe(expected && baseOffsetOf(expected));
  }
});

test('a .timeindex with a stamp that is no time does not keep the index from being written again', async () => {
  const times = Buffer.from(files.times);
  times.fill(0xff, times.length - 12, times.length - 4);
  const { reader, segment } = openSegment(whole, [files.offsets, times]);
  await reader.read(segment, 0, { maxBytes: 1, maxRecords: 1 });
  expect(segment.index?.encodeTimes()).toEqual(files.times.subarray(0, -12));
});
