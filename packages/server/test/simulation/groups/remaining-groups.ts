// Which groups there are at the end.
import { isGone, type ModelGroup } from './group-model.ts';
import type { GroupWorld } from './group-world.ts';
import type { StreamFacts } from './stream-facts.ts';
import { crowdName } from './visitor.ts';

/** All groups that are there now, with their streams; but not those that were made only to be many. */
export function remainingGroups(world: GroupWorld): { readonly stream: StreamFacts; readonly group: ModelGroup }[] {
  const { auditor } = world.parts;
  return auditor.streams.flatMap((stream) => {
    const shard = auditor.shardOf(stream);
    const groups = [...shard.stateAt(shard.entries.length - 1).values()].filter(({ streamId }) => streamId === stream.id);
    const now = world.servers[0]?.machine(stream).now() ?? 0;
    return groups.filter((group) => !isGone(group, now) && !group.name.startsWith(crowdName)).map((group) => ({ stream, group }));
  });
}
