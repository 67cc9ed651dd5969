// Record batches to the two forms of GetMessages, batches no put could have made included.
import type { Message } from 'millrace-protocol/shapes';
import { encodeBatch, stampBatch } from 'millrace-records';
import { describe, expect, test } from 'vitest';
import { BufferPool } from '../../src/buffer-pool.ts';
import { formatFor, pickMessages } from '../../src/streams/message-format.ts';
import { binaryType, readBinary } from '../support/read-binary.ts';

const everything = { stream: 's', partition: 3, fromOffset: 0, limit: 10_000, notBefore: 0 };

function batchAt(offset: number, timestampMs: number, values: readonly Buffer[], key: Buffer | null = null): Buffer {
  const batch = encodeBatch(values.map((value) => ({ key, value })));
  stampBatch(batch, offset, timestampMs);
  return batch;
}

describe.each([
  ['JSON', formatFor(undefined), (body: Buffer) => JSON.parse(body.toString()) as Message[]],
  ['binary', formatFor(binaryType), readBinary],
])('as %s', (_, format, messagesIn) => {
  const read = (batches: readonly Buffer[], selection = everything) => {
    const { stream, limit, ...reading } = selection;
    const { write, length, count, nextOffsets } = pickMessages(format, stream, [{ batches, ...reading }], limit, new BufferPool());
    const body = write();
    expect(length ?? body.length).toBe(body.length);
    const messages = messagesIn(body);
    expect(messages).toHaveLength(count);
    const [nextOffset] = nextOffsets;
    return { offsets: messages.map(({ offset }) => offset), messages, nextOffset };
  };

  test('no batches are no messages, and the position stays', () => {
    expect(read([], { ...everything, fromOffset: 7 })).toEqual({ offsets: [], messages: [], nextOffset: 7 });
  });

  test('a message larger than an answer may be comes alone all the same', () => {
    const large = batchAt(0, 1000, [Buffer.alloc(1_048_577)], Buffer.from('key'));
    const { offsets, nextOffset } = read([large, batchAt(1, 1000, [Buffer.from('x')])]);
    expect([offsets, nextOffset]).toEqual([[0], 1]);
  });

  test('what stands before the position, or was stamped before the time, is left out', () => {
    const values = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    const batches = [batchAt(10, 1000, values), batchAt(13, 2000, values)];
    expect(read(batches, { ...everything, fromOffset: 12 }).offsets).toEqual([12, 13, 14, 15]);
    expect(read(batches, { ...everything, fromOffset: 10, notBefore: 1001 }).offsets).toEqual([13, 14, 15]);
  });

  test('when nothing was left in, the next position is behind what was left out', () => {
    const batches = [batchAt(10, 1000, [Buffer.from('a'), Buffer.from('b')])];
    expect(read(batches, { ...everything, fromOffset: 10, notBefore: 2000 })).toEqual({ offsets: [], messages: [], nextOffset: 12 });
  });

  test('the largest offset and time fit, next to a stream name of any characters', () => {
    const batch = batchAt(Number.MAX_SAFE_INTEGER, Date.UTC(9999, 11, 31), [Buffer.from('a')], Buffer.alloc(0));
    const stream = '"\\\u0001é😀'.repeat(200);
    expect(read([batch], { ...everything, stream }).messages).toEqual([
      { stream, partition: '3', key: '', value: 'YQ==', offset: Number.MAX_SAFE_INTEGER, timestamp: '9999-12-31T00:00:00.000Z' },
    ]);
  });

  test('several readings follow one another, and what did not fit is where the next one begins', () => {
    const three = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    const readings = [4, 1, 0, 9].map((partition) => ({
      partition,
      batches: partition === 1 ? [] : [batchAt(100, 1000, three)],
      fromOffset: 101,
      notBefore: 0,
    }));
    const { write, count, nextOffsets } = pickMessages(format, 's', readings, 5, new BufferPool());
    expect(messagesIn(write()).map(({ partition, offset }) => [partition, offset])).toEqual([
      ['4', 101],
      ['4', 102],
      ['0', 101],
      ['0', 102],
      ['9', 101],
    ]);
    expect([count, nextOffsets]).toEqual([5, [103, 101, 103, 102]]);
  });

  test('the bytes of an answer are those of all readings together', () => {
    const half = Buffer.alloc(600_000);
    const readings = [0, 1].map((partition) => ({ partition, batches: [batchAt(0, 1000, [half])], fromOffset: 0, notBefore: 0 }));
    const { count, nextOffsets } = pickMessages(format, 's', readings, 10, new BufferPool());
    expect([count, nextOffsets]).toEqual([1, [1, 0]]);
  });
});

test('the binary form is what PROTOCOL.md says, byte for byte', () => {
  const batch = batchAt(258, 1_700_000_000_000, [Buffer.from('value of 11')], Buffer.from('key'));
  const readings = [{ partition: 3, batches: [batch], fromOffset: 0, notBefore: 0 }];
  const { write } = pickMessages(formatFor(binaryType), 'orders', readings, 1, new BufferPool());
  expect(
    write()
      .toString('hex')
      .match(/.{1,16}/g),
  ).toEqual([
    '0600000001000000', // length of the name, number of messages
    '6f72646572730000', // orders
    '0201000000000000', // offset
    '0068e5cf8b010000', // timestamp
    '0300000003000000', // partition, length of the key
    '0b00000000000000', // length of the value
    '6b65790000000000', // key
    '76616c7565206f66', // value of
    '2031310000000000', //  11
  ]);
});

test.each([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/*;q=0.9, text/plain', 'application/json'],
  [`${binaryType};q=0, */*`, 'application/json'],
  [`${binaryType}; Q=0.000`, 'application/json'],
  [`${binaryType}.other`, 'application/json'],
  [binaryType, binaryType],
  [`${binaryType}, application/json`, binaryType],
  [`application/json;q=0.5 , Application/vnd.Millrace.Messages ; q=0.05`, binaryType],
])('to accept: %s the answer is %s', (accept, mediaType) => {
  expect(formatFor(accept).mediaType).toBe(mediaType);
});
