// The end of every seed: in a quiet time the shares are even and stay so, and everything retained reaches every group.
import { law } from '../law.ts';
import { Consumer } from './consumer.ts';
import { groupNamed, hasRunOut, type ModelGroup } from './group-model.ts';
import type { GroupWorld } from './group-world.ts';
import { lastReset } from './judge-command.ts';
import { remainingGroups } from './remaining-groups.ts';
import type { StreamFacts } from './stream-facts.ts';
import type { Visitor } from './visitor.ts';

/** Longer than any timeout. */
const quietMs = 70_000;
const mostRounds = 300;

/** Throws unless the live instances of every group share its partitions evenly, and then keep them. */
export async function judgeQuiet(world: GroupWorld, consumers: readonly Consumer[], visitor: Visitor): Promise<void> {
  await restLong(world, visitor);
  for (const { stream, group } of remainingGroups(world)) {
    let survivors: readonly Consumer[] = consumers.filter(
      ({ habits, newest }) => newest !== undefined && habits.stream === stream && habits.groupName === group.name,
    );
    if (survivors.length === 0 || !isClockRight(world, survivors)) continue;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const left = await rounds(world, stream, group.name, survivors, visitor);
      if (left.length === survivors.length) break;
      survivors = left;
    }
  }
}

/**
 * A server takes an instance for run out, and leaves out a POLL that would give way to it, when its own clock is ahead by more than
 * that one's timeout. The POLL is appended at the latest when half of the caller's reservation is over, but no time passes here.
 */
function isClockRight({ jumps, servers }: GroupWorld, survivors: readonly Consumer[]): boolean {
  const least = Math.min(...survivors.map(({ habits }) => habits.timeoutMs));
  return jumps === 0 && servers.every(({ skewMs }) => Math.abs(skewMs) < least);
}

/** All run out, also if the log's time is slow at first, because the wall clock was set back. It is stamping that moves it. */
async function restLong({ parts: { clock } }: GroupWorld, visitor: Visitor): Promise<void> {
  for (let part = 0; part < 3; part += 1) {
    clock.advance(quietMs);
    await visitor.put();
  }
}

/** Two rounds of polls, and a third; those of the clients that were answered every time. */
async function rounds(
  world: GroupWorld,
  stream: StreamFacts,
  name: string,
  all: readonly Consumer[],
  visitor: Visitor,
): Promise<readonly Consumer[]> {
  let survivors = all;
  for (let round = 0; round < 2; round += 1) survivors = await pollAll(world, stream, name, survivors, visitor);
  if (survivors.length < all.length || survivors.length === 0) return survivors;
  const before = currentGroup(world, stream, name);
  judgeShares(world, before, survivors);
  const left = await pollAll(world, stream, name, survivors, visitor);
  if (left.length < survivors.length) return left;
  const after = currentGroup(world, stream, name);
  const [old, now] = [before, after].map((group) => JSON.stringify(group?.partitions.map(({ holder, token }) => [holder, token])));
  law(old === now, () => `A third round of polls moved ${old} to ${now}.`);
  world.parts.tally.add('shares were even');
  return left;
}

async function pollAll(
  world: GroupWorld,
  stream: StreamFacts,
  name: string,
  consumers: readonly Consumer[],
  visitor: Visitor,
): Promise<readonly Consumer[]> {
  const answered: Consumer[] = [];
  for (const consumer of consumers) {
    for (const server of world.servers) await server.machine(stream).catchUp();
    const cursor = consumer.newest;
    if (cursor === undefined) continue;
    if ((await consumer.readAtOnce(world, cursor)) !== undefined) answered.push(consumer);
    else if (consumer.newest !== undefined) await visitor.reset(stream, name, { type: 'TRIM_HORIZON' });
  }
  return answered;
}

function judgeShares(world: GroupWorld, group: ModelGroup | undefined, survivors: readonly Consumer[]): void {
  if (group === undefined) return;
  const now = world.parts.auditor.shard(survivors[0]?.habits.stream.shard ?? 0).entries.at(-1)?.now ?? 0;
  const live = group.instances.filter((instance) => instance.hasPolled && !hasRunOut(instance, now)).map(({ epoch }) => epoch);
  const epochs = new Set(survivors.map(({ newest }) => newest?.epoch));
  if (live.some((epoch) => !epochs.has(epoch))) return;
  const share = group.partitions.length / live.length;
  const counts = live.map((epoch) => group.partitions.filter(({ holder }) => holder === epoch).length);
  const sum = counts.reduce((total, count) => total + count, 0);
  const isEven = counts.every((count) => count === Math.floor(share) || count === Math.ceil(share));
  law(
    isEven && sum === group.partitions.length,
    () => `After two polls each the ${live.length} live instances have ${counts.join()} of ${group.partitions.length} partitions.`,
  );
}

/** Throws unless fresh instances read everything that is retained, in every group. */
export async function judgeDrain(world: GroupWorld, visitor: Visitor): Promise<void> {
  const { random } = world.parts;
  await restLong(world, visitor);
  for (const { stream, group } of remainingGroups(world)) {
    const fresh = Array.from({ length: 1 + random.below(3) }, (_, index) => {
      const mode = random.chance(0.5) ? ('commitOnGet' as const) : ('manual' as const);
      return new Consumer({ label: `last ${index}`, stream, groupName: group.name, instanceName: undefined, timeoutMs: 30_000, mode });
    });
    for (const consumer of fresh) await consumer.join(world);
    for (let round = 0; !isDrained(world, stream, group.name); round += 1) {
      law(round < mostRounds, () => `Group ${group.name} is not drained: ${JSON.stringify(currentGroup(world, stream, group.name))}`);
      for (const consumer of fresh) await readOnce(world, consumer, visitor);
    }
    judgeReceived(world, stream, group.name);
    world.parts.tally.add('group drained');
  }
}

async function readOnce(world: GroupWorld, consumer: Consumer, visitor: Visitor): Promise<void> {
  const { stream, groupName, mode } = consumer.habits;
  const cursor = consumer.newest;
  law(cursor !== undefined, () => 'A fresh instance has no cursor.');
  const read = await consumer.readAtOnce(world, cursor);
  if (read === undefined) await visitor.reset(stream, groupName, { type: 'TRIM_HORIZON' });
  else if (mode === 'manual') await consumer.keep(world, read.next, 'ConsumerCommit');
}

function isDrained(world: GroupWorld, stream: StreamFacts, name: string): boolean {
  const group = currentGroup(world, stream, name);
  return (
    group === undefined ||
    group.partitions.every(({ committed, position }, index) => {
      const { values, startOffset } = world.parts.auditor.messages(stream, index);
      const from = committed ?? position ?? startOffset;
      return from >= values.length && from >= startOffset;
    })
  );
}

/** Everything from where the group began, or was last told to go on, has been received. */
function judgeReceived(world: GroupWorld, stream: StreamFacts, name: string): void {
  const { auditor } = world.parts;
  const shard = auditor.shardOf(stream);
  const group = currentGroup(world, stream, name);
  if (group === undefined) return;
  const since = lastReset(shard, group, shard.entries.length - 1);
  for (const [index, { position }] of group.partitions.entries()) {
    const { values, startOffset } = auditor.messages(stream, index);
    for (let offset = Math.max(position ?? 0, startOffset); offset < values.length; offset += 1) {
      law(
        auditor.receipts.has(shard.index, group.id, index, offset, since),
        () => `Group ${name} never received ${stream.logName}/${index}@${offset}.`,
      );
    }
  }
}

function currentGroup(world: GroupWorld, stream: StreamFacts, name: string): ModelGroup | undefined {
  const shard = world.parts.auditor.shardOf(stream);
  return groupNamed(shard.stateAt(shard.entries.length - 1), stream.id, name);
}
