// What the reference says of the five group operations, as far as a client alone can prove it: what is sent and what comes back.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StreamClient } from '../../src/index.ts';
import { RecordingServer } from '../compatibility/recording-server.ts';
import { anonymous, SameAnswer } from './operations.ts';

let server: RecordingServer;
let client: StreamClient;
beforeAll(async () => {
  server = await RecordingServer.start();
  client = anonymous({ serviceEndpoint: server.url });
});
beforeEach(() => {
  server.take();
});
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

/** Method, target and body of everything that came since. */
function received(): unknown[] {
  return server.take().map(({ method, target, body }) => {
    const request = `${method} ${target.replace('/20180418/streams/s/', '')}`;
    return body.length === 0 ? [request] : [request, JSON.parse(body.toString()) as unknown];
  });
}

test('R35, R37, R39: consumerCommit asks to commit what its group cursor stands for', async () => {
  await client.consumerCommit('s', 'group+cursor/==');
  expect(received()).toEqual([['POST commit?cursor=group%2Bcursor%2F%3D%3D']]);
});

test('R36, R110, R111: with commitOnGet false the caller commits by hand, with the cursor the reading came to', async () => {
  const group = { groupName: 'g', type: 'TRIM_HORIZON', commitOnGet: false } as const;
  const { value } = (await client.createGroupCursor('s', group)).data;
  const { nextCursor = '' } = await client.getMessages('s', value);
  await client.consumerCommit('s', nextCursor);
  expect(received()).toEqual([['POST groupCursors', group], ['GET messages?cursor=next'], ['POST commit?cursor=next']]);
});

test('R40, R46: the cursor that createGroupCursor answers goes into commit and heartbeat as it is', async () => {
  const { value } = (await client.createGroupCursor('s', { groupName: 'g', type: 'LATEST' })).data;
  await client.consumerCommit('s', value);
  await client.consumerHeartbeat('s', value);
  expect(received().slice(1)).toEqual([[`POST commit?cursor=${value}`], [`POST heartbeat?cursor=${value}`]]);
});

test('R41, R47, R57, R62: the data is a Cursor, whose value is the cursor to go on with', async () => {
  const renewed = anonymous({ transport: new SameAnswer(200, { value: 'renewed' }) });
  const answers = [
    await renewed.consumerCommit('s', 'c'),
    await renewed.consumerHeartbeat('s', 'c'),
    await renewed.createCursor('s', { partition: '0', type: 'LATEST' }),
    await renewed.createGroupCursor('s', { groupName: 'g', type: 'LATEST' }),
  ];
  expect(answers.map(({ data }) => data.value)).toEqual(['renewed', 'renewed', 'renewed', 'renewed']);
});

test('R42, R43, R45: consumerHeartbeat asks for more time for its group cursor, as often as it is called', async () => {
  const first = await client.consumerHeartbeat('s', 'c');
  await client.consumerHeartbeat('s', first.data.value);
  expect(received()).toEqual([['POST heartbeat?cursor=c'], ['POST heartbeat?cursor=next']]);
});

test('R58, R61, R105, R106, R107, R109: createGroupCursor sends every detail it is given', async () => {
  const time = new Date(Date.UTC(2019, 10, 5, 1, 2, 3, 4));
  const details = { groupName: 'g', instanceName: 'i', timeoutInMs: 5000, commitOnGet: true, type: 'AT_TIME', time } as const;
  await client.createGroupCursor('s', details);
  expect(received()).toEqual([['POST groupCursors', { ...details, time: '2019-11-05T01:02:03.004Z' }]]);
});

test('R108: without instanceName none is sent, so that the service makes one up', async () => {
  await client.createGroupCursor('s', { groupName: 'g', type: 'LATEST' });
  expect(received()).toEqual([['POST groupCursors', { groupName: 'g', type: 'LATEST' }]]);
});

test.each(['AT_TIME', 'LATEST', 'TRIM_HORIZON'] as const)('R103, R116: a group may begin, and be set, at %s', async (type) => {
  await client.createGroupCursor('s', { groupName: 'g', type });
  await client.updateGroup('s', 'g', { type });
  expect(received()).toEqual([
    ['POST groupCursors', { groupName: 'g', type }],
    ['PUT groups/g', { type }],
  ]);
});

test('R63, R66, R120, R121, R122, R123: getGroup answers a Group as the service describes it', async () => {
  const { data } = await client.getGroup('s', 'g');
  expect(data).toMatchObject({ streamId: 'recorded', groupName: 'recorded' });
  expect(data.reservations).toHaveLength(1);
});

test('R124, R125, R126, R127: a reservation has partition, offset, instance, and its end as a Date', async () => {
  const { reservations } = (await client.getGroup('s', 'g')).data;
  const timeReservedUntil = new Date('2024-05-06T07:08:09.010Z');
  expect(reservations).toEqual([{ partition: '0', committedOffset: 7, reservedInstance: 'one', timeReservedUntil }]);
});

test('R65, R91: the name of the group is in the path, encoded, and may not be blank', async () => {
  await client.getGroup('s', 'my group/1');
  await client.updateGroup('s', 'my group/1', { type: 'LATEST' });
  expect(received()).toEqual([['GET groups/my%20group%2F1'], ['PUT groups/my%20group%2F1', { type: 'LATEST' }]]);
  await expect(client.getGroup('s', ' ')).rejects.toThrow(/^groupName: expected/);
  await expect(client.updateGroup('s', '', {})).rejects.toThrow(/^groupName: expected/);
});

test('R88, R89, R92, R117: updateGroup names the group as a whole, no consumer and no partition, and where it goes', async () => {
  await client.updateGroup('s', 'g', { type: 'AT_TIME', time: new Date(0) });
  expect(received()).toEqual([['PUT groups/g', { type: 'AT_TIME', time: '1970-01-01T00:00:00.000Z' }]]);
});

test('R93: updateGroup answers no data', async () => {
  const { status, data } = await client.updateGroup('s', 'g', { type: 'LATEST' });
  expect({ status, data }).toEqual({ status: 200, data: undefined });
});

test('R39, R45, R56, R61, R73, R86, R92: cursors and details are required by the types; nothing is sent in their place', async () => {
  // @ts-expect-error -- a cursor is required
  await client.consumerCommit('s');
  // @ts-expect-error -- a cursor is required
  await client.consumerHeartbeat('s');
  // @ts-expect-error -- a cursor is required
  await client.getMessages('s');
  expect(received()).toEqual([['POST commit'], ['POST heartbeat'], ['GET messages']]);
  // @ts-expect-error -- details are required
  await expect(client.createCursor('s')).rejects.toThrow(TypeError);
  // @ts-expect-error -- details are required
  await expect(client.createGroupCursor('s')).rejects.toThrow(TypeError);
  // @ts-expect-error -- details are required
  await expect(client.putMessages('s')).rejects.toThrow(TypeError);
  // @ts-expect-error -- details are required
  await expect(client.updateGroup('s', 'g')).rejects.toThrow(TypeError);
  expect(received()).toEqual([]);
});
