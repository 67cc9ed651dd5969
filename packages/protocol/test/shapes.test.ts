// Unknown JSON to typed bodies: what is taken, and what is said of what is not.
import fc from 'fast-check';
import { createCursorDetails, createStreamDetails, InvalidShape, parseShape } from 'millrace-protocol/shapes';
import { expect, test } from 'vitest';

function problemOf(value: unknown): { problem: string; message: string } {
  try {
    parseShape(createStreamDetails, value);
  } catch (error) {
    if (error instanceof InvalidShape) return { problem: error.problem, message: error.message };
    throw error;
  }
  throw new Error('Expected a refusal.');
}

const stream = { name: 'a', partitions: 1, compartmentId: 'c' };

test('null members count as absent, unknown ones are let be, digits count as an integer', () => {
  const parsed = parseShape(createStreamDetails, { ...stream, partitions: '3', retentionInHours: null, other: [1] });
  expect(parsed).toMatchObject({ name: 'a', partitions: 3, compartmentId: 'c' });
  expect(parsed.retentionInHours).toBeUndefined();
});

test('an integer counts as text where the API takes either', () => {
  expect(parseShape(createCursorDetails, { partition: 7, type: 'LATEST' }).partition).toBe('7');
  expect(() => parseShape(createCursorDetails, { partition: 0.5, type: 'LATEST' })).toThrow('partition: expected a string, got 0.5.');
});

test('an absent member is told from a wrong one', () => {
  expect(problemOf({ name: 'a', compartmentId: 'c' })).toEqual({ problem: 'missing', message: 'partitions: required, but not given.' });
  expect(problemOf({ ...stream, partitions: [] })).toEqual({
    problem: 'invalid',
    message: 'partitions: expected an integer, got an array.',
  });
});

test('what came is shown: long texts by their length, what may be nested by its kind', () => {
  expect(problemOf({ ...stream, partitions: 'x'.repeat(65) }).message).toBe(
    'partitions: expected an integer, got a string of 65 characters.',
  );
  let deep: unknown = 1;
  for (let level = 0; level < 50_000; level += 1) deep = [deep];
  expect(problemOf({ ...stream, name: deep }).message).toBe('name: expected a string, got an array.');
});

test('members named like parts of the language are members', () => {
  const body: unknown = JSON.parse('{"name":"a","partitions":1,"__proto__":{"x":1},"constructor":null,"toString":"3"}');
  expect(parseShape(createStreamDetails, body)).toMatchObject({ name: 'a' });
  expect(({} as { x?: number }).x).toBeUndefined();
});

/** The type of what came, or `string` for a refusal, whose text says why. */
function outcomeOf(parse: () => unknown): string {
  try {
    return typeof parse();
  } catch (error) {
    if (error instanceof InvalidShape) return typeof error.message;
    throw error;
  }
}

test('any JSON has the shape or is refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(outcomeOf(() => parseShape(createStreamDetails, value).name)).toBe('string');
    }),
  );
});
