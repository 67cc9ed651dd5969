import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePutBody } from '../src/put-body.ts';

const base64 = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const messages = fc.array(fc.record({ key: base64, value: base64 }, { requiredKeys: ['value'] }), { maxLength: 60 });

test('a body is the JSON of its messages, long ones too, given as base64 or as bytes', () => {
  fc.assert(
    fc.property(messages, (list) => {
      const expected = JSON.stringify({ messages: list });
      expect(Buffer.from(encodePutBody({ messages: list })).toString()).toBe(expected);
      const inBytes = list.map(({ key, value }) => ({ key: key && Buffer.from(key, 'base64'), value: Buffer.from(value, 'base64') }));
      expect(Buffer.from(encodePutBody({ messages: inBytes })).toString()).toBe(expected);
    }),
  );
});

test('texts of the caller are looked at in every message', () => {
  const list = [{ value: 'aGk=' }, { key: 'aGk=', value: 'a-k=' }];
  expect(() => encodePutBody({ messages: list })).toThrow(
    'Message 2 of 2: value: expected base64 (standard alphabet), got "-" at character 1.',
  );
});
