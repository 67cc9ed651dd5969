// An answer of GetMessages is the messages that were wanted, in JSON as JSON.stringify makes it, and never outgrows its buffer.
import fc from 'fast-check';
import { formatTime } from 'millrace-protocol';
import { encodeBatch, endOffsetOf, stampBatch } from 'millrace-records';
import { expect, test } from 'vitest';
import { BufferPool } from '../../src/buffer-pool.ts';
import { formatFor, pickMessages } from '../../src/streams/message-format.ts';
import { binaryType, readBinary } from '../support/read-binary.ts';

interface Sent {
  readonly key: Buffer | null;
  readonly value: Buffer;
}

const bytes = fc.oneof(
  { weight: 7, arbitrary: fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)) },
  // Some are put together with others before they are written, some are not.
  { weight: 3, arbitrary: fc.integer({ min: 300, max: 3000 }).map((length) => Buffer.alloc(length, 0xa5)) },
  // Longer than what is encoded at a time.
  { weight: 1, arbitrary: fc.integer({ min: 6000, max: 20_000 }).map((length) => Buffer.alloc(length, 0xfb)) },
);
const record: fc.Arbitrary<Sent> = fc.record({ key: fc.option(bytes), value: bytes });
const batches = fc.array(fc.tuple(fc.array(record, { minLength: 1, maxLength: 30 }), fc.nat({ max: 3 })), { maxLength: 5 });
const first = fc.integer({ min: 0, max: 2 ** 52 });
const largestTime = 8_640_000_000_000_000 - 100;

test('the messages from an offset and a time on, up to a limit, and where to go on', () => {
  fc.assert(
    fc.property(
      fc.record({ stream: fc.string({ unit: 'grapheme' }), partition: fc.nat({ max: 10_000 }), limit: fc.integer({ min: 1, max: 60 }) }),
      batches,
      first,
      fc.nat({ max: largestTime }),
      fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 6 })),
      ({ stream, partition, limit }, given, baseOffset, startMs, [skip, laterMs]) => {
        const stored = storedFrom(given, baseOffset, startMs);
        const selection = { partition, fromOffset: baseOffset + skip, notBefore: startMs + laterMs };
        const pick = (accept: string) =>
          pickMessages(formatFor(accept), stream, [{ batches: stored.batches, ...selection }], limit, new UsedBuffers());
        const { write, count, nextOffsets } = pick('application/json');
        const binary = pick(binaryType);
        const inBinary = binary.write();
        const [nextOffset] = nextOffsets;
        const wanted = stored.messages
          .filter(({ offset, atMs }) => offset >= selection.fromOffset && atMs >= selection.notBefore)
          .slice(0, limit);
        const expected = wanted.map(({ key, value, offset, atMs }) => ({
          stream,
          partition: String(partition),
          key: key?.toString('base64') ?? null,
          value: value.toString('base64'),
          offset,
          timestamp: formatTime(atMs),
        }));
        expect(write().toString()).toBe(JSON.stringify(expected));
        expect(readBinary(inBinary)).toEqual(expected);
        expect(binary).toMatchObject({ count, nextOffsets, length: inBinary.length });
        expect(count).toBe(expected.length);
        const last = wanted.length === limit ? wanted.at(-1) : stored.messages.at(-1);
        if (wanted.length < limit) expect(nextOffset).toBe(Math.max(selection.fromOffset, (last?.offset ?? -1) + 1));
        else expect(nextOffset).toBeGreaterThan(last?.offset ?? 0);
      },
    ),
  );
});

/** Buffers hold what others were sent. */
class UsedBuffers extends BufferPool {
  override take(length: number): Buffer {
    return Buffer.alloc(length, 0xee);
  }
}

/** Batches as the log gives them, each some milliseconds behind the one before, and the messages in them. */
function storedFrom(
  given: readonly (readonly [readonly Sent[], number])[],
  baseOffset: number,
  startMs: number,
): { batches: Buffer[]; messages: (Sent & { offset: number; atMs: number })[] } {
  const stored: ReturnType<typeof storedFrom> = { batches: [], messages: [] };
  let atMs = startMs;
  for (const [records, laterMs] of given) {
    const last = stored.batches.at(-1);
    const from = last === undefined ? baseOffset : endOffsetOf(last);
    atMs += laterMs;
    const batch = encodeBatch(records);
    stampBatch(batch, from, atMs);
    stored.batches.push(batch);
    stored.messages.push(...records.map((each, index) => ({ ...each, offset: from + index, atMs })));
  }
  return stored;
}
