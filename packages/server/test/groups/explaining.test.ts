// Extensions: what is told of a group beside what the API has: lag, expiries, why an instance gets nothing, figures.
import type { GroupExplanation } from 'millrace-protocol/shapes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GroupClient } from './group-client.ts';
import { type GroupStage, stageGroup } from './group-stage.ts';

let stage: GroupStage;
let group: GroupClient;

beforeEach(async () => {
  stage = await stageGroup({ partitions: 2 });
  group = stage.group;
});

afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

const explain = async (): Promise<GroupExplanation> => (await group.explain()).json<GroupExplanation>();
const sentences = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await explain()).instances.map(({ instanceName, explanation }) => [instanceName, explanation]));
const timeAfter = (ms: number): string => new Date(stage.clock.now() + ms).toISOString();

describe('ExplainGroup', () => {
  test('tells position, end, lag in messages and seconds, and reservation of each partition', async () => {
    await stage.append(0, 'a', 'b', 'c');
    const first = await group.read(await group.join({ instanceName: 'a' }), '&limit=1');
    await group.read(first.next, '&limit=1');
    stage.clock.advance(2500);
    const { partitions, timeNextExpiry, timeLastUsed } = await explain();
    const held = { reservedInstance: 'a', timeReservedUntil: timeAfter(27_500) };
    expect(partitions).toEqual([
      { partition: '0', committedOffset: 0, nextOffset: 1, startOffset: 0, endOffset: 3, lagMessages: 2, lagSeconds: 2, ...held },
      { partition: '1', nextOffset: 0, startOffset: 0, endOffset: 0, lagMessages: 0, lagSeconds: 0, ...held },
    ]);
    expect([timeNextExpiry, timeLastUsed]).toEqual([timeAfter(27_500), timeAfter(-2500)]);
  });

  test('does not count what retention has removed as lag', async () => {
    await stage.append(0, 'a', 'b', 'c');
    await group.join();
    await stage.trim(0, 2);
    expect((await explain()).partitions[0]).toMatchObject({ nextOffset: 2, startOffset: 2, lagMessages: 1 });
  });

  test('says in a sentence what an instance gets next, or why it gets nothing', async () => {
    const a = await group.join({ instanceName: 'a' });
    expect(await sentences()).toEqual({
      a: 'It has a cursor and has not called GetMessages with it yet; partitions are given out then.',
    });
    const polled = await group.read(a);
    expect(await sentences()).toEqual({ a: 'It holds partitions 0, 1 and has caught up: everything there is committed.' });
    await stage.append(1, 'x', 'y');
    expect(await sentences()).toEqual({
      a: 'It holds partitions 0, 1, where 2 messages are not committed: unread, or read and not committed yet.',
    });
    stage.clock.advance(1000);
    const b = await group.read(await group.join({ instanceName: 'b' }));
    const until = timeAfter(29_000);
    expect(await sentences()).toEqual({
      a: 'Its next GetMessages takes partition 1 from it: it holds more than its share.',
      b: `All partitions are held by others, who give up what is above their share with their next GetMessages. Partition 0 is held by a until ${until}.`,
    });
    await group.read(polled.next);
    expect((await sentences())['b']).toBe('Its next GetMessages gives it partition 1, which nobody holds.');
    await group.read(b.next);
    stage.clock.advance(1000);
    await group.read(await group.join({ instanceName: 'c' }));
    expect((await sentences())['c']).toBe(
      `There are 3 live instances for 2 partition(s), so it has none. Partition 0 is held by a until ${timeAfter(29_000)}.`,
    );
  });

  test('says that an instance ran out, and what becomes of its partitions', async () => {
    await group.read(await group.join({ instanceName: 'a' }));
    const ranOutAt = timeAfter(30_000);
    stage.clock.advance(30_001);
    const since = `It ran out at ${ranOutAt}: it was not heard of for its timeout of 30000 ms.`;
    expect(await sentences()).toEqual({ a: `${since} It still has partitions 0, 1, until another instance of the group comes.` });
    await group.read(await group.join({ instanceName: 'b' }));
    const { instances } = await explain();
    expect(instances.map(({ instanceName, state, partitions }) => [instanceName, state, partitions])).toEqual([
      ['a', 'RAN_OUT', []],
      ['b', 'LIVE', ['0', '1']],
    ]);
    expect((await sentences())['a']).toBe(
      `${since} Its next GetMessages takes it in again; after five minutes a has to create a new cursor.`,
    );
  });

  test('says that a partition goes on where retention has been', async () => {
    await stage.append(0, 'a', 'b');
    const first = await group.read(await group.join({ instanceName: 'a' }), '&limit=1');
    await group.read(first.next, '&limit=1');
    await stage.trim(0, 2);
    expect((await sentences())['a']).toBe(
      'Partition 0 goes on at offset 1, which retention has removed; the oldest message is at 2. UpdateGroup says where the group goes on.',
    );
  });
});

test('ListGroups tells the groups of a stream, and how far each is behind', async () => {
  await stage.append(0, 'a', 'b');
  await group.join({ groupName: 'h' });
  await group.read(await group.join());
  const now = timeAfter(0);
  expect((await group.list()).json()).toEqual([
    { streamId: stage.streamId, groupName: 'h', lagMessages: 2, liveInstances: 0, timeLastUsed: now },
    { streamId: stage.streamId, groupName: 'g', lagMessages: 2, liveInstances: 1, timeLastUsed: now },
  ]);
});

test('the metrics tell lag, commits, rebalances, expiries, and void commands by reason', async () => {
  await stage.append(0, 'a', 'b', 'c');
  const name = 'quo"te\\';
  await group.join({ groupName: name });
  const first = await group.read(await group.join({ instanceName: 'a', commitOnGet: false }), '&limit=1');
  await group.commit(first.next);
  await group.commit(first.next);
  stage.clock.advance(30_001);
  await group.read(await group.join({ instanceName: 'b' }));
  await group.heartbeat(first.next);
  const { text } = await group.client.send('GET', '/metrics');
  const own = text.split('\n').filter((line) => line.startsWith('millrace_group_'));
  const stream = `stream_id="${stage.streamId}",stream="orders"`;
  expect(own).toEqual([
    'millrace_group_commands_total{kind="JOIN"} 3',
    'millrace_group_commands_total{kind="POLL"} 2',
    'millrace_group_commands_total{kind="COMMIT"} 2',
    'millrace_group_commands_total{kind="HEARTBEAT"} 1',
    'millrace_group_void_commands_total{reason="unreservedPartition"} 1',
    'millrace_group_commits_total 1',
    'millrace_group_rebalances_total 3',
    'millrace_group_expiries_total 1',
    `millrace_group_lag_messages{${stream},group="quo\\"te\\\\"} 3`,
    `millrace_group_lag_messages{${stream},group="g"} 2`,
  ]);
});
