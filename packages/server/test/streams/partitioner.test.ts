// The partition of a message: Kafka's own for a key, any for none.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemRandom } from '../../src/random.ts';
import { murmur2, partitionOfKey, partitionOfNoKey } from '../../src/streams/partitioner.ts';

// From Kafka's own tests (UtilsTest.testMurmur2).
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('the hash of %j is the one Kafka knows', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('the hash of a part of a buffer is that of a copy of the part', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, key, behind) => {
      const joined = Buffer.concat([before, key, behind]);
      expect(murmur2(joined, before.length, key.length)).toBe(murmur2(key));
    }),
  );
});

test('every key has a partition, always the same one', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 10_000 }), (key, partitionCount) => {
      const partition = partitionOfKey(key, 0, key.length, partitionCount);
      expect(partition).toBe((murmur2(key) & 0x7fffffff) % partitionCount);
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(partitionCount);
    }),
  );
});

test('messages without a key spread over all partitions, none of which gets twice its share', () => {
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index += 1) {
    const partition = partitionOfNoKey(systemRandom, counts.length);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(500);
  expect(Math.max(...counts)).toBeLessThan(2000);
});
