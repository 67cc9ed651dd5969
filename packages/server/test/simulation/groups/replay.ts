// Any replay gives the same state and the same answers: from the start, from every snapshot, and on every server.
import { groupMachine } from '../../../src/groups/group-machine.ts';
import type { GroupAnswer, GroupsState } from '../../../src/groups/group-state.ts';
import { law } from '../law.ts';
import type { ModelAnswer } from './group-model.ts';
import type { GroupWorld } from './group-world.ts';
import type { Entry, Shard } from './shard.ts';

/** Throws unless the whole log, replayed, is what the servers have and what the model says. */
export async function judgeReplays(world: GroupWorld): Promise<void> {
  for (const stream of world.parts.auditor.streams) {
    const shard = world.parts.auditor.shardOf(stream);
    const snapshots = world.parts.auditor.snapshots(shard.index);
    const wanted = new Set(snapshots.map(({ upTo }) => upTo));
    const states = new Map<number, string>();
    const state = groupMachine.initialState();
    const answers = replay(state, shard.entries, ({ offset }) => {
      if (wanted.has(offset + 1)) states.set(offset + 1, encode(state));
    });
    const last = encode(state);
    for (const [index, answer] of answers.entries()) judgeAnswer(shard.entries[index] as Entry, answer);
    judgeSnapshots(world, shard, answers, (upTo) => (upTo === shard.entries.length ? last : (states.get(upTo) ?? '')));
    for (const server of world.servers) {
      const machine = server.machine(stream);
      await machine.catchUp();
      law(
        machine.applied === shard.entries.length - 1,
        () => `${server.name} ends at ${machine.applied} of ${shard.entries.length} commands.`,
      );
      const encoded = encode(machine.state);
      law(encoded === last, () => `${server.name} has\n${encoded}\nand a replay\n${last}`);
    }
  }
}

function judgeSnapshots(world: GroupWorld, shard: Shard, answers: readonly GroupAnswer[], stateAt: (upTo: number) => string): void {
  for (const { upTo, now, state: stored } of world.parts.auditor.snapshots(shard.index)) {
    world.parts.tally.add('snapshot replayed');
    const state = groupMachine.decodeState(structuredClone(stored));
    law(
      encode(state) === stateAt(upTo),
      () => `The snapshot up to ${upTo} of log ${shard.index} is ${encode(state)}, and a replay ${stateAt(upTo)}`,
    );
    law(
      now === shard.entries[upTo - 1]?.now,
      () => `The snapshot up to ${upTo} is of ${now}; the command before it of ${shard.entries[upTo - 1]?.now}.`,
    );
    const again = replay(state, shard.entries.slice(upTo));
    law(
      JSON.stringify(again) === JSON.stringify(answers.slice(upTo)),
      () => `After the snapshot up to ${upTo} of log ${shard.index} other answers are given.`,
    );
    law(
      encode(state) === stateAt(shard.entries.length),
      () => `From the snapshot up to ${upTo} of log ${shard.index} another state comes.`,
    );
  }
}

function replay(state: GroupsState, entries: readonly Entry[], onApplied: (entry: Entry) => void = () => {}): GroupAnswer[] {
  return entries.map((entry) => {
    const { text, offset, now } = entry;
    const answer = groupMachine.apply(state, groupMachine.parseCommand(JSON.parse(text)), { offset, now });
    onApplied(entry);
    return answer;
  });
}

function encode(state: GroupsState): string {
  return JSON.stringify(groupMachine.encodeState(state));
}

/** The program's answer is the model's. */
function judgeAnswer({ offset, answer: expected, command }: Entry, given: GroupAnswer): void {
  const told = (): string => `${command.kind} ${offset} answers ${JSON.stringify(given)} instead of ${JSON.stringify(expected)}`;
  law(JSON.stringify(plain(given)) === JSON.stringify(modelled(expected)), told);
}

function plain(answer: GroupAnswer): unknown {
  switch (answer.kind) {
    case 'joined':
      return [answer.group, answer.epoch];
    case 'polled':
      return [answer.timeoutMs, answer.held.map(({ partition, from, kept }) => [partition, from, kept])];
    case 'kept':
      return answer.positions;
    case 'reset':
      return 'reset';
    case 'void':
      return [answer.reason, answer.partition];
  }
}

function modelled(answer: ModelAnswer): unknown {
  switch (answer.kind) {
    case 'joined':
      return [answer.group, answer.epoch];
    case 'polled':
      return [answer.timeoutMs, answer.held.map(({ partition, from, kept }) => [partition, from, kept])];
    case 'kept':
      return [...answer.positions];
    case 'reset':
      return 'reset';
    case 'void':
      return [answer.reason, answer.partition];
  }
}
