// How long records of what is over stay readable, and what two changes at the same time make of each other.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ComposedServer, composeServer } from '../http/composed-server.ts';
import { TestClock } from '../support/test-clock.ts';

const dayMs = 86_400_000;
let clock: TestClock;
let composed: ComposedServer;

beforeEach(async () => {
  clock = new TestClock();
  composed = await composeServer({ clock });
});

afterEach(async () => {
  await composed[Symbol.asyncDispose]();
});

const details = { name: 's', partitions: 1, retentionInHours: 24, compartmentId: 'c', freeformTags: {}, definedTags: {} };
const statusOf = async (path: string) => (await composed.client.call('GET', path, { date: new Date(clock.now()) })).status;
const listed = async () =>
  (await composed.client.call('GET', '/streams?compartmentId=c', { date: new Date(clock.now()) })).json<unknown[]>().length;

test('the record of a deleted stream stays readable and listed for 90 days', async () => {
  const { stream } = await composed.service.catalogue.createStream(details);
  await composed.service.catalogue.deleteStream(stream.id);
  clock.advance(90 * dayMs);
  expect([await statusOf(`/streams/${stream.id}`), await listed()]).toEqual([200, 1]);
  clock.advance(1);
  expect([await statusOf(`/streams/${stream.id}`), await listed()]).toEqual([404, 0]);
});

test('a finished work request stays readable for 7 days', async () => {
  const { workRequestId } = await composed.service.catalogue.createStream(details);
  clock.advance(7 * dayMs);
  expect(await statusOf(`/workRequests/${workRequestId}`)).toBe(200);
  clock.advance(1);
  expect(await statusOf(`/workRequests/${workRequestId}`)).toBe(404);
});

test('a deletion that is asked for twice is one deletion, with one work request', async () => {
  const { catalogue } = composed.service;
  const { stream } = await catalogue.createStream(details);
  const [first, second] = await Promise.all([catalogue.deleteStream(stream.id), catalogue.deleteStream(stream.id)]);
  expect(second.workRequestId).toBe(first.workRequestId);
  expect(catalogue.stream(stream.id, 0).lifecycleState).toBe('DELETED');
});
