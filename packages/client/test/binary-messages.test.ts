// Messages in Millrace's binary form, written here as PROTOCOL.md describes it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBinary } from '../src/binary-messages.ts';
import type { ReceivedMessage } from '../src/index.ts';

interface Sent {
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  readonly offset: number;
  readonly timestampMs: number;
}

function written(stream: string, messages: readonly Sent[]): Buffer {
  if (messages.length === 0) return Buffer.alloc(8);
  const start = Buffer.alloc(8);
  start.writeUInt32LE(Buffer.byteLength(stream), 0);
  start.writeUInt32LE(messages.length, 4);
  return Buffer.concat([filled(start, Buffer.from(stream)), ...messages.map(messageBytes)]);
}

function messageBytes({ partition, key, value, offset, timestampMs }: Sent): Buffer {
  const head = Buffer.alloc(32);
  head.writeBigUInt64LE(BigInt(offset), 0);
  head.writeBigUInt64LE(BigInt(timestampMs), 8);
  head.writeUInt32LE(partition, 16);
  head.writeUInt32LE(key === null ? 0xffffffff : key.length, 20);
  head.writeUInt32LE(value.length, 24);
  return Buffer.concat([head, filled(key ?? Buffer.alloc(0)), filled(value)]);
}

function filled(...parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

/** Copies, as the transport has them: pieces of any length, each with memory of its own. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => Buffer.from(bytes.subarray(cuts[index], end)));
}

function shown(messages: readonly ReceivedMessage[]): unknown[] {
  return messages.map(({ stream, partition, key, value, offset, timestamp }) => {
    return { stream, partition, key: key && Buffer.from(key), value: Buffer.from(value), offset, timestampMs: timestamp.getTime() };
  });
}

function expected(stream: string, messages: readonly Sent[]): unknown[] {
  return messages.map(({ key, value, partition, ...rest }) => {
    return { stream, partition: String(partition), key: key && Buffer.from(key), value: Buffer.from(value), ...rest };
  });
}

const message: fc.Arbitrary<Sent> = fc.record({
  partition: fc.nat({ max: 2 }),
  key: fc.option(fc.uint8Array({ maxLength: 20 })),
  value: fc.uint8Array({ maxLength: 60 }),
  offset: fc.maxSafeNat(),
  timestampMs: fc.oneof(fc.constant(1_700_000_000_000), fc.nat({ max: 8_640_000_000_000_000 })),
});
const stream = fc.string({ unit: 'grapheme', minLength: 1 });
const messages = fc.array(message, { maxLength: 12 });
const places = fc.array(fc.nat(), { maxLength: 8 });
const one: Sent = { partition: 3, key: Buffer.from('key'), value: Buffer.from('value of 11'), offset: 258, timestampMs: 1_700_000_000_000 };

describe('messages in binary', () => {
  test('are what was written, wherever the answer is cut into pieces', () => {
    fc.assert(
      fc.property(stream, messages, places, (name, sent, at) => {
        expect(shown(decodeBinary(cut(written(name, sent), at)))).toEqual(expected(name, sent));
      }),
      { numRuns: 1000 },
    );
    const two = written('orders', [one, { ...one, key: null, offset: 259 }]);
    for (let at = 0; at <= two.length; at += 1) expect(shown(decodeBinary(cut(two, [at])))).toHaveLength(2);
  });

  test('have keys and values that begin at a multiple of 8, for numbers to be looked at in place', () => {
    fc.assert(
      fc.property(messages, places, (sent, at) => {
        for (const { key, value } of decodeBinary(cut(written('orders', sent), at))) {
          expect([(key?.byteOffset ?? 0) % 8, value.byteOffset % 8]).toEqual([0, 0]);
        }
      }),
    );
  });

  test('stay as they are when the memory of the answer is used for something else', () => {
    const pieces = cut(written('orders', [one, one, one]), [50, 150]);
    const received = decodeBinary(pieces);
    for (const piece of pieces) piece.fill('x');
    expect(shown(received)).toEqual(expected('orders', [one, one, one]));
  });

  test('are taken in time that grows with the answer, however many pieces a message comes in', () => {
    const value = Buffer.alloc(4 * 1024 * 1024, 'v');
    const bytes = written('orders', [{ ...one, value }]);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 64) }, (_, index) => bytes.subarray(index * 64, (index + 1) * 64));
    expect(decodeBinary(pieces)[0]?.value.equals(value)).toBe(true);
  });

  test('that end too early are refused', () => {
    const whole = written('orders', [one, { ...one, key: null }]);
    for (let length = 0; length < whole.length; length += 1) expect(decodedOrRefused(whole.subarray(0, length))).toBe('refused');
    expect(() => decodeBinary([])).toThrow('Expected 8 bytes, got 0.');
    expect(() => decodeBinary([whole.subarray(0, 16 + 56)])).toThrow('Expected 2 messages, got 1.');
    expect(() => decodeBinary([whole.subarray(0, 100)])).toThrow('Expected 32 bytes, got 28.');
    expect(() => decodeBinary([whole.subarray(0, 110)])).toThrow('Expected 48 bytes, got 38.');
  });

  test('that are more than the answer says are refused', () => {
    const whole = written('orders', [one, { ...one, key: null }]);
    expect(() => decodeBinary([whole, whole.subarray(16)])).toThrow('Expected 2 messages, got 4.');
    expect(() => decodeBinary([whole, Buffer.alloc(8)])).toThrow('Expected 32 bytes, got 8.');
  });

  test('with any bytes changed, and cut anywhere, are messages or refused', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(messages, changes, places, (sent, changed, at) => {
        const bytes = written('orders', [one, ...sent]);
        for (const [place, byte] of changed) bytes[place % bytes.length] = byte;
        const decoded = decodedOrRefused(...cut(bytes, at));
        expect(decoded === 'refused' ? 0 : decoded.length).toBeLessThanOrEqual(bytes.length / 32);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Throws what is no refusal. */
function decodedOrRefused(...pieces: readonly Uint8Array[]): ReceivedMessage[] | 'refused' {
  try {
    return decodeBinary(pieces);
  } catch (error) {
    if (error instanceof RangeError) return 'refused';
    throw error;
  }
}
