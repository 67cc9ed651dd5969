// Group reads at the wire: what an instance gets, what is committed, and what a cursor is good for.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cursorOf, type GroupClient } from './group-client.ts';
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

describe('a new group', () => {
  test('at TRIM_HORIZON begins with the oldest messages, of several partitions in one answer', async () => {
    await stage.append(0, 'a', 'b');
    await stage.append(1, 'c');
    const { places, messages } = await group.read(await group.join());
    expect(places).toEqual(['0:0', '0:1', '1:0']);
    expect(messages.map(({ stream, value }) => [stream, Buffer.from(value, 'base64').toString()])).toEqual([
      ['orders', 'a'],
      ['orders', 'b'],
      ['orders', 'c'],
    ]);
  });

  test('at LATEST begins with what is stored after its first cursor was made', async () => {
    await stage.append(0, 'before');
    const cursor = await group.join({ type: 'LATEST' });
    await stage.append(0, 'after');
    expect((await group.read(cursor)).places).toEqual(['0:1']);
  });

  test('at AT_TIME begins with the first message at or after the time', async () => {
    await stage.append(0, 'before');
    stage.clock.advance(1000);
    const time = new Date(stage.clock.now()).toISOString();
    await stage.append(0, 'at');
    expect((await group.read(await group.join({ type: 'AT_TIME', time }))).places).toEqual(['0:1']);
  });

  test('type and time do not count for a group that is there', async () => {
    await stage.append(0, 'a');
    await group.join({ instanceName: 'one', type: 'TRIM_HORIZON' });
    expect((await group.read(await group.join({ instanceName: 'two', type: 'LATEST' }))).places).toEqual(['0:0']);
  });

  test('has an instance with a generated name: a UUID in lower case', async () => {
    await group.read(await group.join());
    const [[name] = []] = await group.reservations();
    expect(name).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  test('shows nothing reserved and nothing committed before the first read', async () => {
    await group.join();
    expect((await group.getGroup()).json()).toEqual({
      streamId: stage.streamId,
      groupName: 'g',
      reservations: [{ partition: '0' }, { partition: '1' }],
    });
  });
});

describe('with commit-on-get', () => {
  test('a read commits what the one before delivered, and nothing earlier', async () => {
    await stage.append(0, 'a', 'b');
    const first = await group.read(await group.join({ instanceName: 'i' }));
    expect(await group.reservations()).toEqual([
      ['i', undefined],
      ['i', undefined],
    ]);
    const second = await group.read(first.next);
    expect(second.places).toEqual([]);
    expect(await group.reservations()).toEqual([
      ['i', 1],
      ['i', undefined],
    ]);
  });

  test('what was delivered last before a crash is delivered again', async () => {
    await stage.append(0, 'a', 'b', 'c');
    const first = await group.read(await group.join({ instanceName: 'i' }), '&limit=1');
    await group.read(first.next, '&limit=1');
    expect((await group.read(await group.join({ instanceName: 'i' }))).places).toEqual(['0:1', '0:2']);
  });
});

describe('without commit-on-get', () => {
  const manual = { instanceName: 'i', commitOnGet: false };

  test('reads go on and commit nothing; a commit stores what its cursor carries', async () => {
    await stage.append(0, 'a', 'b');
    const first = await group.read(await group.join(manual), '&limit=1');
    const second = await group.read(first.next, '&limit=1');
    expect([first.places, second.places]).toEqual([['0:0'], ['0:1']]);
    await group.read(second.next);
    expect(await group.reservations()).toEqual([
      ['i', undefined],
      ['i', undefined],
    ]);
    const after = await group.read(cursorOf(await group.commit(second.next)));
    expect([after.places, (await group.reservations())[0]]).toEqual([[], ['i', 1]]);
  });

  test('an older commit after a newer one is answered 200 and moves nothing back', async () => {
    await stage.append(0, 'a', 'b');
    const first = await group.read(await group.join(manual), '&limit=1');
    const second = await group.read(first.next, '&limit=1');
    await group.commit(second.next);
    expect((await group.commit(first.next)).status).toBe(200);
    expect((await group.reservations())[0]).toEqual(['i', 1]);
  });

  test('a commit of a cursor with nothing delivered is answered 200 and commits nothing', async () => {
    expect((await group.commit(await group.join(manual))).status).toBe(200);
    expect((await group.reservations())[0]?.[1]).toBeUndefined();
  });
});

describe('a cursor', () => {
  test('that is used twice, or whose answer was lost, repeats messages and skips none', async () => {
    await stage.append(0, 'a', 'b');
    const first = await group.read(await group.join(), '&limit=1');
    expect((await group.read(first.next)).places).toEqual(['0:1']);
    expect((await group.read(first.next)).places).toEqual(['0:1']);
  });

  test('in two calls at once delivers the same to both', async () => {
    await stage.append(0, 'a');
    await stage.append(1, 'b');
    const cursor = await group.join();
    const both = await Promise.all([group.read(cursor), group.read(cursor)]);
    expect(both.map(({ places }) => places)).toEqual([
      ['0:0', '1:0'],
      ['0:0', '1:0'],
    ]);
  });

  test('of another stream, altered, or of a partition is refused by commit, heartbeat and read', async () => {
    const other = await stage.otherStream('returns');
    const cursor = await group.join();
    const invalid = 'The cursor is invalid. Create a new one.';
    const altered = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
    for (const refused of [await other.read(cursor), await group.read(altered), await group.read('gx'), await group.read(`${cursor}A`)]) {
      expect([refused.status, refused.error]).toEqual([400, invalid]);
    }
    const partitionCursor = stage.partitionCursor();
    for (const answer of [
      await other.commit(cursor),
      await other.heartbeat(cursor),
      await group.commit(altered),
      await group.heartbeat(altered),
    ]) {
      expect([answer.status, answer.json()]).toEqual([400, { code: 'InvalidParameter', message: invalid }]);
    }
    for (const answer of [await group.commit(partitionCursor), await group.heartbeat(partitionCursor)]) {
      expect([answer.status, answer.json()['message']]).toEqual([400, `${invalid} Expected the cursor of a group.`]);
    }
  });

  test('lives five minutes', async () => {
    const cursor = await group.join();
    stage.clock.advance(300_000);
    expect((await group.heartbeat(cursor)).status).toBe(200);
    stage.clock.advance(1001);
    const expired = 'The cursor is expired. Create a new one.';
    expect(await group.read(cursor)).toMatchObject({ status: 400, error: expired });
    expect((await group.commit(cursor)).json()).toEqual({ code: 'InvalidParameter', message: expired });
  });

  test('without its stream is answered 404', async () => {
    const cursor = await group.join();
    await stage.deleteStream();
    const answers = [
      await group.commit(cursor),
      await group.heartbeat(cursor),
      await group.getGroup(),
      await group.explain(),
      await group.list(),
    ];
    answers.push(await group.updateGroup({ type: 'LATEST' }), await group.tryJoin());
    for (const answer of answers) expect([answer.status, answer.json()['message']]).toEqual([404, `Unknown stream ${stage.streamId}`]);
    expect((await group.read(cursor)).status).toBe(404);
  });
});

describe('an instance with several partitions', () => {
  test('is given one after the other when each answer holds a few messages only: none starves', async () => {
    await stage.append(0, 'a', 'b', 'c');
    await stage.append(1, 'd', 'e', 'f');
    const places: string[] = [];
    let cursor = await group.join();
    for (let turn = 0; turn < 6; turn += 1) {
      const read = await group.read(cursor, '&limit=1');
      places.push(...read.places);
      cursor = read.next;
    }
    expect(places).toEqual(['0:0', '1:0', '0:1', '1:1', '0:2', '1:2']);
  });

  test('gets at most 1 MiB a read, and the rest next time', async () => {
    const large = 'x'.repeat(600_000);
    await stage.append(0, large);
    await stage.append(1, large);
    const first = await group.read(await group.join());
    const second = await group.read(first.next);
    expect([first.places, second.places]).toEqual([['0:0'], ['1:0']]);
  });
});

describe('what retention removed', () => {
  test('before it was read keeps the group from reading until UpdateGroup says where to go on', async () => {
    await stage.append(0, 'a', 'b');
    const first = await group.read(await group.join(), '&limit=1');
    await stage.trim(0, 2);
    await stage.append(0, 'c');
    const refused = await group.read(first.next);
    expect([refused.status, refused.error]).toEqual([
      400,
      'The cursor is outside the retention period and is now invalid. Partition 0 goes on at offset 1; the oldest message is at 2. UpdateGroup says where the group goes on.',
    ]);
    expect((await group.updateGroup({ type: 'TRIM_HORIZON' })).status).toBe(200);
    expect((await group.read(first.next)).places).toEqual(['0:2']);
  });

  test('is no loss for a group that begins at the oldest message', async () => {
    await stage.append(0, 'a', 'b');
    const cursor = await group.join();
    await stage.trim(0, 1);
    expect((await group.read(cursor)).places).toEqual(['0:1']);
  });
});
