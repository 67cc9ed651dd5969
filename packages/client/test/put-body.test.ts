import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CheckedMessages, encodePutBody } from '../src/put-body.ts';

const base64 = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const messages = fc.array(fc.record({ key: base64, value: base64 }, { requiredKeys: ['value'] }), { maxLength: 60 });

test('a body is the JSON of its messages, long ones too, and whether or not their texts are looked at', () => {
  fc.assert(
    fc.property(messages, (list) => {
      const expected = JSON.stringify({ messages: list });
      expect(Buffer.from(encodePutBody({ messages: list })).toString()).toBe(expected);
      expect(Buffer.from(encodePutBody(new CheckedMessages(list))).toString()).toBe(expected);
    }),
  );
});

test('texts of the caller are looked at in every message', () => {
  const list = [{ value: 'aGk=' }, { key: 'aGk=', value: 'a-k=' }];
  expect(() => encodePutBody({ messages: list })).toThrow(
    'Message 2 of 2: value: expected base64 (standard alphabet), got "-" at character 1.',
  );
});
