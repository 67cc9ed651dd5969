// The body of PutMessages, member by member: what is accepted, and the exact words of every refusal.
import { limits } from 'millrace-protocol';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../src/api-error.ts';
import { parsePutMessages } from '../../src/streams/put-body.ts';
import { type ParsedMessage, refusalOf, valuesIn } from './parsed-messages.ts';

const parse = (text: string): ParsedMessage[] => valuesIn(parsePutMessages(Buffer.from(text)));
const refusal = (body: string | Buffer) => refusalOf(() => parsePutMessages(Buffer.from(body)));
const unparsable = (message: string) => ({ code: 'InvalidParameter', message: `Unable to parse JSON body: ${message}` });
const invalid = (message: string) => ({ code: 'InvalidParameter', message });
const missing = (message: string) => ({ code: 'MissingParameter', message });

/** Base64 of `size` bytes. */
const filled = (size: number): string => Buffer.alloc(size, 'x').toString('base64');

const nested = (depth: number): string => `{"x":${'['.repeat(depth)}${']'.repeat(depth)},"messages":[{"value":"YQ=="}]}`;
const bodyOf = (value: string, key?: string): string => JSON.stringify({ messages: [{ key, value }] });

describe('members', () => {
  const hello = [{ key: null, value: 'hello' }];

  test.each([
    ['in the usual order', '{"messages":[{"key":"a2V5","value":"aGVsbG8="}]}'],
    ['in the other order', '{"messages":[{"value":"aGVsbG8=","key":"a2V5"}]}'],
    ['with white space wherever it may stand', ' {\n\t"messages" :\r[ { "key" : "a2V5" , "value" : "aGVsbG8=" } ] } \n'],
    ['with escapes in their names', '{"mess\\u0061ges":[{"k\\u0065y":"a2V5","valu\\u0065":"aGVsbG8="}]}'],
  ])('%s', (_what, text) => {
    expect(parse(text)).toEqual([{ key: 'key', value: 'hello' }]);
  });

  test.each([
    ['an absent key', '{"messages":[{"value":"aGVsbG8="}]}'],
    ['a null key', '{"messages":[{"value":"aGVsbG8=","key":null}]}'],
  ])('%s is no key', (_what, text) => {
    expect(parse(text)).toEqual(hello);
  });

  test('an empty key is a key', () => {
    expect(parse('{"messages":[{"key":"","value":"aGVsbG8="}]}')).toEqual([{ key: '', value: 'hello' }]);
  });

  test.each([
    '1',
    '-0.5e+10',
    '1E-2',
    '9'.repeat(5000),
    '0',
    'true',
    'false',
    'null',
    '""',
    '"a\\"\\\\b\\u00e9\\n"',
    '[]',
    '{}',
    '[[],[{}]]',
    '{"a":{"a":[1,2]}}',
  ])('an unknown member with %s is ignored, in the body and in a message', (value) => {
    expect(parse(`{"x":${value},"messages":[{"y":${value},"value":"aGVsbG8=","z":${value}}],"z":${value}}`)).toEqual(hello);
  });

  test('of a member that stands twice the last one counts', () => {
    expect(parse('{"messages":[{"value":"YQ=="}],"messages":[{"value":"YQ==","value":"aGVsbG8=","key":"YQ==","key":null}]}')).toEqual(
      hello,
    );
    expect(refusal('{"messages":[{"value":"YQ=="}],"messages":null}')).toEqual(missing('messages: required, but not given.'));
    expect(refusal('{"messages":[{"value":"YQ==","value":null}]}')).toEqual(missing('Message 1: value is required, but not given.'));
  });

  test.each([
    ['{}', missing('messages: required, but not given.')],
    ['{"messages":null}', missing('messages: required, but not given.')],
    ['{"Messages":[]}', missing('messages: required, but not given.')],
    ['{"messages":[]}', invalid('messages: expected at least one message, got none.')],
    ['{"messages":{}}', invalid('messages: expected an array.')],
    ['{"messages":"YQ=="}', invalid('messages: expected an array.')],
    ['{"messages":[{"value":"YQ=="},null]}', invalid('Message 2: expected an object with a value.')],
    ['{"messages":["YQ=="]}', invalid('Message 1: expected an object with a value.')],
    ['{"messages":[{}]}', missing('Message 1: value is required, but not given.')],
    ['{"messages":[{"value":"YQ=="},{"value":null}]}', missing('Message 2: value is required, but not given.')],
    ['{"messages":[{"value":"YQ=="},]}', invalid('Message 2: expected an object with a value.')],
    ['{"messages":[{"value":5}]}', invalid('Message 1: value is not a string; expected base64.')],
    ['{"messages":[{"value":["YQ=="]}]}', invalid('Message 1: value is not a string; expected base64.')],
    ['{"messages":[{"value":"YQ==","key":false}]}', invalid('Message 1: key is not a string; expected base64.')],
  ])('%s is refused', (body, expected) => {
    expect(refusal(body)).toEqual(expected);
  });
});

describe('JSON that is none', () => {
  test.each([
    ['', '"{" expected at byte 0, got the end.'],
    ['   ', '"{" expected at byte 3, got the end.'],
    ['null', '"{" expected at byte 0, got "n".'],
    ['[]', '"{" expected at byte 0, got "[".'],
    ['\uFEFF{"messages":[{"value":"YQ=="}]}', '"{" expected at byte 0, got 0xef.'],
    ['{"messages":[{"value":"YQ=="}]}x', 'the end expected at byte 31, got "x".'],
    ['{"messages":[{"value":"YQ=="}]}{}', 'the end expected at byte 31, got "{".'],
    ['{"messages":[{"value":"YQ=="}]', '"}" expected at byte 30, got the end.'],
    ['{"messages":[{"value":"YQ=="}', '"]" expected at byte 29, got the end.'],
    ['{"messages":[{"value":"YQ==', 'the end of a string expected at byte 23, got "Y".'],
    ['{"messages":[{"value":"YQ==",}]}', 'a string expected at byte 29, got "}".'],
    ['{messages:[]}', 'a string expected at byte 1, got "m".'],
    ["{'messages':[]}", 'a string expected at byte 1, got "\'".'],
    ['{"x":01,"messages":[]}', '"}" expected at byte 6, got "1".'],
    ['{"x":1.}', 'a digit expected at byte 7, got "}".'],
    ['{"x":-}', 'a digit expected at byte 6, got "}".'],
    ['{"x":1e}', 'a digit expected at byte 7, got "}".'],
    ['{"x":+1}', 'a value expected at byte 5, got "+".'],
    ['{"x":.5}', 'a value expected at byte 5, got ".".'],
    ['{"x":NaN}', 'a value expected at byte 5, got "N".'],
    ['{"x":nul}', 'a value expected at byte 5, got "n".'],
    ['{"x":truely}', '"}" expected at byte 9, got "l".'],
    ['{"x":}', 'a value expected at byte 5, got "}".'],
    ['{"x":"a\nb"}', 'a string without control characters expected at byte 7, got "\\n".'],
    ['{"x":"\u001f"}', 'a string without control characters expected at byte 6, got "\\u001f".'],
    ['{"x":"\\x"}', 'a valid escape expected at byte 7, got "x".'],
    ['{"x":"\\u12G4"}', 'a valid escape expected at byte 7, got "u".'],
    ['{"a\u0000":1}', 'a string without control characters expected at byte 3, got "\\u0000".'],
    ['{"x":1/**/}', '"}" expected at byte 6, got "/".'],
  ])('%j is refused with the place', (body, message) => {
    expect(refusal(body)).toEqual(unparsable(message));
  });

  test.each([Buffer.from('7b22ff227d', 'hex'), Buffer.from('{"x":"\xC3\x28"}', 'latin1'), Buffer.from('{"x":"\xED\xA0\x80"}', 'latin1')])(
    'bytes that are no UTF-8 are refused',
    (body) => {
      expect(refusal(body)).toEqual(unparsable('the body is not valid UTF-8.'));
    },
  );

  test('what is ignored may nest 64 levels deep and no deeper', () => {
    expect(parse(nested(64))).toEqual([{ key: null, value: 'a' }]);
    expect(refusal(nested(66))).toEqual(unparsable('nested more than 64 levels deep at byte 70.'));
  });
});

describe('base64', () => {
  test.each([
    ['YQ==', 'a'],
    ['YQ', 'a'],
    ['YQ=', 'a'],
    ['YWI', 'ab'],
    ['YWI==', 'ab'],
    ['YWJj==', 'abc'],
    ['YR==', 'a'],
    ['+/+/', '\xfb\xff\xbf'],
  ])('%s stands for its bytes: padding may be missing or too long, spare bits are dropped', (value, decoded) => {
    expect(parsePutMessages(Buffer.from(bodyOf(value))).bytes.toString('latin1', 0, decoded.length)).toBe(decoded);
  });

  test('padding too long is so at any length', () => {
    for (const digits of [8190, 8191, 8192, 16_383]) {
      expect(parse(bodyOf(`${'A'.repeat(digits)}==`))[0]?.value).toHaveLength(Math.floor(digits * 0.75));
    }
  });

  test('escapes in it are what they stand for', () => {
    expect(parse('{"messages":[{"value":"aGVsbG8\\u003d","key":"\\u0061\\/\\/\\u002b"}]}')[0]?.value).toBe('hello');
  });

  test.each([
    ['aGVs\nbG8=', 'value is not base64: "\\n" at character 5 of 9.'],
    ['aGVs bG8=', 'value is not base64: " " at character 5 of 9.'],
    ['ab-_', 'value is not base64: "-" at character 3 of 4.'],
    ['YQ==YQ==', 'value is not base64: "=" at character 3 of 8.'],
    ['YQ===', 'value is not base64: "=" at character 3 of 5.'],
    ['=YQ=', 'value is not base64: "=" at character 1 of 4.'],
    ['été=', 'value is not base64: "é" at character 1 of 4.'],
    ['a', 'value is not base64: its 1 characters leave a group of one.'],
    ['abcde', 'value is not base64: its 5 characters leave a group of one.'],
    ['====', 'value is not base64: "=" at character 1 of 4.'],
  ])('%j is refused with message, member and place', (value, message) => {
    expect(refusal(`{"messages":[{"value":"YQ=="},${JSON.stringify({ value })}]}`)).toEqual(unparsable(`Message 2: ${message}`));
  });

  test('a line break that is not escaped is refused the same way', () => {
    expect(refusal('{"messages":[{"value":"aGVs\nbG8="}]}').message).toBe(
      'Unable to parse JSON body: Message 1: value is not base64: "\\n" at character 5 of 9.',
    );
  });

  test('the URL alphabet is refused where it hides in escapes, and where it stands far behind', () => {
    expect(refusal('{"messages":[{"value":"ab\\u002d\\u005f"}]}').message).toContain('"-" at character 3 of 4.');
    expect(refusal(bodyOf(`${'A'.repeat(20_000)}_AAA`)).message).toContain('"_" at character 20001 of 20004.');
  });
});

/** Two messages; the second has a key of 256 bytes and a value of `last`. */
function together(last: number): string {
  const messages = [{ value: filled(1_000_000) }, { key: filled(256), value: filled(last) }];
  return JSON.stringify({ messages });
}

describe('limits', () => {
  test('a value has 1 to 1,048,576 bytes', () => {
    expect(parse(bodyOf(filled(1)))[0]?.value).toHaveLength(1);
    expect(parse(bodyOf(filled(1_048_576)))[0]?.value).toHaveLength(1_048_576);
    expect(refusal(bodyOf(''))).toEqual(invalid('Message 1: value is empty; at least 1 byte is required.'));
    const tooLong = invalid('Message 1: value is 1,048,577 bytes after base64 decoding; at most 1,048,576 are allowed.');
    expect(refusal(bodyOf(filled(1_048_577)))).toEqual(tooLong);
  });

  test('a key has 0 to 256 bytes', () => {
    for (const size of [0, 1, 256]) expect(parse(bodyOf('YQ==', filled(size)))[0]?.key).toHaveLength(size);
    const tooLong = invalid('Message 1: key is 257 bytes after base64 decoding; at most 256 are allowed.');
    expect(refusal(bodyOf('YQ==', filled(257)))).toEqual(tooLong);
  });

  test('all keys and values together have at most 1,048,576 bytes', () => {
    expect(parse(together(48_320))).toHaveLength(2);
    const message1 = 'Request size is limited to 1 MiB: decoded keys and values pass 1,048,576 bytes at message 2.';
    expect(refusal(together(48_321))).toEqual(invalid(message1));
  });

  test('as many messages as fit: a million of one byte', () => {
    const parsed = parsePutMessages(Buffer.from(`{"messages":[${'{"value":"YQ"},'.repeat(limits.putBytes.max - 1)}{"value":"YQ"}]}`));
    expect(parsed.count).toBe(limits.putBytes.max);
    expect(refusal(`{"messages":[${'{"value":"YQ"},'.repeat(limits.putBytes.max)}{"value":"YQ"}]}`).message).toMatch(
      /^Request size is limited to 1 MiB/,
    );
  });
});

/** The first value, or the text of the refusal. */
function outcomeOf(body: Buffer): string {
  try {
    return valuesIn(parsePutMessages(body))[0]?.value ?? '';
  } catch (error) {
    return error instanceof ApiError ? error.message : String(error);
  }
}

// Each of these once took time out of proportion somewhere, or could. That they end is what is tested.
describe('a body of 32 MiB made to cost more than it is long', () => {
  const size = limits.putBodyBytes.max;
  const around = (unit: string): string => `{"x":[${unit.repeat(Math.floor((size - 60) / unit.length))}""],"messages":[{"value":"YQ=="}]}`;

  test.each([
    ['opening brackets', () => '['.repeat(size)],
    ['an unknown member that opens brackets', () => `{"x":${'['.repeat(size - 5)}`],
    ['objects opened in each other', () => '{"a":'.repeat(size / 5)],
    ['strings of a thousand escapes', () => around(`"${'\\n'.repeat(1000)}",`)],
    ['tiny strings with an escape each', () => around('"\\n",')],
    ['a string that never ends, full of backslashes', () => `{"x":"${'\\\\'.repeat(size / 2 - 4)}`],
    ['quotes', () => `{"x":[${'"a",'.repeat(size / 4 - 2)}`],
    ['numbers', () => around('1,')],
    ['one number', () => `{"x":${'1'.repeat(size - 5)}`],
    ['members', () => `{${'"a":1,'.repeat(Math.floor(size / 6) - 8)}"messages":[{"value":"YQ=="}]}`],
    ['members of a message', () => `{"messages":[{${'"a":1,'.repeat(Math.floor(size / 6) - 8)}"value":"YQ=="}]}`],
    ['empty lists of messages', () => `{${'"messages":[],'.repeat(Math.floor(size / 14) - 4)}"messages":[{"value":"YQ=="}]}`],
    ['keys said again and again', () => `{"messages":[{${'"key":"",'.repeat(Math.floor(size / 9) - 8)}"value":"YQ=="}]}`],
    ['white space', () => '{"messages":[{"value":"YQ=="}]}'.padEnd(size)],
  ])(
    '%s',
    (_what, make) => {
      const body = Buffer.from(make());
      expect(body.length).toBeGreaterThan(size * 0.9);
      expect(body.length).toBeLessThanOrEqual(size);
      expect(outcomeOf(body)).toMatch(/^(a|Unable to parse JSON body: .*)$/);
    },
    120_000,
  );
});
