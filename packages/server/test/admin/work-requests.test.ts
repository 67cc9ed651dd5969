// Work requests at the wire: what waiters poll after each change.
import type { WorkRequest, WorkRequestCollection } from 'millrace-protocol/shapes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestClock } from '../support/test-clock.ts';
import { createStream, startTestServer, type TestServer } from '../support/test-server.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown) => running.client.call(method, path, body === undefined ? {} : { body });

/** Creates, updates and deletes a stream of `compartmentId`: the ids of the three work requests, in that order. */
async function lifeOf(compartmentId: string): Promise<{ streamId: string; ids: string[] }> {
  const created = await call('POST', '/streams', { name: 's', partitions: 1, compartmentId });
  const { id: streamId } = created.json<{ id: string }>();
  const updated = await call('PUT', `/streams/${streamId}`, { freeformTags: {} });
  const deleted = await call('DELETE', `/streams/${streamId}`);
  return { streamId, ids: [created, updated, deleted].map(({ headers }) => headers['opc-work-request-id'] ?? '') };
}

async function list(query: string): Promise<{ ids: string[]; next: string | undefined }> {
  const answer = await call('GET', `/workRequests?${query}`);
  return { ids: answer.json<WorkRequestCollection>().items.map(({ id }) => id), next: answer.headers['opc-next-page'] };
}

test('each change has one, SUCCEEDED as soon as the change is answered, naming the stream and what became of it', async () => {
  const { streamId, ids } = await lifeOf('life');
  const kinds = [
    ['CREATE_STREAM', 'CREATED'],
    ['UPDATE_STREAM', 'UPDATED'],
    ['DELETE_STREAM', 'DELETED'],
  ];
  for (const [index, [operationType, actionType]] of kinds.entries()) {
    const answer = await call('GET', `/workRequests/${ids[index]}`);
    expect(answer.status).toBe(200);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(answer.json<WorkRequest>()).toEqual({
      id: ids[index],
      operationType,
      status: 'SUCCEEDED',
      compartmentId: 'life',
      resources: [{ entityType: 'stream', actionType, identifier: streamId, entityUri: `/20180418/streams/${streamId}` }],
      percentComplete: 100,
      timeAccepted: time,
      timeStarted: time,
      timeFinished: time,
    });
  }
});

describe('a list', () => {
  test('is by compartment, by stream or by id', async () => {
    const [one, two] = [await lifeOf('one'), await lifeOf('two')];
    expect((await list('compartmentId=one')).ids.toSorted()).toEqual(one.ids.toSorted());
    expect((await list(`resourceId=${two.streamId}`)).ids.toSorted()).toEqual(two.ids.toSorted());
    expect((await list(`workRequestId=${one.ids[1]}`)).ids).toEqual([one.ids[1]]);
    expect((await list(`compartmentId=one&resourceId=${two.streamId}`)).ids).toEqual([]);
    const answer = await call('GET', '/workRequests');
    expect([answer.status, answer.json()]).toEqual([
      400,
      { code: 'MissingParameter', message: 'compartmentId, resourceId or workRequestId: required, but not given.' },
    ]);
  });

  test('is turned page by page, in either order', async () => {
    for (let index = 0; index < 13; index += 1) await createStream(running.client, { name: `s${index}`, compartmentId: 'paged' });
    for (const order of ['ASC', 'desc']) {
      const first = await list(`compartmentId=paged&sortOrder=${order}&limit=5`);
      const second = await list(`compartmentId=paged&sortOrder=${order}&limit=5&page=${first.next}`);
      const third = await list(`compartmentId=paged&sortOrder=${order}&limit=5&page=${second.next}`);
      expect([first.ids.length, second.ids.length, third.ids.length, third.next]).toEqual([5, 5, 3, undefined]);
      expect(new Set([...first.ids, ...second.ids, ...third.ids]).size).toBe(13);
    }
    expect((await list('compartmentId=paged')).ids).toHaveLength(10);
    expect((await call('GET', '/workRequests?compartmentId=paged&limit=51')).status).toBe(400);
    expect((await call('GET', '/workRequests?compartmentId=paged&page=x')).status).toBe(400);
    expect((await call('GET', '/workRequests?compartmentId=paged&sortBy=size')).status).toBe(400);
    expect((await list('compartmentId=paged&sortBy=timeAccepted&limit=50')).ids).toHaveLength(13);
  });

  test('shows the newest first', async () => {
    const clock = new TestClock();
    await using timed = await startTestServer({}, { clock });
    const ids: (string | undefined)[] = [];
    for (const name of ['a', 'b', 'c']) {
      const body = { name, partitions: 1, compartmentId: 'newest' };
      const created = await timed.client.call('POST', '/streams', { body, date: new Date(clock.now()) });
      ids.unshift(created.headers['opc-work-request-id']);
      clock.advance(1000);
    }
    const answer = await timed.client.call('GET', '/workRequests?compartmentId=newest', { date: new Date(clock.now()) });
    expect(answer.json<WorkRequestCollection>().items.map(({ id }) => id)).toEqual(ids);
  });
});

test('one that is not there is answered 404', async () => {
  const answer = await call('GET', '/workRequests/absent');
  const message = 'Authorization failed or requested resource not found.';
  expect([answer.status, answer.json()]).toEqual([404, { code: 'NotAuthorizedOrNotFound', message }]);
});

test.each(['errors', 'logs'])('its %s are answered 501 with the reason', async (part) => {
  const answer = await call('GET', `/workRequests/any/${part}`);
  expect(answer.status).toBe(501);
  expect(answer.json<{ message: string }>().message).toContain('Work requests keep no errors and logs');
});
