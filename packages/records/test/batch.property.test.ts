// Record batches, varints and checksums: what is written comes back, and hostile bytes end in `InvalidBatch` after bounded work.
import fc from 'fast-check';
import {
  BatchBuilder,
  batchBytes,
  checkBatch,
  crc32c,
  encodeBatch,
  endOffsetOf,
  InvalidBatch,
  isBatchIntact,
  RecordReader,
  readInt64,
  recordBytes,
  stampBatch,
  timestampOf,
  writeInt64,
} from 'millrace-records';
import { expect, test } from 'vitest';
import { varintSize, writeVarint } from '../src/varint.ts';
import { anyBytes, damaged } from './support/hostile.ts';

interface Read {
  readonly key: string | null;
  readonly value: string;
  readonly offset: number;
  readonly timestampMs: number;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const records = fc.array(fc.record({ key: fc.option(bytes), value: bytes }), { minLength: 1, maxLength: 150 });
const largest = fc.integer({ min: 0, max: 2 ** 52 });
const stamped = fc.tuple(records, largest, largest).map(([input, baseOffset, timestampMs]) => {
  const batch = encodeBatch(input);
  stampBatch(batch, baseOffset, timestampMs);
  return batch;
});
/** Behind the fields that the log checks itself: batch length and leader epoch. */
const summedFrom = 16;

test('records come back with their keys and values, consecutive offsets and the stamp', () => {
  fc.assert(
    fc.property(records, largest, largest, (input, baseOffset, timestampMs) => {
      const batch = encodeBatch(input);
      const size = input.reduce((sum, { key, value }, index) => sum + recordBytes(index, key?.length ?? -1, value.length), 0);
      expect(batch.length).toBe(batchBytes(size));
      stampBatch(batch, baseOffset, timestampMs);
      checkBatch(batch);
      expect([isBatchIntact(batch), endOffsetOf(batch), timestampOf(batch)]).toEqual([true, baseOffset + input.length, timestampMs]);
      expect(readAll(batch)).toEqual(
        input.map(({ key, value }, index) => ({
          key: key?.toString('latin1') ?? null,
          value: value.toString('latin1'),
          offset: baseOffset + index,
          timestampMs,
        })),
      );
    }),
  );
});

test('what was in a buffer before, and how long it is, does not show in the batch built in it', () => {
  fc.assert(
    fc.property(records, bytes, fc.nat({ max: 255 }), (input, more, fill) => {
      const expected = encodeBatch(input);
      const builder = new BatchBuilder(Buffer.alloc(expected.length + more.length, fill));
      for (const { key, value } of input) {
        const source = Buffer.concat([more, key ?? Buffer.alloc(0), value]);
        builder.append(source, more.length, key?.length ?? -1, more.length + (key?.length ?? 0), value.length);
      }
      expect(builder.finish().equals(expected)).toBe(true);
    }),
  );
});

test('a damaged batch is refused, or read to an end that its bytes bound; its CRC tells every change it covers', () => {
  fc.assert(
    fc.property(damaged(stamped), ({ before, after }) => {
      expectBounded(after);
      const isSame = after.subarray(summedFrom).equals(before.subarray(summedFrom));
      if (isRefused(after)) expect(after.equals(before)).toBe(false);
      else expect(isBatchIntact(after)).toBe(isSame);
    }),
  );
});

test('any bytes are refused, or read to an end that they bound', () => {
  fc.assert(fc.property(anyBytes(400), expectBounded));
});

test('any bytes as the records of a good header are refused, or read to an end that they bound', () => {
  fc.assert(
    fc.property(anyBytes(400), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (tail, count) => {
      const batch = Buffer.concat([encodeBatch([{ key: null, value: Buffer.alloc(0) }]).subarray(0, 61), tail, Buffer.alloc(1)]);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt32BE(count - 1, 23);
      batch.writeInt32BE(count, 57);
      checkBatch(batch);
      expectBounded(batch);
    }),
  );
});

test('varints take the bytes that were foretold, and are zig-zag', () => {
  const target = Buffer.alloc(8);
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.integer({ min: -70, max: 70 })), (value) => {
      const end = writeVarint(target, value, 1);
      expect(end - 1).toBe(varintSize(value));
      let raw = 0n;
      for (let at = end - 1; at >= 1; at -= 1) raw = (raw << 7n) | BigInt((target[at] ?? 0) & 0x7f);
      expect(BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n))).toBe(BigInt(value));
      expect([...target.subarray(1, end)].map((byte) => byte >= 0x80)).toEqual([...Array(end - 2).fill(true), false]);
    }),
  );
});

test('64-bit integers come back, up to 2^53 in either direction', () => {
  const target = Buffer.alloc(8);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      writeInt64(target, value, 0);
      expect([readInt64(target, 0), target.readBigInt64BE(0)]).toEqual([value, BigInt(value)]);
    }),
  );
});

test('CRC-32C is what long division gives, of any part and in any number of parts', () => {
  fc.assert(
    fc.property(anyBytes(300), fc.nat({ max: 300 }), fc.nat({ max: 300 }), (whole, first, second) => {
      const [start = 0, end = 0] = [first, second].map((at) => Math.min(at, whole.length)).toSorted((a, b) => a - b);
      expect(crc32c(whole, start, end)).toBe(divided(whole.subarray(start, end)));
      expect(crc32c(whole, end, whole.length, crc32c(whole, start, end))).toBe(divided(whole.subarray(start)));
    }),
  );
});

function divided(input: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of input) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

function isRefused(batch: Buffer): boolean {
  try {
    checkBatch(batch);
    return false;
  } catch (error) {
    if (error instanceof InvalidBatch) return true;
    throw error;
  }
}

/** Reads like one who trusts nothing: a record takes a byte or more of its own, and there is no error but `InvalidBatch`. */
function expectBounded(batch: Buffer): void {
  let count = 0;
  let end = 0;
  try {
    for (const reader = new RecordReader(batch); reader.next(); count += 1) {
      for (const [start, part] of [
        [reader.keyStart, reader.key() ?? Buffer.alloc(0)],
        [reader.valueStart, reader.value()],
      ] as const) {
        expect(start).toBeGreaterThan(end);
        expect(start + part.length).toBeLessThanOrEqual(batch.length);
        end = start + part.length - 1;
      }
    }
  } catch (error) {
    if (!(error instanceof InvalidBatch)) throw error;
  }
  expect(count).toBeLessThan(Math.max(batch.length, 1));
}

function readAll(batch: Buffer): Read[] {
  const reader = new RecordReader(batch);
  const read: Read[] = [];
  while (reader.next()) {
    const key = reader.key()?.toString('latin1') ?? null;
    read.push({ key, value: reader.value().toString('latin1'), offset: reader.offset, timestampMs: reader.timestampMs });
  }
  return read;
}
