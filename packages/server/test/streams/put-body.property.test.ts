// parsePutMessages against JSON.parse and Buffer.from: the same messages out of every body, and a refusal where they refuse.
import fc from 'fast-check';
import { limits } from 'millrace-protocol';
import { expect, test } from 'vitest';
import { ApiError } from '../../src/api-error.ts';
import { parsePutMessages } from '../../src/streams/put-body.ts';
import { type ParsedMessage, valuesIn } from './parsed-messages.ts';

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What the body says, read the long way round; undefined if it must be refused. */
function reference(body: Buffer): ParsedMessage[] | undefined {
  try {
    const root: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
    const { messages } = root as { messages?: unknown };
    if (Array.isArray(root) || !Array.isArray(messages) || messages.length === 0) return undefined;
    const decoded = messages.map(referenceMessage);
    const bytes = decoded.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + value.length, 0);
    return bytes <= limits.putBytes.max ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function referenceMessage(message: unknown): ParsedMessage {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) throw new TypeError('No object.');
  const { key, value } = message as { key?: unknown; value?: unknown };
  const decodedKey = key === undefined || key === null ? null : decode(key);
  const decodedValue = decode(value);
  if ((decodedKey?.length ?? 0) > limits.keyBytes.max || decodedValue.length < 1) throw new RangeError('Wrong length.');
  return { key: decodedKey, value: decodedValue };
}

function decode(text: unknown): string {
  if (typeof text !== 'string' || !base64.test(text) || text.replaceAll('=', '').length % 4 === 1) throw new TypeError('No base64.');
  return Buffer.from(text, 'base64').toString('latin1');
}

/** The parser's answer in the same form. Anything but an `ApiError` passes through and fails the test. */
function parsed(body: Buffer): ParsedMessage[] | undefined {
  try {
    // A copy: the parser decodes in place.
    return valuesIn(parsePutMessages(Buffer.from(body)));
  } catch (error) {
    if (error instanceof ApiError && error.message !== '') return undefined;
    throw error;
  }
}

const bytes = fc.uint8Array({ maxLength: 40 });
const message = fc.record({
  key: fc.oneof(fc.constant(undefined), fc.constant(null), bytes.map(encode)),
  value: fc.oneof(
    { weight: 9, arbitrary: bytes.map(encode) },
    { weight: 1, arbitrary: fc.constantFrom(null, 7, 'YQ', 'a', 'YW=', 'a-', '') },
  ),
});
const unknownMembers = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 5 }), { maxKeys: 3 });
const bodyValue = fc
  .tuple(unknownMembers, fc.array(fc.tuple(unknownMembers, message), { maxLength: 5 }))
  .map(([members, messages]) => ({ ...members, messages: messages.map(([others, own]) => ({ ...others, ...own })) }));
const indent = fc.constantFrom(undefined, 1, '\t');
/** Valid JSON, with some characters of it written as escapes. */
const bodyText = fc
  .tuple(bodyValue, indent, fc.infiniteStream(fc.nat({ max: 9 })))
  .map(([value, space, chances]) =>
    JSON.stringify(value, null, space).replace(/[a-zA-Z0-9=]/g, (character) => escaped(character, chances)),
  );

function encode(raw: Uint8Array): string {
  return Buffer.from(raw).toString('base64');
}

/** Only inside strings would an escape be JSON; the words and numbers outside are left alone by chance alone, so both are tried. */
function escaped(character: string, chances: Iterator<number>): string {
  return chances.next().value === 0 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character;
}

test('out of every valid body come the messages JSON.parse and Buffer.from find', () => {
  fc.assert(
    fc.property(bodyValue, indent, (value, space) => {
      const body = Buffer.from(JSON.stringify(value, null, space));
      expect(parsed(body)).toEqual(reference(body));
    }),
  );
});

test('with escapes written anywhere the two agree as well', () => {
  fc.assert(
    fc.property(bodyText, (text) => {
      const body = Buffer.from(text);
      expect(parsed(body)).toEqual(reference(body));
    }),
  );
});

test('of a body with bytes changed, cut out, put in or cut off, they agree as well', () => {
  const hostile = fc.constantFrom(...Buffer.from('{}[]",:\\/nu0-1eE. \n\t\u0000=+_-x'), 0x80, 0xc3, 0xef, 0xff);
  const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom('change', 'insert', 'remove', 'cut'), hostile), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(bodyValue, edits, (value, changes) => {
      let body = Buffer.from(JSON.stringify(value));
      for (const [position, kind, byte] of changes) body = edited(body, position % (body.length + 1), kind, byte);
      const expected = reference(body);
      // Only the last of two members of the same name is judged by JSON.parse.
      fc.pre(expected === undefined || parsed(body) !== undefined || !/"(key|value|messages)".*"\1"/s.test(body.toString()));
      expect(parsed(body)).toEqual(expected);
    }),
  );
});

function edited(body: Buffer, at: number, kind: string, byte: number): Buffer<ArrayBuffer> {
  const middle = kind === 'change' || kind === 'insert' ? [byte] : [];
  const rest = kind === 'cut' ? body.length : at + (kind === 'insert' ? 0 : 1);
  return Buffer.concat([body.subarray(0, at), Buffer.from(middle), body.subarray(rest)]);
}

test('of any bytes at all, they agree as well', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
      const body = Buffer.from(raw);
      expect(parsed(body)).toEqual(reference(body));
    }),
  );
});
