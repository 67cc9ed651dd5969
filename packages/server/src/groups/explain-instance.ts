// What the next read of an instance gets, or why it gets nothing, in a sentence.
import { formatTime } from 'millrace-protocol';
import type { PartitionExplanation } from 'millrace-protocol/shapes';
import { planPoll } from './assignment.ts';
import { type Group, hasRunOut, type Instance, isLive } from './group.ts';

/** `held` are the partitions it holds; `partitions` all of the group, by index. */
export function explainInstance(
  group: Group,
  instance: Instance,
  held: readonly number[],
  partitions: readonly PartitionExplanation[],
  now: number,
): string {
  const shown = held.flatMap((index) => partitions[index] ?? []);
  const trimmed = shown.find(({ nextOffset, startOffset }) => nextOffset < startOffset);
  if (hasRunOut(instance, now)) return ranOut(instance, held);
  if (trimmed !== undefined) return outsideRetention(trimmed);
  if (!instance.hasPolled) return 'It has a cursor and has not called GetMessages with it yet; partitions are given out then.';
  const { take, release } = planPoll(group, instance, now);
  if (take.length > 0) return `Its next GetMessages gives it ${named(take)}, which nobody holds.`;
  if (release.length > 0) return `Its next GetMessages takes ${named(release)} from it: it holds more than its share.`;
  if (held.length === 0) return spare(group, partitions, now);
  const behind = shown.filter(({ lagMessages }) => lagMessages > 0);
  if (behind.length === 0) return `It holds ${named(held)} and has caught up: everything there is committed.`;
  const lag = behind.reduce((sum, { lagMessages }) => sum + lagMessages, 0);
  return `It holds ${named(held)}, where ${lag} messages are not committed: unread, or read and not committed yet.`;
}

function ranOut({ name, reservedUntilMs, timeoutMs }: Instance, held: readonly number[]): string {
  const since = `It ran out at ${formatTime(reservedUntilMs)}: it was not heard of for its timeout of ${timeoutMs} ms.`;
  if (held.length === 0) return `${since} Its next GetMessages takes it in again; after five minutes ${name} has to create a new cursor.`;
  return `${since} It still has ${named(held)}, until another instance of the group comes.`;
}

function outsideRetention({ partition, nextOffset, startOffset }: PartitionExplanation): string {
  return `Partition ${partition} goes on at offset ${nextOffset}, which retention has removed; the oldest message is at ${startOffset}. UpdateGroup says where the group goes on.`;
}

function spare({ instances }: Group, partitions: readonly PartitionExplanation[], now: number): string {
  const live = [...instances.values()].filter((instance) => isLive(instance, now)).length;
  const held = partitions.filter(({ reservedInstance }) => reservedInstance !== undefined);
  const [first] = held.toSorted((a, b) => ((a.timeReservedUntil ?? '') < (b.timeReservedUntil ?? '') ? -1 : 1));
  const soonest =
    first === undefined ? '' : ` Partition ${first.partition} is held by ${first.reservedInstance} until ${first.timeReservedUntil}.`;
  if (live > partitions.length) return `There are ${live} live instances for ${partitions.length} partition(s), so it has none.${soonest}`;
  return `All partitions are held by others, who give up what is above their share with their next GetMessages.${soonest}`;
}

function named(indexes: readonly number[]): string {
  return `partition${indexes.length === 1 ? '' : 's'} ${indexes.join(', ')}`;
}
