// Group reads that wait: for a message in any partition, for a partition, and never so long that the reservation runs out.
import { limits } from 'millrace-protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cursorOf, type GroupClient, type GroupRead } from './group-client.ts';
import { type GroupStage, stageGroup } from './group-stage.ts';

let stage: GroupStage;
let group: GroupClient;
let idleTimers: number;

beforeEach(async () => {
  stage = await stageGroup({ partitions: 2 });
  group = stage.group;
  idleTimers = stage.clock.timerCount;
});

afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

/** A read that waits; resolves inside when it does: one timer for each partition, and one for a change of the group. */
async function wait(cursor: string, waitMs: number, timers: number): Promise<{ readonly reading: Promise<GroupRead> }> {
  const now = new Date(stage.clock.now());
  const reading = group.read(cursor, '', { date: now, headers: { 'millrace-wait-ms': String(waitMs) } });
  await stage.clock.untilTimers(idleTimers + timers);
  return { reading };
}

describe('a group read that waits', () => {
  test('is answered with the first message of any partition it holds, and delivers it under a POLL of the log', async () => {
    const { next } = await group.read(await group.join());
    const before = await stage.commandCount();
    const { reading } = await wait(next, 10_000, 3);
    await stage.append(1, 'x');
    expect((await reading).places).toEqual(['1:0']);
    expect(await stage.commandCount()).toBe(before + 1);
    expect(stage.clock.timerCount).toBe(idleTimers);
  });

  test('ends empty when its time is over', async () => {
    const { next } = await group.read(await group.join());
    const { reading } = await wait(next, 1500, 3);
    stage.clock.advance(1500);
    expect(await reading).toMatchObject({ status: 200, places: [] });
    expect(stage.clock.timerCount).toBe(idleTimers);
  });

  test('ends when half of what is left of its reservation is over', async () => {
    const { next } = await group.read(await group.join({ timeoutInMs: 10_000 }));
    const { reading } = await wait(next, 30_000, 3);
    stage.clock.advance(4999);
    expect(stage.clock.timerCount).toBe(idleTimers + 3);
    stage.clock.advance(1);
    expect((await reading).status).toBe(200);
    expect((await group.reservations())[0]?.[0]).toBeDefined();
  });

  test('goes on with the partitions that another instance gives up', async () => {
    const a = await group.read(await group.join({ instanceName: 'a' }));
    await stage.append(1, 'x');
    const { reading } = await wait(await group.join({ instanceName: 'b' }), 10_000, 1);
    await group.read(a.next);
    expect((await reading).places).toEqual(['1:0']);
  });

  test('goes on with the partitions of an instance that runs out meanwhile', async () => {
    await group.read(await group.join({ instanceName: 'a', timeoutInMs: 2000 }));
    await stage.append(0, 'x');
    const { reading } = await wait(await group.join({ instanceName: 'b' }), 10_000, 1);
    stage.clock.advance(2001);
    expect((await reading).places).toEqual(['0:0']);
  });

  test('does not wait when there is something to read', async () => {
    await stage.append(0, 'x');
    const reading = await group.read(await group.join(), '', { headers: { 'millrace-wait-ms': '30000' } });
    expect(reading.places).toEqual(['0:0']);
  });
});

test('a cursor that is full of what is not committed waits for room, and a commit makes it', async () => {
  await using wide = await stageGroup({ partitions: limits.cursorPositions + 1 });
  for (let partition = 0; partition <= limits.cursorPositions; partition += 1) await wide.append(partition, 'x');
  const first = await wide.group.read(await wide.group.join({ commitOnGet: false }));
  expect(first.messages).toHaveLength(limits.cursorPositions);
  const idle = wide.clock.timerCount;
  const headers = { 'millrace-wait-ms': '1000' };
  const reading = wide.group.read(first.next, '', { date: new Date(wide.clock.now()), headers });
  await wide.clock.untilTimers(idle + limits.cursorPositions + 1);
  wide.clock.advance(1000);
  expect(await reading).toMatchObject({ status: 200, places: [] });
  const rest = await wide.group.read(cursorOf(await wide.group.commit(first.next)));
  expect(rest.places).toEqual([`${limits.cursorPositions}:0`]);
});

describe('a poll that changes nothing', () => {
  test('is not written down, until half of the reservation is over', async () => {
    let { next } = await group.read(await group.join());
    const before = await stage.commandCount();
    for (let turn = 0; turn < 5; turn += 1) {
      stage.clock.advance(2900);
      ({ next } = await group.read(next));
    }
    expect(await stage.commandCount()).toBe(before);
    stage.clock.advance(600);
    await group.read(next);
    expect(await stage.commandCount()).toBe(before + 1);
  });

  test('is written down once a minute however long the timeout is', async () => {
    const { next } = await group.read(await group.join({ timeoutInMs: 3_600_000 }));
    const before = await stage.commandCount();
    stage.clock.advance(59_999);
    const quiet = await group.read(next);
    expect(await stage.commandCount()).toBe(before);
    stage.clock.advance(1);
    await group.read(quiet.next);
    expect(await stage.commandCount()).toBe(before + 1);
  });
});
