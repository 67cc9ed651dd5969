// The words of OCI request signatures: the text that is signed, and the header that carries it.
import fc from 'fast-check';
import { formatAuthorization, InvalidAuthorization, parseAuthorization, requiredSignedHeaders, signingString } from 'millrace-protocol';
import { expect, test } from 'vitest';

const valueOf = (name: string): string | undefined => ({ date: 'Thu, 05 Jan 2014 21:31:40 GMT', host: 'a:1' })[name];

test('the text to sign has a line for each header in order, the target as it is, no line break at the end', () => {
  const text = signingString(['date', '(request-target)', 'host'], 'POST', '//20180418/a%41?b=+', valueOf);
  expect(text).toBe('date: Thu, 05 Jan 2014 21:31:40 GMT\n(request-target): post //20180418/a%41?b=+\nhost: a:1');
});

test('a header that is not there cannot be signed', () => {
  expect(() => signingString(['x-date'], 'GET', '/', valueOf)).toThrow(
    new InvalidAuthorization('The header x-date is signed but was not sent.'),
  );
});

test('what a signature must cover depends on whether it covers the body', () => {
  const always = [['(request-target)'], ['host'], ['date', 'x-date']];
  expect(requiredSignedHeaders(false)).toEqual(always);
  expect(requiredSignedHeaders(true)).toEqual([...always, ['x-content-sha256'], ['content-type'], ['content-length']]);
});

test('parameters are written and read back', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9/:.+=$-]{1,20}$/);
  const name = fc.stringMatching(/^[a-z()-]{1,12}$/);
  fc.assert(
    fc.property(word, word, fc.array(name, { minLength: 1 }), word, (keyId, algorithm, headers, signature) => {
      const authorization = { keyId, algorithm, headers, signature };
      expect(parseAuthorization(formatAuthorization(authorization))).toEqual(authorization);
    }),
  );
});

function keyIdOrReason(text: string): string {
  try {
    return parseAuthorization(text).keyId;
  } catch (error) {
    if (error instanceof InvalidAuthorization) return error.message;
    throw error;
  }
}

test('any text is read or refused with a reason', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from('keyId="a,b" headers=')) }).map((text) => `Signature ${text}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(keyIdOrReason(text)).not.toBe('');
    }),
  );
});

test('a header made to be slow is refused like any other', () => {
  expect(() => parseAuthorization(`Signature ${'a="b",'.repeat(3)}${'a=""'.repeat(4000)}`)).toThrow('The parameter a stands twice.');
  expect(() => parseAuthorization(`Signature ${' '.repeat(16_000)}`)).toThrow('The parameter headers is missing.');
});
