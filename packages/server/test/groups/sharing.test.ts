// Who holds which partition: even shares, spares, takeover, returning, joining again, resetting.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cursorOf, type GroupClient } from './group-client.ts';
import { type GroupStage, stageGroup } from './group-stage.ts';

const timeoutMs = 30_000;
let stage: GroupStage;
let group: GroupClient;

beforeEach(async () => {
  stage = await stageGroup({ partitions: 3 });
  group = stage.group;
});

afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

/** Names of the holders, by partition. */
const holders = async (): Promise<(string | undefined)[]> => (await group.reservations()).map(([name]) => name);

/** Joins as `instanceName` and polls once; answers the cursor to go on with. */
async function enter(instanceName: string, details: Record<string, unknown> = {}): Promise<string> {
  return (await group.read(await group.join({ instanceName, ...details }))).next;
}

describe('partitions', () => {
  test('are spread evenly once each instance has polled twice', async () => {
    let a = await enter('a');
    expect(await holders()).toEqual(['a', 'a', 'a']);
    let b = await enter('b');
    for (let round = 0; round < 2; round += 1) {
      a = (await group.read(a)).next;
      b = (await group.read(b)).next;
    }
    expect(await holders()).toEqual(['a', 'a', 'b']);
    const before = await stage.commandCount();
    await group.read(a);
    await group.read(b);
    expect([await holders(), await stage.commandCount()]).toEqual([['a', 'a', 'b'], before]);
  });

  test('are not given to an instance that has only joined', async () => {
    await group.join({ instanceName: 'a' });
    await enter('b');
    expect(await holders()).toEqual(['b', 'b', 'b']);
  });

  test('leave nothing for instances beyond their number, which read empty answers', async () => {
    let cursors = await Promise.all(['a', 'b', 'c', 'd'].map((name) => group.join({ instanceName: name })));
    for (let round = 0; round < 3; round += 1) {
      const next: string[] = [];
      for (const cursor of cursors) next.push((await group.read(cursor)).next);
      cursors = next;
    }
    expect(await holders()).toEqual(['a', 'b', 'c']);
    for (const partition of [0, 1, 2]) await stage.append(partition, 'x');
    expect((await group.read(cursors[3] ?? '')).places).toEqual([]);
  });
});

describe('an instance that is not heard of', () => {
  test('keeps its partitions until its timeout is over and another one comes', async () => {
    await enter('a');
    const b = await group.join({ instanceName: 'b' });
    stage.clock.advance(timeoutMs);
    expect((await group.read(b)).status).toBe(200);
    expect(await holders()).toEqual(['a', 'a', 'a']);
    stage.clock.advance(1);
    expect(await holders()).toEqual([undefined, undefined, undefined]);
    await group.read(b);
    expect(await holders()).toEqual(['b', 'b', 'b']);
  });

  test('delivers again elsewhere what it had not committed, and may not commit it any more', async () => {
    await stage.append(0, 'a', 'b');
    const manual = { commitOnGet: false };
    const read = await group.read(await group.join({ instanceName: 'a', ...manual }), '&limit=1');
    const committed = cursorOf(await group.commit(read.next));
    const second = await group.read(committed, '&limit=1');
    stage.clock.advance(timeoutMs + 1);
    const taken = await group.read(await group.join({ instanceName: 'b', ...manual }));
    expect([second.places, taken.places]).toEqual([['0:1'], ['0:1']]);
    const refusal = 'Trying to commit unreserved partition 0: its reservation ended or the group was reset. Create a new group cursor.';
    for (const answer of [await group.commit(second.next), await group.heartbeat(second.next)]) {
      expect([answer.status, answer.json()]).toEqual([400, { code: 'InvalidParameter', message: refusal }]);
    }
    expect((await group.commit(taken.next)).status).toBe(200);
    expect((await group.reservations())[0]).toEqual(['b', 1]);
  });

  test('goes on as if nothing had been when it returns before anybody else came', async () => {
    await stage.append(0, 'a');
    const read = await group.read(await group.join({ instanceName: 'a', commitOnGet: false }));
    stage.clock.advance(4 * timeoutMs);
    expect((await group.commit(read.next)).status).toBe(200);
    expect((await group.reservations())[0]).toEqual(['a', 0]);
  });

  test('is taken in again when it returns with its last cursor', async () => {
    const a = await enter('a');
    stage.clock.advance(timeoutMs + 1);
    const b = await enter('b');
    expect(await holders()).toEqual(['b', 'b', 'b']);
    expect((await group.read(a)).status).toBe(200);
    await group.read(b);
    await group.read(a);
    expect(await holders()).toEqual(['b', 'b', 'a']);
  });
});

describe('a heartbeat', () => {
  test('extends the reservation, with the cursor of the join or the one of the heartbeat before', async () => {
    const joined = await group.join({ instanceName: 'a' });
    const first = cursorOf(await group.heartbeat(joined));
    await group.read(first);
    const b = await group.join({ instanceName: 'b' });
    let beat = first;
    for (let turn = 0; turn < 3; turn += 1) {
      stage.clock.advance(timeoutMs - 1);
      beat = cursorOf(await group.heartbeat(beat));
    }
    await group.read(b);
    expect(await holders()).toEqual(['a', 'a', 'a']);
  });

  test('gives a cursor that reads on behind what was delivered', async () => {
    await stage.append(0, 'a', 'b');
    const read = await group.read(await group.join({ commitOnGet: false }), '&limit=1');
    expect((await group.read(cursorOf(await group.heartbeat(read.next)))).places).toEqual(['0:1']);
  });
});

describe('an instance that joins again under its name', () => {
  test('keeps its partitions, reads from what was committed, and voids its earlier cursors', async () => {
    await stage.append(0, 'a');
    const before = await group.read(await group.join({ instanceName: 'a' }));
    const after = await group.join({ instanceName: 'a' });
    expect(await holders()).toEqual(['a', 'a', 'a']);
    const message =
      'The cursor is invalid. Create a new one. An instance of the same name has joined since, or this one was not heard of for too long.';
    expect(await group.read(before.next)).toMatchObject({ status: 400, error: message });
    for (const answer of [await group.commit(before.next), await group.heartbeat(before.next)]) {
      expect([answer.status, answer.json()]).toEqual([400, { code: 'InvalidParameter', message }]);
    }
    expect((await group.read(after)).places).toEqual(['0:0']);
  });

  test('does not hold its partitions for ever by joining again and again', async () => {
    await enter('a');
    const b = await group.join({ instanceName: 'b' });
    stage.clock.advance(timeoutMs - 1);
    await group.join({ instanceName: 'a' });
    stage.clock.advance(2);
    await group.read(b);
    expect(await holders()).toEqual(['b', 'b', 'b']);
  });

  test('may change its mode and its timeout', async () => {
    await stage.append(0, 'a');
    await enter('a');
    const read = await group.read(await group.join({ instanceName: 'a', commitOnGet: false, timeoutInMs: 1000 }));
    await group.read(read.next);
    expect((await group.reservations())[0]).toEqual(['a', undefined]);
  });
});

describe('UpdateGroup', () => {
  test('in the middle of reading frees all partitions; an earlier cursor reads on at the new place and commits nothing', async () => {
    await stage.append(0, 'a', 'b', 'c');
    const manual = { instanceName: 'a', commitOnGet: false };
    const first = await group.read(await group.join(manual), '&limit=2');
    await group.commit(first.next);
    const second = await group.read(first.next);
    expect((await group.updateGroup({ type: 'TRIM_HORIZON' })).text).toBe('');
    expect(await group.reservations()).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect((await group.commit(second.next)).json()['message']).toMatch(/^Trying to commit unreserved partition 0/);
    const third = await group.read(second.next);
    expect(third.places).toEqual(['0:0', '0:1', '0:2']);
    expect((await group.commit(second.next)).status).toBe(400);
    expect((await group.reservations())[0]).toEqual(['a', undefined]);
    await group.commit(third.next);
    expect((await group.reservations())[0]).toEqual(['a', 2]);
  });

  test('moves to the end, to a time, and back', async () => {
    await stage.append(1, 'a');
    stage.clock.advance(1000);
    const time = new Date(stage.clock.now()).toISOString();
    await stage.append(1, 'b');
    const cursor = await enter('a');
    await group.updateGroup({ type: 'AT_TIME', time });
    const read = await group.read(cursor);
    expect(read.places).toEqual(['1:1']);
    await group.updateGroup({ type: 'LATEST' });
    expect((await group.read(read.next)).places).toEqual([]);
    await stage.append(1, 'c');
    expect((await group.read(read.next)).places).toEqual(['1:2']);
  });

  test.each([
    [{}, 'MissingParameter', 'type: required, but not given.'],
    [{ type: 'AT_TIME' }, 'MissingParameter', 'time (with type AT_TIME): required, but not given.'],
    [{ type: 'AT_OFFSET' }, 'InvalidParameter', 'type: expected one of AT_TIME, LATEST, TRIM_HORIZON, got "AT_OFFSET".'],
  ])('with %j is refused', async (body, code, message) => {
    await group.join();
    const answer = await group.updateGroup(body);
    expect([answer.status, answer.json()]).toEqual([400, { code, message }]);
  });

  test('and GetGroup of a group that is not there are answered 404', async () => {
    for (const answer of [await group.updateGroup({ type: 'LATEST' }, 'x'), await group.getGroup('x'), await group.explain('x')]) {
      expect([answer.status, answer.json()['code']]).toEqual([404, 'NotAuthorizedOrNotFound']);
    }
  });
});

describe('the number of groups', () => {
  test('is at most 50 a stream; a group that was not used for the retention of the stream makes room', async () => {
    for (let index = 0; index < 50; index += 1) await group.join({ groupName: `g${index}` });
    const refused = await group.tryJoin({ groupName: 'one more' });
    expect([refused.status, refused.json()['code']]).toEqual([400, 'LimitExceeded']);
    expect((await (await stage.otherStream('other')).tryJoin()).status).toBe(200);
    stage.clock.advance(24 * 3_600_000 - 1000);
    const kept = await group.join({ groupName: 'g7', instanceName: 'a', timeoutInMs: 100_000 });
    stage.clock.advance(2000);
    expect((await group.getGroup('g8')).status).toBe(404);
    expect((await group.getGroup('g7')).status).toBe(200);
    expect((await group.tryJoin({ groupName: 'one more' })).status).toBe(200);
    expect((await group.read(kept)).status).toBe(200);
  });
});

describe('CreateGroupCursor', () => {
  test.each([
    [{ groupName: undefined }, 'MissingParameter', 'groupName: required, but not given.'],
    [{ type: undefined }, 'MissingParameter', 'type: required, but not given.'],
    [{ groupName: '' }, 'InvalidParameter', 'groupName: expected at least 1 character(s), got "".'],
    [{ type: 'AFTER_OFFSET' }, 'InvalidParameter', 'type: expected one of AT_TIME, LATEST, TRIM_HORIZON, got "AFTER_OFFSET".'],
    [{ type: 'AT_TIME' }, 'MissingParameter', 'time (with type AT_TIME): required, but not given.'],
    [
      { type: 'AT_TIME', time: 'soon' },
      'InvalidParameter',
      'time: Expected a time such as 2018-04-20T23:21:12.428Z (RFC 3339), got "soon".',
    ],
    [{ timeoutInMs: 999 }, 'InvalidParameter', 'timeoutInMs: expected at least 1000, got 999.'],
    [{ commitOnGet: 'yes' }, 'InvalidParameter', 'commitOnGet: expected a boolean, got "yes".'],
  ])('with %j is refused', async (details, code, message) => {
    const answer = await group.tryJoin(details);
    expect([answer.status, answer.json()]).toEqual([400, { code, message }]);
  });
});
