// Record batches come back as they were built, whatever their keys and values, and hostile bytes end in a known error.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BatchBuilder,
  baseOffsetOf,
  batchBytes,
  batchHeader,
  batchLengthOf,
  checkBatch,
  crc32c,
  encodeBatch,
  endOffsetOf,
  InvalidBatch,
  isBatchIntact,
  RecordReader,
  readInt64,
  recordBytes,
  recordCountOf,
  stampBatch,
  timestampOf,
  writeInt64,
} from '../src/index.ts';

interface Read {
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly offset: number;
  readonly timestampMs: number;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record = fc.record({ key: fc.option(bytes), value: bytes });
const records = fc.array(record, { minLength: 1, maxLength: 200 });
const offset = fc.integer({ min: 0, max: 2 ** 52 });

describe('round trip', () => {
  test('records come back with their keys and values, consecutive offsets and the stamp', () => {
    fc.assert(
      fc.property(records, offset, offset, (input, baseOffset, timestampMs) => {
        const batch = encodeBatch(input);
        stampBatch(batch, baseOffset, timestampMs);
        checkBatch(batch);
        expect(isBatchIntact(batch)).toBe(true);
        const expected = input.map(({ key, value }, index) => ({ key, value, offset: baseOffset + index, timestampMs }));
        expect(readAll(batch)).toEqual(expected);
      }),
    );
  });

  test('ranges of one buffer are appended without their surroundings', () => {
    const source = Buffer.from('..key..value..');
    const builder = new BatchBuilder(Buffer.alloc(batchBytes(recordBytes(0, 3, 5) + recordBytes(1, -1, 5)), 0xff));
    builder.append(source, 2, 3, 7, 5);
    builder.append(source, 0, -1, 7, 5);
    expect(readAll(builder.finish()).map(({ key, value }) => [key?.toString(), value.toString()])).toEqual([
      ['key', 'value'],
      [undefined, 'value'],
    ]);
  });

  test('the header says length, count and offsets of the batch at any place of a larger buffer', () => {
    const batch = encodeBatch([
      { key: null, value: Buffer.from('a') },
      { key: null, value: Buffer.from('b') },
    ]);
    stampBatch(batch, 7, 9);
    const within = Buffer.concat([Buffer.alloc(5), batch, Buffer.alloc(5)]);
    expect([
      batchLengthOf(within, 5),
      recordCountOf(within, 5),
      baseOffsetOf(within, 5),
      endOffsetOf(within, 5),
      timestampOf(within, 5),
    ]).toEqual([batch.length, 2, 7, 9, 9]);
  });

  test('64-bit integers come back, up to 2^53 in either direction', () => {
    const buffer = Buffer.alloc(8);
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        writeInt64(buffer, value, 0);
        expect(readInt64(buffer, 0)).toBe(value);
        expect(buffer.readBigInt64BE(0)).toBe(BigInt(value));
      }),
    );
  });
});

describe('stamping', () => {
  test('writes offset, leader epoch, both stamps and the CRC, and leaves everything else', () => {
    const batch = encodeBatch([{ key: Buffer.from('k'), value: Buffer.from('v') }]);
    batch.writeInt32BE(77, 12);
    writeInt64(batch, 4711, 43);
    batch.writeInt16BE(3, 51);
    batch.writeInt32BE(9, 53);
    const before = Buffer.from(batch);
    stampBatch(batch, 123_456_789_012, 1_700_000_000_000);
    expect(readInt64(batch, 0)).toBe(123_456_789_012);
    expect(batch.readInt32BE(12)).toBe(0);
    expect([readInt64(batch, 27), readInt64(batch, 35)]).toEqual([1_700_000_000_000, 1_700_000_000_000]);
    expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)));
    expect([batch.subarray(8, 12), batch.subarray(43)]).toEqual([before.subarray(8, 12), before.subarray(43)]);
  });

  test('any changed bit that the CRC covers is noticed', () => {
    const batch = encodeBatch([{ key: null, value: Buffer.from('some value') }]);
    stampBatch(batch, 0, 0);
    for (let bit = 21 * 8; bit < batch.length * 8; bit += 1) {
      const changed = Buffer.from(batch);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(isBatchIntact(changed)).toBe(false);
    }
  });
});

describe('CRC-32C', () => {
  test('has the published check value', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  test('of two parts is that of the whole, however short or long they are', () => {
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        expect(crc32c(second, 0, second.length, crc32c(first))).toBe(crc32c(Buffer.concat([first, second])));
      }),
    );
  });
});

describe('hostile bytes', () => {
  test('any bytes are refused as InvalidBatch or read to a bounded end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (array) => expectBounded(Buffer.from(array))),
      { numRuns: 500 },
    );
  });

  test('a good batch with changed bytes is refused as InvalidBatch or read to a bounded end', () => {
    const changes = fc.array(fc.record({ at: fc.nat(2000), to: fc.nat(255) }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(records, changes, (input, edits) => {
        const batch = encodeBatch(input);
        for (const { at, to } of edits) batch[at % batch.length] = to;
        expectBounded(batch);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['shorter than a header', (): Buffer => Buffer.alloc(batchHeader.bytes), 'more than 61 bytes'],
    ['of another magic', (): Buffer => edited((batch) => batch.writeInt8(1, 16)), 'Expected magic 2, got 1'],
    ['longer than its header says', (): Buffer => Buffer.concat([edited(() => {}), Buffer.alloc(1)]), 'The header says'],
    ['without records', (): Buffer => edited((batch) => batch.writeInt32BE(0, 57)), 'at least one record, got 0'],
    ['whose last offset is not that of its last record', (): Buffer => edited((batch) => batch.writeInt32BE(5, 23)), 'the header says 5'],
  ])('a batch %s is refused, saying which rule it breaks', (_, make, reason) => {
    expect(() => checkBatch(make())).toThrow(InvalidBatch);
    expect(() => checkBatch(make())).toThrow(reason);
  });

  test('a reader refuses what is too short for a header, checked before or not', () => {
    expect(() => new RecordReader(Buffer.alloc(20))).toThrow(InvalidBatch);
  });

  test('a batch that claims more records than it holds is refused when it is read', () => {
    const batch = edited((header) => {
      header.writeInt32BE(2_000_000_000, 57);
      header.writeInt32BE(1_999_999_999, 23);
    });
    expect(() => readAll(batch)).toThrow(InvalidBatch);
  });
});

function edited(edit: (batch: Buffer) => void): Buffer {
  const batch = encodeBatch([{ key: null, value: Buffer.from('value') }]);
  edit(batch);
  return batch;
}

function readAll(batch: Buffer): Read[] {
  const reader = new RecordReader(batch);
  const read: Read[] = [];
  while (reader.next()) read.push({ key: reader.key(), value: reader.value(), offset: reader.offset, timestampMs: reader.timestampMs });
  return read;
}

/** Reads like one who trusts nothing: no more records than bytes, no error but `InvalidBatch`. */
function expectBounded(batch: Buffer): void {
  expect(recordsReadFrom(batch)).toBeLessThanOrEqual(batch.length);
}

/** How many records a reader is given before the end or the refusal. */
function recordsReadFrom(batch: Buffer): number {
  let count = 0;
  try {
    checkBatch(batch);
    for (const reader = new RecordReader(batch); reader.next(); ) count += 1;
  } catch (error) {
    if (!(error instanceof InvalidBatch)) throw error;
  }
  return count;
}
