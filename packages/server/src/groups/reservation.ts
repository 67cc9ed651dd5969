// One partition of a group as GetGroup shows it.
import { formatTime } from 'millrace-protocol';
import type { PartitionReservation } from 'millrace-protocol/shapes';
import { type Group, hasRunOut } from './group.ts';

/** The partition as it is at `now`: without an instance that has run out, though no command came since. */
export function reservationOf({ partitions, instances }: Group, index: number, now: number): PartitionReservation {
  const { committed = null, holder = null } = partitions[index] ?? {};
  const instance = holder === null ? undefined : instances.get(holder);
  const isReserved = instance !== undefined && !hasRunOut(instance, now);
  return {
    partition: String(index),
    ...(committed === null ? {} : { committedOffset: committed - 1 }),
    ...(isReserved ? { reservedInstance: instance.name, timeReservedUntil: formatTime(instance.reservedUntilMs) } : {}),
  };
}
