// A consumer group: instances that hold partitions, and how far it has read.
import { limits } from 'millrace-protocol';

/** An instance of a group, from its JOIN on. All times are the log's, Unix milliseconds. */
export interface Instance {
  readonly name: string;
  /** Offset of its JOIN: tells this life from others of its name. */
  readonly epoch: number;
  readonly timeoutMs: number;
  readonly commitOnGet: boolean;
  /** Its partitions are its own until then, and longer as long as no other instance comes. */
  reservedUntilMs: number;
  lastCommandMs: number;
  hasPolled: boolean;
}

/** One partition as a group sees it. */
export interface GroupPartition {
  /** Where the group begins if it never committed: an offset, or null for the oldest retained message. */
  position: number | null;
  /** The offset behind the last message committed; null if none was. */
  committed: number | null;
  /** Epoch of the instance that holds it, or null. */
  holder: number | null;
  /** Offset of the command that granted it last. */
  token: number;
}

export interface Group {
  /** Offset of the JOIN that made it. */
  readonly id: number;
  readonly streamId: string;
  readonly name: string;
  readonly retentionMs: number;
  lastUsedMs: number;
  /** By epoch, in order of their JOINs. */
  readonly instances: Map<number, Instance>;
  readonly partitions: readonly GroupPartition[];
}

/** True if the instance was not heard of for its timeout. */
export function hasRunOut({ reservedUntilMs }: Instance, now: number): boolean {
  return reservedUntilMs < now;
}

/** True if it reads: it has polled since it joined, and has not run out. Only live instances count for the shares of the others. */
export function isLive(instance: Instance, now: number): boolean {
  return instance.hasPolled && !hasRunOut(instance, now);
}

/** True if even its last cursor is dead. */
export function isForgotten({ reservedUntilMs, lastCommandMs }: Instance, now: number): boolean {
  return Math.max(reservedUntilMs, lastCommandMs) + limits.cursorLifeMs < now;
}

/** True if the group was not used for the retention of its stream: it is gone then. */
export function isUnused({ lastUsedMs, retentionMs }: Group, now: number): boolean {
  return lastUsedMs + retentionMs < now;
}
