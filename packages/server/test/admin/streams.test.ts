// Streams at the wire: created, read, updated, deleted, and what each step refuses.
import type { Stream } from 'millrace-protocol/shapes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putMessages } from '../streams/messages.ts';
import type { CallOptions } from '../support/signed-client.ts';
import { createCursor, createStream, startTestServer, type TestServer } from '../support/test-server.ts';

let running: TestServer;
let names = 0;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const call = (method: string, path: string, options?: CallOptions) => running.client.call(method, path, options);
const fresh = (details: Record<string, unknown> = {}) => createStream(running.client, { name: `stream ${(names += 1)}`, ...details });
const create = (body: unknown) => call('POST', '/streams', { body });
const get = async (id: string) => (await call('GET', `/streams/${id}`)).json<Stream>();
const base = { name: 'unused', partitions: 1, compartmentId: 'c' };

describe('CreateStream', () => {
  test('answers the stream, CREATING, with etag and work request; it is ACTIVE at once', async () => {
    const tags = { freeformTags: { team: 'ä' }, definedTags: { ops: { cost: 'low', level: 3, billed: true } } };
    const answer = await create({ name: 'whole', partitions: 3, compartmentId: 'comp', retentionInHours: 48, ...tags });
    expect(answer.status).toBe(200);
    const stream = answer.json<Stream>();
    expect(stream).toEqual({
      id: expect.stringMatching(/^ocid1\.stream\.oc1\.millrace\.[a-z2-7]{60}$/),
      name: 'whole',
      partitions: 3,
      compartmentId: 'comp',
      streamPoolId: expect.stringMatching(/^ocid1\.streampool\.oc1\.millrace\.[a-z2-7]{60}$/),
      lifecycleState: 'CREATING',
      lifecycleStateDetails: null,
      retentionInHours: 48,
      timeCreated: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      messagesEndpoint: running.server.url,
      ...tags,
    });
    expect(answer.headers['etag']).toMatch(/^\d+$/);
    expect(answer.headers['opc-work-request-id']).toMatch(/^ocid1\.streamworkrequest\./);
    expect(await get(stream.id)).toEqual({ ...stream, lifecycleState: 'ACTIVE' });
    expect((await call('GET', `/streams/${stream.id}`)).headers['etag']).toBe(answer.headers['etag']);
  });

  test('fills in 24 hours and no tags; nulls and unknown members count as not given', async () => {
    const stream = await fresh({ retentionInHours: null, freeformTags: null, definedTags: null, streamPoolId: null, unknown: 1 });
    expect(stream).toMatchObject({ retentionInHours: 24, freeformTags: {}, definedTags: {} });
  });

  test('takes integers written as text, as the example of the API does', async () => {
    expect(await fresh({ partitions: '4', retentionInHours: '168' })).toMatchObject({ partitions: 4, retentionInHours: 168 });
  });

  test.each([1, 1024])('takes names and compartments of %i characters', async (length) => {
    const [name, compartmentId] = ['n'.repeat(length), 'c'.repeat(length)];
    expect(await fresh({ name, compartmentId })).toMatchObject({ name, compartmentId });
  });

  test('puts streams of a compartment into its one default pool, and any stream into the pool it names', async () => {
    const [first, second, other] = [
      await fresh({ compartmentId: 'p' }),
      await fresh({ compartmentId: 'p' }),
      await fresh({ compartmentId: 'q' }),
    ];
    expect(second.streamPoolId).toBe(first.streamPoolId);
    expect(other.streamPoolId).not.toBe(first.streamPoolId);
    const named = await fresh({ compartmentId: undefined, streamPoolId: first.streamPoolId });
    expect(named).toMatchObject({ streamPoolId: first.streamPoolId, compartmentId: 'p' });
  });

  test('refuses a name that is taken in the pool, and takes it in another', async () => {
    const stream = await fresh({ name: 'taken', compartmentId: 'p' });
    const answer = await create({ ...base, name: 'taken', compartmentId: 'p' });
    const message = `A stream named "taken" already exists in stream pool ${stream.streamPoolId}: ${stream.id}.`;
    expect([answer.status, answer.json()]).toEqual([409, { code: 'Conflict', message }]);
    expect(await fresh({ name: 'taken', compartmentId: 'q' })).toMatchObject({ name: 'taken' });
  });

  test('of two at the same time with the same name makes one', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => create({ ...base, name: 'raced' })));
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409']);
  });

  test.each([
    [{ compartmentId: 'c', partitions: 1 }, 'MissingParameter', 'name: required, but not given.'],
    [{}, 'MissingParameter', 'name, partitions: required, but not given.'],
    [{ ...base, compartmentId: undefined }, 'MissingParameter', 'compartmentId or streamPoolId: required, but not given.'],
    [{ ...base, streamPoolId: 'p' }, 'InvalidParameter', 'compartmentId and streamPoolId: expected one of them, got both.'],
    [{ ...base, name: '' }, 'InvalidParameter', 'name: expected at least 1 character(s), got "".'],
    [{ ...base, name: 'n'.repeat(1025) }, 'InvalidParameter', 'name: expected at most 1024 characters, got a string of 1025 characters.'],
    [{ ...base, name: 7 }, 'InvalidParameter', 'name: expected a string, got 7.'],
    [{ ...base, compartmentId: '' }, 'InvalidParameter', 'compartmentId: expected at least 1 character(s), got "".'],
    [{ ...base, partitions: 0 }, 'InvalidParameter', 'partitions: expected at least 1, got 0.'],
    [{ ...base, partitions: 10_001 }, 'InvalidParameter', 'partitions: expected at most 10000, got 10001.'],
    [{ ...base, partitions: 1.5 }, 'InvalidParameter', 'partitions: expected an integer, got 1.5.'],
    [{ ...base, partitions: 'four' }, 'InvalidParameter', 'partitions: expected an integer, got "four".'],
    [{ ...base, retentionInHours: 23 }, 'InvalidParameter', 'retentionInHours: expected at least 24, got 23.'],
    [{ ...base, retentionInHours: 169 }, 'InvalidParameter', 'retentionInHours: expected at most 168, got 169.'],
    [{ ...base, freeformTags: { a: 1 } }, 'InvalidParameter', 'freeformTags.a: expected a string, got 1.'],
    [{ ...base, freeformTags: { 'a/b~c': null } }, 'InvalidParameter', 'freeformTags.a/b~c: expected a string, got null.'],
    [{ ...base, freeformTags: [] }, 'InvalidParameter', 'freeformTags: expected an object, got an array.'],
    [{ ...base, definedTags: { a: 'b' } }, 'InvalidParameter', 'definedTags.a: expected an object, got "b".'],
    [
      { ...base, definedTags: { a: { b: [['deep']] } } },
      'InvalidParameter',
      'definedTags.a.b: expected a string or a number or a boolean, got an array.',
    ],
    [[], 'InvalidParameter', 'The body: expected an object, got an array.'],
    [null, 'InvalidParameter', 'The body: expected an object, got null.'],
  ])('refuses %j', async (body, code, message) => {
    const answer = await create(body);
    expect([answer.status, answer.json()]).toEqual([400, { code, message }]);
  });

  test('refuses a pool that is not there, and a body that is no JSON', async () => {
    const { compartmentId: _, ...rest } = base;
    const absent = await create({ ...rest, streamPoolId: 'absent' });
    expect([absent.status, absent.json()]).toEqual([404, { code: 'NotAuthorizedOrNotFound', message: 'Unknown stream pool absent' }]);
    const broken = await create('{"name":');
    expect([broken.status, broken.json<{ message: string }>().message]).toEqual([
      400,
      expect.stringMatching(/^Unable to parse JSON body: /),
    ]);
  });
});

describe('messagesEndpoint', () => {
  test('is the address the caller reached, by whatever name', async () => {
    const stream = await fresh();
    const answer = await call('GET', `/streams/${stream.id}`, { headers: { host: 'my-laptop:1234' } });
    expect(answer.json<Stream>().messagesEndpoint).toBe('http://my-laptop:1234');
  });

  test('is the public URL where one is set', async () => {
    await using server = await startTestServer({ publicUrl: 'https://streams.example.com' });
    expect((await createStream(server.client)).messagesEndpoint).toBe('https://streams.example.com');
  });
});

const update = (id: string, body: unknown) => call('PUT', `/streams/${id}`, { body });

describe('UpdateStream', () => {
  const tagged = { freeformTags: { a: '1' }, definedTags: { n: { k: 'v' } } };

  test('replaces the tags that are given and nothing else, and changes the etag', async () => {
    const stream = await fresh(tagged);
    const before = (await call('GET', `/streams/${stream.id}`)).headers['etag'];
    const answer = await update(stream.id, { freeformTags: { b: '2' } });
    expect([answer.status, answer.json()]).toEqual([200, { ...stream, lifecycleState: 'ACTIVE', freeformTags: { b: '2' } }]);
    expect(answer.headers['etag']).not.toBe(before);
    expect(answer.headers['opc-work-request-id']).toMatch(/^ocid1\.streamworkrequest\./);
    expect((await update(stream.id, { definedTags: {} })).json()).toMatchObject({ freeformTags: { b: '2' }, definedTags: {} });
  });

  test('of nothing changes nothing: no body, {}, nulls, or the pool it is in', async () => {
    const stream = await fresh(tagged);
    for (const body of ['', '{}', { freeformTags: null }, { streamPoolId: stream.streamPoolId }, { name: 'other', partitions: 9 }]) {
      const answer = await update(stream.id, body);
      expect([answer.status, answer.json()]).toEqual([200, { ...stream, lifecycleState: 'ACTIVE' }]);
    }
  });

  test('to another pool is answered 501, to an id of no length 400', async () => {
    const stream = await fresh();
    const move = await update(stream.id, { streamPoolId: 'another' });
    const message = 'Streams cannot be moved to another stream pool yet.';
    expect([move.status, move.json()]).toEqual([501, { code: 'MethodNotImplemented', message }]);
    expect((await update(stream.id, { streamPoolId: '' })).status).toBe(400);
  });
});

describe('if-match', () => {
  test.each(['PUT', 'DELETE'])('on %s lets only the etag of the stream as it is through', async (method) => {
    const stream = await fresh();
    const path = `/streams/${stream.id}`;
    const etag = (await call('GET', path)).headers['etag'] ?? '';
    const stale = await call(method, path, { headers: { 'if-match': 'stale' } });
    expect([stale.status, stale.json()]).toEqual([
      412,
      { code: 'NoEtagMatch', message: `if-match: the stream's etag is ${etag}, got stale.` },
    ]);
    expect(await get(stream.id)).toMatchObject({ lifecycleState: 'ACTIVE' });
    const current = await call(method, path, { headers: { 'if-match': etag } });
    expect(current.status).toBe(method === 'PUT' ? 200 : 204);
  });

  test('of an earlier state no longer counts; * always does; more than 255 characters never do', async () => {
    const path = `/streams/${(await fresh()).id}`;
    const first = (await call('GET', path)).headers['etag'] ?? '';
    const put = (value: string) => call('PUT', path, { body: { freeformTags: {} }, headers: { 'if-match': value } });
    expect((await put(first)).status).toBe(200);
    expect((await put(first)).status).toBe(412);
    expect((await put('*')).status).toBe(200);
    expect((await put('e'.repeat(256))).status).toBe(400);
  });
});

describe('DeleteStream', () => {
  test('answers 204 without a body; the record stays readable as DELETED', async () => {
    const stream = await fresh();
    const answer = await call('DELETE', `/streams/${stream.id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers['opc-work-request-id']).toMatch(/^ocid1\.streamworkrequest\./);
    expect(await get(stream.id)).toEqual({ ...stream, lifecycleState: 'DELETED' });
  });

  test('frees the name at once, for a stream that knows nothing of the old messages', async () => {
    const old = await fresh({ name: 'again' });
    await putMessages(running.client, old.id, [{ value: 'YQ==' }]);
    const cursor = await createCursor(running.client, old.id);
    await call('DELETE', `/streams/${old.id}`);
    const renewed = await fresh({ name: 'again' });
    expect(renewed.id).not.toBe(old.id);
    const read = await call('GET', `/streams/${renewed.id}/messages?cursor=${await createCursor(running.client, renewed.id)}`);
    expect(read.json()).toEqual([]);
    expect((await call('GET', `/streams/${renewed.id}/messages?cursor=${cursor}`)).status).toBe(400);
  });

  test.each(['PUT', 'DELETE'])('leaves nothing %s could change', async (method) => {
    const { id } = await fresh();
    await call('DELETE', `/streams/${id}`);
    const answer = await call(method, `/streams/${id}`);
    expect([answer.status, answer.json()]).toEqual([404, { code: 'NotAuthorizedOrNotFound', message: `Unknown stream ${id}` }]);
  });
});

test.each(['GET', 'PUT', 'DELETE'])('%s of a stream that is not there is answered 404, of an id too long 400', async (method) => {
  const absent = await call(method, '/streams/absent');
  expect([absent.status, absent.json()]).toEqual([404, { code: 'NotAuthorizedOrNotFound', message: 'Unknown stream absent' }]);
  const tooLong = await call(method, `/streams/${'x'.repeat(257)}`);
  expect([tooLong.status, tooLong.json()]).toEqual([
    400,
    { code: 'InvalidParameter', message: 'streamId: expected 1 to 256 characters, got 257.' },
  ]);
});
