// Received messages of services that answer JSON.
import { expect, test } from 'vitest';
import { decodeReceived } from '../src/decode.ts';

const message = {
  stream: 'orders',
  partition: '0',
  key: 'a2V5',
  value: 'dmFsdWU=',
  offset: 7,
  timestamp: '2026-01-02T03:04:05.678Z',
};

const received = (...messages: readonly object[]) => decodeReceived([Buffer.from(JSON.stringify(messages))], 'application/json');

test('keys and values are the bytes that the texts stand for', () => {
  const seen = received(message, { ...message, key: null, value: '' }).map(
    ({ stream, partition, keyBase64: key, valueBase64: value, offset, timestamp }) => {
      return { stream, partition, key, value, offset, timestamp: timestamp.toISOString() };
    },
  );
  expect(seen).toEqual([message, { ...message, key: null, value: '' }]);
});

test('numbers can be looked at in place, whatever stands before them', () => {
  const numbers = new Float64Array([1.5, -2]);
  const [, second] = received(message, { ...message, value: Buffer.from(numbers.buffer).toString('base64') });
  const bytes = second?.value ?? Buffer.alloc(0);
  expect(new Float64Array(bytes.buffer, bytes.byteOffset, 2)).toEqual(numbers);
});

test.each([{ value: null }, { value: undefined }, { value: 7 }, { key: undefined }, { timestamp: null }])(
  'a message beside one with %j, which the service never sends, is given out',
  (member) => {
    expect(received({ ...message, ...member }, message)[1]?.text()).toBe('value');
  },
);

test.each(['dmFsdWU', 'dmFsdWU=dmFsdWU=', 'dmF sdWU', '====', '=', 'dmFsdWU*', 'd==='])(
  'of %j, which is no base64 with its padding, the bytes are what Node makes of it',
  (text) => {
    expect(received({ ...message, value: text })[0]?.value).toEqual(Buffer.from(text, 'base64'));
  },
);

test('of a service that does not say what its answer is, JSON is expected', () => {
  expect(decodeReceived([Buffer.from(JSON.stringify([message]))])[0]?.text()).toBe('value');
});
