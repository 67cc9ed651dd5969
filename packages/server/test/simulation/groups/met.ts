// What the commands of a run did, so that a test can see that enough of everything was met.
import type { Tally } from 'millrace-log/test-support';
import { groupNamed, type ModelGroup } from './group-model.ts';
import type { Entry, Shard } from './shard.ts';

/** Counts what a command moved. */
export function countMoves(tally: Tally, { command, offset, answer, call }: Entry, shard: Shard): void {
  tally.add(`command ${answer.kind}`);
  if (answer.kind === 'void') tally.add(`void: ${answer.reason}`);
  if (call === undefined) tally.add('command found after a crash');
  const [before, after] = [shard.stateAt(offset - 1), shard.stateAt(offset)].map((state) =>
    'streamId' in command ? groupNamed(state, command.streamId, command.name) : state.get(command.group),
  );
  tally.add('group gone unused', [...shard.stateAt(offset - 1).keys()].filter((id) => !shard.stateAt(offset).has(id)).length);
  if (before !== undefined && after !== undefined) countPartitions(tally, before, after, command);
}

function countPartitions(tally: Tally, before: ModelGroup, after: ModelGroup, command: Entry['command']): void {
  const caller = 'epoch' in command ? command.epoch : undefined;
  for (const [index, { holder, committed }] of after.partitions.entries()) {
    const earlier = before.partitions[index];
    if (earlier === undefined) continue;
    if (committed !== null && committed !== earlier.committed) tally.add('partition committed');
    if (holder === earlier.holder) continue;
    if (earlier.holder === null) tally.add('partition granted');
    else if (command.kind === 'RESET') tally.add('partition freed by a reset');
    else if (command.kind === 'JOIN' && holder !== null) tally.add('partition passed to the next life');
    else if (earlier.holder === caller) tally.add('partition released');
    else tally.add(holder === null ? 'partition taken from one that ran out' : 'partition taken over from one that ran out');
  }
  const forgotten = before.instances.filter(({ name }) => !after.instances.some((instance) => instance.name === name));
  tally.add('instance forgotten', forgotten.length);
}
