// A broken promise is told from a broken program, and nothing of a plant stays behind.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plant } from './plant.ts';
import { outcomeOf, Workshop } from './workshop.ts';

const committer = 'packages/log/src/committer.ts';
const sync = 'if (this.#mustSync(entries)) await journal.sync();';
let workshop: Workshop;

beforeAll(() => {
  workshop = new Workshop('test');
});

afterAll(() => workshop.clear());

test('a promise that the copy breaks is found, with level, seed and words', { timeout: 300_000 }, async () => {
  const neverSynced = plant('log', 'never-synced', 'nothing is synced', committer, sync, '');
  const outcome = await workshop.run(neverSynced, 'log', 1, 20);
  expect(outcome).toMatchObject({ kind: 'found', level: 'log', words: expect.stringMatching(/\S/) });
});

test.each([
  ['does not parse', 'SyntaxError: Unexpected token'],
  ['throws what the language throws', 'BROKEN at level log, seed 3; again: …\nTypeError: undefined is not a function'],
])('a program that %s is no finding', (_, output) => {
  expect(outcomeOf(output)).toEqual({ kind: 'failed', output });
});

test('a plant that does not fit is refused, and the copy is as it was', { timeout: 300_000 }, async () => {
  const twice = plant('log', 'twice', 'there are two such places', committer, 'catalogue', 'catalog');
  await expect(workshop.run(twice, 'log', 1, 1)).rejects.toThrow('places to plant at instead of one: catalogue');
  expect(await workshop.run(undefined, 'log', 1, 1)).toEqual({ kind: 'clean' });
});
