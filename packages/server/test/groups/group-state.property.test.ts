// The state machine of groups on its own: any commands, in any order, at any time.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupMachine } from '../../src/groups/group-machine.ts';
import type { GroupAnswer, GroupCommand, GroupsState } from '../../src/groups/group-state.ts';

/** Applies commands one after the other, `laterMs` after the one before each, and answers what they gave. */
class Log {
  state: GroupsState = groupMachine.initialState();
  readonly answers: GroupAnswer[] = [];
  now = 1_000_000;

  submit(command: GroupCommand, laterMs = 0): GroupAnswer {
    this.now += laterMs;
    const answer = groupMachine.apply(this.state, command, { offset: this.answers.length, now: this.now });
    this.answers.push(answer);
    return answer;
  }

  /** The state, as a snapshot that was read back holds it. */
  restart(): void {
    this.state = groupMachine.decodeState(JSON.parse(JSON.stringify(groupMachine.encodeState(this.state))));
  }
}

const join = (instance: string, partitionCount: number, name = 'g'): GroupCommand => ({
  v: 1,
  kind: 'JOIN',
  streamId: 's',
  name,
  instance,
  timeoutMs: 30_000,
  commitOnGet: true,
  partitionCount,
  retentionMs: 86_400_000,
  start: 'horizon',
});

const offset = fc.nat({ max: 30 });
const fromCursor = fc.record({
  v: fc.constant(1 as const),
  kind: fc.constantFrom('POLL', 'COMMIT', 'HEARTBEAT'),
  group: fc.nat({ max: 5 }),
  epoch: offset,
  asOf: offset,
  positions: fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 9 })), { maxLength: 3 }),
});
const start = fc.oneof(fc.constant('horizon' as const), fc.array(fc.nat({ max: 9 }), { minLength: 3, maxLength: 3 }));
const anyJoin = fc
  .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('g', 'h'), fc.boolean(), start)
  .map(([instance, name, commitOnGet, from]): GroupCommand => ({ ...join(instance, 3, name), commitOnGet, start: from }) as GroupCommand);
const reset = fc
  .tuple(fc.constantFrom('g', 'h'), start)
  .map(([name, from]): GroupCommand => ({ v: 1, kind: 'RESET', streamId: 's', name, start: from }));
const command = fc.oneof({ arbitrary: anyJoin, weight: 2 }, { arbitrary: fromCursor, weight: 6 }, reset);
const later = fc.oneof(fc.nat({ max: 20_000 }), fc.nat({ max: 400_000 }), fc.constant(90_000_000));

test('a snapshot at any place changes neither the state nor any later answer', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(command, later, fc.boolean()), { maxLength: 60 }), (steps) => {
      const straight = new Log();
      const restarted = new Log();
      for (const [one, laterMs, isRestart] of steps) {
        straight.submit(one, laterMs);
        restarted.submit(one, laterMs);
        if (isRestart) restarted.restart();
      }
      expect(restarted.answers).toEqual(straight.answers);
      expect(groupMachine.encodeState(restarted.state)).toEqual(groupMachine.encodeState(straight.state));
    }),
  );
});

test('a command that is void changes nothing but what time alone changes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(command, later), { maxLength: 60 }), (steps) => {
      const log = new Log();
      for (const [one, laterMs] of steps) {
        const before = JSON.stringify(groupMachine.encodeState(log.state));
        // A COMMIT that is refused comes before anything runs out by it; groups that ran out may go.
        const answer = log.submit(one, laterMs);
        const after = JSON.parse(JSON.stringify(groupMachine.encodeState(log.state))) as { id: number }[];
        if (answer.kind !== 'void') continue;
        const left = new Set(after.map(({ id }) => id));
        const kept = (JSON.parse(before) as { id: number }[]).filter(({ id }) => left.has(id));
        expect(after).toEqual(kept);
      }
    }),
  );
});

test('however many instances come and go, two polls by each that is left make the shares even, and then nothing moves', () => {
  const histories = fc.record({
    partitions: fc.integer({ min: 1, max: 12 }),
    steps: fc.array(fc.tuple(fc.nat({ max: 7 }), fc.constantFrom('poll', 'join', 'leave'), fc.nat({ max: 12_000 })), { maxLength: 60 }),
  });
  fc.assert(
    fc.property(histories, ({ partitions, steps }) => {
      const log = new Log();
      const epochs = new Map<number, number>();
      const poll = (epoch: number): GroupAnswer => {
        const [group] = log.state.groups.keys();
        return log.submit({ v: 1, kind: 'POLL', group: group ?? -1, epoch, asOf: log.answers.length - 1, positions: [] });
      };
      for (const [who, what, laterMs] of steps) {
        log.now += laterMs;
        const epoch = epochs.get(who);
        if (what === 'leave') epochs.delete(who);
        else if (what === 'poll' && epoch !== undefined) poll(epoch);
        else {
          const answer = log.submit(join(`i${who}`, partitions));
          if (answer.kind === 'joined') epochs.set(who, answer.epoch);
        }
      }
      // Those who left run out, the others are heard of.
      log.now += 20_000;
      for (const epoch of epochs.values()) poll(epoch);
      log.now += 20_000;
      for (let round = 0; round < 2; round += 1) for (const epoch of epochs.values()) poll(epoch);
      const shares = [...epochs.values()].map((epoch) => {
        const answer = poll(epoch);
        if (answer.kind !== 'polled') throw new Error(`A poll was answered ${answer.kind}.`);
        expect([answer.turnover.granted, answer.turnover.released]).toEqual([0, 0]);
        return answer.held.length;
      });
      if (shares.length === 0) return;
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
});
