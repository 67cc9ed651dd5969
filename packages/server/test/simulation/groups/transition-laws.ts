// What no command may do to a group, whatever it is: said once more, in words of their own, so that the model cannot share a mistake
// with the program unseen.
import { law } from '../law.ts';
import {
  hasRunOut,
  heldSince,
  instanceOf,
  type ModelAnswer,
  type ModelGroup,
  type ModelPartition,
  type ModelState,
  type Stamped,
} from './group-model.ts';

/** Throws at the first law that the step from one state to the next breaks. */
export function judgeStep(before: ModelState, after: ModelState, stamped: Stamped, answer: ModelAnswer): void {
  const { command, offset, now } = stamped;
  for (const [id, group] of after) {
    const earlier = before.get(id);
    if (earlier !== undefined && earlier !== group) judgeGroup(earlier, group, stamped);
    for (const { holder } of group.partitions) {
      law(
        holder === null || instanceOf(group, holder) !== undefined,
        () => `Command ${offset}: ${holder} holds a partition and is not known.`,
      );
    }
  }
  for (const [id, group] of before) {
    const isOver = now > group.lastUsedMs + group.retentionMs;
    law(
      after.has(id) !== isOver,
      () => `Command ${offset}: group ${id}, last used at ${group.lastUsedMs}, is ${isOver ? 'there' : 'gone'} at ${now}.`,
    );
    const isMeant = 'streamId' in command ? command.streamId === group.streamId && command.name === group.name : command.group === id;
    law(
      isOver || after.get(id) === group || (isMeant && answer.kind !== 'void'),
      () => `Command ${offset} changed group ${id}: ${answer.kind}.`,
    );
  }
  const perStream = Map.groupBy(after.values(), ({ streamId }) => streamId);
  for (const groups of perStream.values()) law(groups.length <= 50, () => `Command ${offset}: a stream has ${groups.length} groups.`);
}

function judgeGroup(before: ModelGroup, after: ModelGroup, stamped: Stamped): void {
  for (const [index, partition] of after.partitions.entries()) {
    const earlier = before.partitions[index] as ModelPartition;
    const told = (): string =>
      `Command ${stamped.offset} (${stamped.command.kind}) on partition ${index} of group ${after.id}: ${JSON.stringify(earlier)} to ${JSON.stringify(partition)}`;
    judgeHolder(before, earlier, partition, stamped, told);
    judgeCommitted(before, index, earlier, partition, stamped, told);
  }
}

function judgeHolder(
  group: ModelGroup,
  before: ModelPartition,
  after: ModelPartition,
  { command, offset, now }: Stamped,
  told: () => string,
): void {
  law(after.token === before.token || (after.token === offset && offset > before.token), () => `A token falls. ${told()}`);
  if (before.holder === after.holder) {
    law(after.token === before.token, () => `A token changes without its holder. ${told()}`);
    return;
  }
  law(after.holder === null || after.token === offset, () => `A grant keeps an old token. ${told()}`);
  const caller = 'epoch' in command ? command.epoch : command.kind === 'JOIN' ? offset : undefined;
  law(after.holder === null || after.holder === caller, () => `A partition goes to another than the caller. ${told()}`);
  if (before.holder === null || command.kind === 'RESET') return;
  const loser = instanceOf(group, before.holder);
  const isOwn = command.kind === 'POLL' && command.epoch === before.holder;
  const isNextLife = command.kind === 'JOIN' && loser?.name === command.instance && after.holder === offset;
  const isRunOut = loser !== undefined && caller !== before.holder && hasRunOut(loser, now);
  law(
    isOwn || isNextLife || isRunOut,
    () => `A partition was taken from its holder, which had until ${loser?.reservedUntilMs} at ${now}. ${told()}`,
  );
}

function judgeCommitted(
  group: ModelGroup,
  index: number,
  before: ModelPartition,
  after: ModelPartition,
  { command }: Stamped,
  told: () => string,
): void {
  if (command.kind === 'RESET') {
    law(after.committed === null && after.holder === null, () => `A reset leaves something. ${told()}`);
    return;
  }
  law(after.position === before.position, () => `A position moves without a reset. ${told()}`);
  if (after.committed === before.committed) return;
  law((after.committed ?? -1) > (before.committed ?? -1), () => `A committed offset falls. ${told()}`);
  const isCommit = command.kind === 'COMMIT' || (command.kind === 'POLL' && instanceOf(group, command.epoch)?.commitOnGet === true);
  law(isCommit && 'positions' in command, () => `${command.kind} commits. ${told()}`);
  const [, next] = command.positions.find(([partition]) => partition === index) ?? [];
  law(
    next === after.committed && heldSince(group, command.epoch, index, command.asOf),
    () => `What does not count was committed. ${told()}`,
  );
}
