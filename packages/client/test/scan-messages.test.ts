import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessages } from '../src/decode.ts';
import type { Message } from '../src/index.ts';
import { scanMessages } from '../src/scan-messages.ts';

const message = {
  stream: 'orders',
  partition: '0',
  key: 'a2V5',
  value: 'dmFsdWU=',
  offset: 7,
  timestamp: '2026-01-02T03:04:05.678Z',
};

const odd = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string(), fc.base64String());

/** Undefined if `pieces` are left to the general parser. */
function scanned(...pieces: readonly Uint8Array[]): Message[] | undefined {
  return scanMessages(pieces);
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

function messagesOf(text: fc.Arbitrary<string>, offset: fc.Arbitrary<number>): fc.Arbitrary<unknown[]> {
  const one = fc.record({
    stream: fc.oneof(fc.constant('orders'), text),
    partition: fc.nat({ max: 3 }).map(String),
    key: fc.oneof(fc.constant(null), text),
    value: text,
    offset,
    timestamp: fc.oneof(
      fc.date({ noInvalidDate: true }).map((time) => time.toISOString()),
      fc.constant(message.timestamp),
    ),
  });
  return fc.array(one, { minLength: 1 });
}

const asWritten = messagesOf(fc.base64String(), fc.nat());
const printable = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));

describe('scanning the answer of GetMessages', () => {
  it('gives what JSON.parse gives, for messages as the service writes them', () => {
    fc.assert(
      fc.property(asWritten, (messages) => {
        const body = Buffer.from(JSON.stringify(messages));
        expect(scanned(body)).toEqual(parseMessages([body]));
      }),
    );
  });

  it('gives the same wherever the text is cut into pieces', () => {
    fc.assert(
      fc.property(asWritten, fc.array(fc.nat(), { maxLength: 8 }), (messages, places) => {
        const body = Buffer.from(JSON.stringify(messages));
        const pieces = cut(body, places).filter(({ length }) => length > 0);
        expect(scanned(...pieces)).toEqual(parseMessages(pieces));
      }),
      { numRuns: 1000 },
    );
    const two = Buffer.from(JSON.stringify([message, { ...message, key: null, offset: 8 }]));
    for (let at = 1; at < two.length; at++) expect(scanned(two.subarray(0, at), two.subarray(at))).toEqual(parseMessages([two]));
  });

  it('gives what JSON.parse gives or nothing, for any messages', () => {
    fc.assert(
      fc.property(messagesOf(odd, fc.oneof(fc.nat(), fc.maxSafeNat(), fc.double())), (messages) => {
        const body = Buffer.from(JSON.stringify(messages));
        expect([undefined, parseMessages([body])]).toContainEqual(scanned(body));
      }),
    );
  });

  it('gives what JSON.parse gives or nothing, with any one character changed', () => {
    fc.assert(
      fc.property(asWritten, fc.nat(), fc.constantFrom(...printable), (messages, place, character) => {
        const text = JSON.stringify(messages);
        const at = place % text.length;
        const body = Buffer.from(text.slice(0, at) + character + text.slice(at + 1));
        expect([undefined, parsedOrNothing(body)]).toContainEqual(scanned(body));
      }),
      { numRuns: 3000 },
    );
  });

  it('takes messages as the service writes them', () => {
    const body = Buffer.from(JSON.stringify([message, { ...message, key: null, offset: 8 }, { ...message, partition: '1', offset: 0 }]));
    expect(scanned(body)).toEqual(parseMessages([body]));
    expect(scanned(body)).toHaveLength(3);
  });

  it.each([
    ['spaces', JSON.stringify([message], null, 1)],
    ['an escape', JSON.stringify([{ ...message, stream: 'a"b' }])],
    ['text beyond ASCII', JSON.stringify([{ ...message, stream: 'größe' }])],
    ['another order of members', JSON.stringify([Object.fromEntries(Object.entries(message).toReversed())])],
    ['a member more', JSON.stringify([{ ...message, size: 3 }])],
    ['a member less', JSON.stringify([{ ...message, timestamp: undefined }])],
    ['an offset beyond the exact integers', JSON.stringify([message]).replace('7', '12345678901234567890')],
    ['an offset with a leading zero', JSON.stringify([message]).replace('7', '07')],
    ['no messages', '[]'],
    ['no array', JSON.stringify(message)],
    ['nothing', ''],
    ['something behind the end', `${JSON.stringify([message])}]`],
  ])('leaves %s to the general parser', (_, body) => {
    expect(scanned(Buffer.from(body))).toBeUndefined();
  });

  it('ends at any place a text may be cut', () => {
    const whole = Buffer.from(JSON.stringify([message, { ...message, key: null }]));
    for (let length = 0; length < whole.length; length++) expect(scanned(whole.subarray(0, length))).toBeUndefined();
  });
});

function parsedOrNothing(body: Uint8Array): unknown {
  try {
    return parseMessages([body]);
  } catch {
    return undefined;
  }
}
