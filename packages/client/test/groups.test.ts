// The group calls of StreamClient against the service itself: what they do, what they answer, and how they are refused.
import { TestClock } from 'millrace-server/test-support';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CreateGroupCursorDetails, Message, PartitionReservation, Response, StreamClient } from '../src/index.ts';
import { startService, type TestService } from './service.ts';

const timeoutMs = 30_000;
const cursorLifeMs = 300_000;

let clock: TestClock;
let service: TestService;
let client: StreamClient;
let streamId: string;

beforeEach(async () => {
  clock = new TestClock();
  // The client signs with the machine's time, and the service takes five minutes either way: so a test may move its clock on by seven.
  clock.setWall(Date.now() - cursorLifeMs / 2);
  service = await startService({}, { clock, partitions: 2 });
  ({ client, streamId } = service);
});

afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

/** A cursor of an instance of the group `g`, which begins at the oldest message. */
async function join(details: Partial<CreateGroupCursorDetails> = {}): Promise<string> {
  const { data } = await client.createGroupCursor(streamId, { groupName: 'g', type: 'TRIM_HORIZON', ...details });
  return data.value;
}

/** Each value is its key as well: of a to d both partitions get some. */
async function put(...values: readonly string[]): Promise<void> {
  const messages = values.map((value) => ({ key: Buffer.from(value), value: Buffer.from(value) }));
  expect((await client.putMessages(streamId, { messages })).data.failures).toBe(0);
}

interface Read {
  readonly texts: string[];
  readonly next: string;
  readonly messages: Message[];
}

async function read(cursor: string, limit?: number): Promise<Read> {
  const { data: messages, nextCursor = '' } = await client.getMessages(streamId, cursor, { limit });
  return { texts: messages.map(({ value }) => Buffer.from(value, 'base64').toString()), next: nextCursor, messages };
}

async function reservations(): Promise<readonly PartitionReservation[]> {
  return (await client.getGroup(streamId, 'g')).data.reservations ?? [];
}

async function holders(): Promise<unknown[]> {
  return (await reservations()).map(({ reservedInstance }) => reservedInstance);
}

/** How many messages are committed, over all partitions. */
async function committed(): Promise<number> {
  return (await reservations()).reduce((sum, { committedOffset }) => sum + (committedOffset ?? -1) + 1, 0);
}

/** The refusal of a call: 400 InvalidParameter with this text. */
function invalid(message: string): object {
  return { status: 400, code: 'InvalidParameter', message, effect: 'none' };
}

const stale =
  'The cursor is invalid. Create a new one. An instance of the same name has joined since, or this one was not heard of for too long.';

describe('createGroupCursor', () => {
  test.each([
    ['TRIM_HORIZON', undefined, ['old', 'new']],
    ['LATEST', undefined, ['new']],
    ['AT_TIME', 1000, ['new']],
  ] as const)('with %s begins a group there', async (type, laterMs, expected) => {
    await put('old');
    const time = laterMs === undefined ? undefined : new Date(clock.now() + laterMs);
    clock.advance(laterMs ?? 0);
    const cursor = await join({ type, time });
    await put('new');
    expect((await read(cursor)).texts.toSorted()).toEqual(expected.toSorted());
  });

  test('takes the time as a Date or as text', async () => {
    await put('old');
    const time = new Date(clock.now() + 1);
    for (const at of [time, time.toISOString()]) {
      const cursor = await join({ groupName: `group of ${typeof at}`, type: 'AT_TIME', time: at });
      expect((await read(cursor)).texts).toEqual([]);
    }
  });

  test('lets type and time count only for a group that is not there yet', async () => {
    await put('old');
    await join({ type: 'TRIM_HORIZON' });
    expect((await read(await join({ type: 'LATEST' }))).texts).toEqual(['old']);
  });

  test('without a name makes an instance with a UUID for its name', async () => {
    await read(await join());
    const [name] = await holders();
    expect(name).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  test('with a name again goes on as that instance, and voids the cursor it had', async () => {
    const first = await join({ instanceName: 'i' });
    await read(first);
    const second = await join({ instanceName: 'i' });
    expect(await holders()).toEqual(['i', 'i']);
    await expect(client.getMessages(streamId, first)).rejects.toMatchObject(invalid(stale));
    await expect(client.consumerCommit(streamId, first)).rejects.toMatchObject(invalid(stale));
    await expect(client.consumerHeartbeat(streamId, first)).rejects.toMatchObject(invalid(stale));
    expect((await read(second)).texts).toEqual([]);
  });

  test.each([
    [{ groupName: '' }, 'InvalidParameter', /^groupName: /],
    [{ groupName: 'g'.repeat(256) }, 'InvalidParameter', /^groupName: /],
    [{ type: undefined }, 'MissingParameter', /^type: /],
    [{ type: 'AT_OFFSET' }, 'InvalidParameter', /^type: /],
    [{ type: 'AT_TIME' }, 'MissingParameter', /^time \(with type AT_TIME\): /],
    [{ timeoutInMs: 999 }, 'InvalidParameter', /^timeoutInMs: /],
    [{ commitOnGet: 'no' }, 'InvalidParameter', /^commitOnGet: /],
  ])('%j is refused', async (details, code, message) => {
    const refused = client.createGroupCursor(streamId, { groupName: 'g', type: 'LATEST', ...details } as CreateGroupCursorDetails);
    await expect(refused).rejects.toMatchObject({ status: 400, code, message: expect.stringMatching(message) });
  });

  test('a fifty-first group of a stream is refused', async () => {
    for (let number = 1; number <= 50; number += 1) await join({ groupName: `group ${number}` });
    await expect(join({ groupName: 'one more' })).rejects.toMatchObject({
      status: 400,
      code: 'LimitExceeded',
      message: `groupName: the stream ${streamId} has 50 groups already, which is the limit.`,
    });
  });
});

describe('with commit-on-get', () => {
  test('a read commits what the one before gave', async () => {
    await put('a', 'b', 'c');
    const first = await read(await join());
    expect([first.texts.length, await committed()]).toEqual([3, 0]);
    const second = await read(first.next);
    expect([second.texts.length, await committed()]).toEqual([0, 3]);
  });

  test('what was given last before the consumer ended is given again', async () => {
    await put('a', 'b', 'c');
    const first = await read(await join({ instanceName: 'i' }), 1);
    const second = await read(first.next);
    const again = await read(await join({ instanceName: 'i' }));
    expect(again.texts).toEqual(second.texts);
  });
});

describe('without commit-on-get', () => {
  const byHand = { instanceName: 'i', commitOnGet: false };

  test('reads go on and commit nothing', async () => {
    await put('a', 'b', 'c');
    const first = await read(await join(byHand), 1);
    const second = await read(first.next);
    const third = await read(second.next);
    expect([first.texts.length, second.texts.length, third.texts.length, await committed()]).toEqual([1, 2, 0, 0]);
  });

  test('consumerCommit commits what its cursor stands for, and answers one to go on with', async () => {
    await put('a', 'b', 'c');
    const first = await read(await join(byHand), 1);
    const { data } = await client.consumerCommit(streamId, first.next);
    expect(await committed()).toBe(1);
    expect((await read(data.value)).texts.toSorted()).toEqual(['a', 'b', 'c'].filter((text) => text !== first.texts[0]));
  });

  test('consumerCommit gives the consumer another timeout', async () => {
    await put('a');
    const { next } = await read(await join(byHand));
    clock.advance(timeoutMs);
    const { data } = await client.consumerCommit(streamId, next);
    clock.advance(timeoutMs);
    await client.consumerCommit(streamId, data.value);
    expect((await read(await join({ instanceName: 'other' }))).texts).toEqual([]);
    expect(await holders()).toEqual(['i', 'i']);
  });

  test('an older commit after a newer one moves nothing back', async () => {
    await put('a', 'b', 'c');
    const first = await read(await join(byHand), 1);
    const second = await read(first.next);
    await client.consumerCommit(streamId, second.next);
    expect((await client.consumerCommit(streamId, first.next)).status).toBe(200);
    expect(await committed()).toBe(3);
  });

  test('a commit of what the consumer lost meanwhile is refused, and changes nothing', async () => {
    await put('a', 'b', 'c');
    const lost = await read(await join(byHand));
    clock.advance(timeoutMs + 1);
    await read(await join({ instanceName: 'other', commitOnGet: false }));
    expect(await holders()).toEqual(['other', 'other']);
    const unreserved = 'Trying to commit unreserved partition 0: its reservation ended or the group was reset. Create a new group cursor.';
    await expect(client.consumerCommit(streamId, lost.next)).rejects.toMatchObject(invalid(unreserved));
    await expect(client.consumerHeartbeat(streamId, lost.next)).rejects.toMatchObject(invalid(unreserved));
    expect(await committed()).toBe(0);
  });
});

describe('consumerHeartbeat', () => {
  test('keeps the partitions of a consumer that works for long, as often as it is called', async () => {
    await put('a');
    let { next } = await read(await join({ instanceName: 'slow' }));
    for (let beat = 0; beat < 3; beat += 1) {
      clock.advance(timeoutMs);
      const { data } = await client.consumerHeartbeat(streamId, next);
      next = data.value;
    }
    expect((await read(await join({ instanceName: 'other' }))).texts).toEqual([]);
    expect(await holders()).toEqual(['slow', 'slow']);
  });

  test('is what keeps them: without it they are released after the timeout, for whoever reads next', async () => {
    await put('a');
    await read(await join({ instanceName: 'slow', timeoutInMs: 5000 }));
    clock.advance(5001);
    expect(await holders()).toEqual([undefined, undefined]);
    expect((await read(await join({ instanceName: 'other' }))).texts).toEqual(['a']);
    expect(await holders()).toEqual(['other', 'other']);
  });

  test('commits nothing', async () => {
    await put('a');
    const { next } = await read(await join());
    await client.consumerHeartbeat(streamId, next);
    expect(await committed()).toBe(0);
  });
});

describe('getGroup', () => {
  test('answers who holds what, until when as a Date, and the last offset committed; what is not so is absent', async () => {
    await put('a', 'b', 'c', 'd');
    const cursor = await join({ instanceName: 'i', timeoutInMs: 5000 });
    expect((await client.getGroup(streamId, 'g')).data).toEqual({
      streamId,
      groupName: 'g',
      reservations: [{ partition: '0' }, { partition: '1' }],
    });
    const { messages, next } = await read(cursor);
    await read(next);
    const reserved = { reservedInstance: 'i', timeReservedUntil: new Date(clock.now() + 5000) };
    const lastOf = (partition: string): number => messages.findLast((message) => message.partition === partition)?.offset ?? -1;
    expect(await reservations()).toEqual([
      { partition: '0', committedOffset: lastOf('0'), ...reserved },
      { partition: '1', committedOffset: lastOf('1'), ...reserved },
    ]);
    expect((await reservations())[0]?.timeReservedUntil).toBeInstanceOf(Date);
  });

  test('of a name with a slash and a space finds that group', async () => {
    await join({ groupName: 'billing / eu' });
    expect((await client.getGroup(streamId, 'billing / eu')).data.groupName).toBe('billing / eu');
  });
});

describe('updateGroup', () => {
  test.each([
    ['TRIM_HORIZON', undefined, ['a', 'b']],
    ['LATEST', undefined, []],
    ['AT_TIME', 0, ['b']],
  ] as const)('with %s lets every consumer of the group go on there', async (type, at, expected) => {
    await put('a');
    clock.advance(1000);
    const time = at === undefined ? undefined : new Date(clock.now());
    await put('b');
    const one = await read(await join({ instanceName: 'one', commitOnGet: false }));
    const two = await read(await join({ instanceName: 'two', commitOnGet: false }));
    await client.consumerCommit(streamId, one.next);
    const { status, data } = await client.updateGroup(streamId, 'g', { type, time });
    expect({ status, data }).toEqual({ status: 200, data: undefined });
    expect([await committed(), await holders()]).toEqual([0, [undefined, undefined]]);
    const texts = [...(await read(one.next)).texts, ...(await read(two.next)).texts];
    expect(texts.toSorted()).toEqual(expected);
  });

  test('in the middle of reading refuses a commit of what was read before', async () => {
    await put('a', 'b');
    const { next } = await read(await join({ commitOnGet: false }));
    await client.updateGroup(streamId, 'g', { type: 'TRIM_HORIZON' });
    await expect(client.consumerCommit(streamId, next)).rejects.toThrow(/^Trying to commit unreserved partition /);
    expect(await committed()).toBe(0);
  });
});

describe('a cursor', () => {
  const calls = {
    getMessages: (cursor: string, id = streamId): Promise<Response<unknown>> => client.getMessages(id, cursor),
    consumerCommit: (cursor: string, id = streamId): Promise<Response<unknown>> => client.consumerCommit(id, cursor),
    consumerHeartbeat: (cursor: string, id = streamId): Promise<Response<unknown>> => client.consumerHeartbeat(id, cursor),
  };

  test.each(Object.entries(calls))('%s refuses one that is expired, altered, or of another stream', async (_, call) => {
    const cursor = await join();
    const altered = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
    const { data: other } = await service.admin.createStream({ name: 'other', partitions: 1, compartmentId: service.compartmentId });
    const message = 'The cursor is invalid. Create a new one.';
    await expect(call(altered)).rejects.toMatchObject(invalid(message));
    await expect(call(cursor, other.id)).rejects.toMatchObject(invalid(message));
    clock.advance(cursorLifeMs);
    expect((await call(cursor)).status).toBe(200);
    clock.advance(1001);
    await expect(call(cursor)).rejects.toMatchObject(invalid('The cursor is expired. Create a new one.'));
  });

  test.each(['consumerCommit', 'consumerHeartbeat'] as const)('%s refuses one of a partition', async (name) => {
    const { data } = await client.createCursor(streamId, { partition: '0', type: 'LATEST' });
    const message = 'The cursor is invalid. Create a new one. Expected the cursor of a group.';
    await expect(calls[name](data.value)).rejects.toMatchObject(invalid(message));
  });

  test('used twice gives the same messages twice', async () => {
    await put('a', 'b');
    const cursor = await join();
    expect((await read(cursor)).texts).toEqual((await read(cursor)).texts);
  });

  test('of a consumer that shares with others gives it its part, and waits for messages with waitMs', async () => {
    const [one, two] = [await join({ instanceName: 'one' }), await join({ instanceName: 'two' })];
    let cursors = [one, two];
    for (let turn = 0; turn < 3; turn += 1) cursors = await Promise.all(cursors.map(async (cursor) => (await read(cursor)).next));
    expect(new Set(await holders())).toEqual(new Set(['one', 'two']));
    const waiting = Promise.all(cursors.map((cursor) => client.getMessages(streamId, cursor, { waitMs: 10_000 })));
    await put('a', 'b', 'c', 'd');
    const [first = [], second = []] = (await waiting).map(({ data }) => data.map(({ partition }) => partition));
    expect(new Set(first).size + new Set(second).size).toBe(2);
    expect(first.filter((partition) => second.includes(partition))).toEqual([]);
  });
});

describe('a group or stream that is not there', () => {
  test('is answered 404 by getGroup and updateGroup', async () => {
    const notFound = { status: 404, code: 'NotAuthorizedOrNotFound', message: 'Authorization failed or requested resource not found.' };
    await expect(client.getGroup(streamId, 'nobody')).rejects.toMatchObject(notFound);
    await expect(client.updateGroup(streamId, 'nobody', { type: 'LATEST' })).rejects.toMatchObject(notFound);
  });

  test('is answered 404 by all six, with the name of the stream', async () => {
    const cursor = await join();
    await service.admin.deleteStream(streamId);
    const unknown = { status: 404, code: 'NotAuthorizedOrNotFound', message: `Unknown stream ${streamId}` };
    for (const call of [
      () => join(),
      () => client.getMessages(streamId, cursor),
      () => client.consumerCommit(streamId, cursor),
      () => client.consumerHeartbeat(streamId, cursor),
      () => client.getGroup(streamId, 'g'),
      () => client.updateGroup(streamId, 'g', { type: 'LATEST' }),
    ]) {
      await expect(call()).rejects.toMatchObject(unknown);
    }
  });
});
