// Where a group is told to begin.
import type { UpdateGroupDetails } from 'millrace-protocol/shapes';
import type { GroupWorld } from './group-world.ts';
import type { StreamFacts } from './stream-facts.ts';

/** A type of start, and a time near one of the messages if it needs one. */
export function anyStart(world: GroupWorld, stream: StreamFacts): UpdateGroupDetails {
  const { random, auditor, clock } = world.parts;
  const type = world.pick(['TRIM_HORIZON', 'TRIM_HORIZON', 'LATEST', 'AT_TIME'] as const);
  if (type !== 'AT_TIME') return { type };
  const { stamps } = auditor.messages(stream, random.below(stream.partitions));
  const near = stamps[random.below(stamps.length + 1)] ?? clock.wallMs;
  return { type, time: new Date(near + random.below(3) - 1).toISOString() };
}
