// Where a reader is, as plain JSON that can be kept and given to another one.
import type { CreateCursorDetails } from '../models.ts';

/** Behind a message; at the first message of a time or later (RFC 3339); or at the oldest message. */
export type PartitionPosition = { readonly after: number } | { readonly time: string } | { readonly oldest: true };

/** A place in each partition: plain JSON, so `JSON.stringify` and `JSON.parse` keep it. */
export interface ReaderPosition {
  readonly version: 1;
  /** By the partition's index in decimal. */
  readonly partitions: Readonly<Record<string, PartitionPosition>>;
}

/** Where reading begins. */
export type ReaderStart = 'TRIM_HORIZON' | 'LATEST' | Date | ReaderPosition;

/** Throws `TypeError` for what is no position. */
export function parsePosition(value: unknown): ReaderPosition {
  const { version, partitions } = objectOf(value, 'position');
  if (version !== 1) throw new TypeError(`position.version: expected 1, got ${JSON.stringify(version)}.`);
  const entries = Object.entries(objectOf(partitions, 'position.partitions'));
  if (entries.length === 0) throw new TypeError('position.partitions: expected one or more partitions, got none.');
  return { version, partitions: Object.fromEntries(entries.map(([index, position]) => [index, parsePartition(index, position)])) };
}

/** The cursor that reads on from a position. */
export function cursorAt(partition: string, position: PartitionPosition): CreateCursorDetails {
  if ('after' in position) return { partition, type: 'AFTER_OFFSET', offset: position.after };
  if ('time' in position) return { partition, type: 'AT_TIME', time: position.time };
  return { partition, type: 'TRIM_HORIZON' };
}

function parsePartition(index: string, value: unknown): PartitionPosition {
  const { after, time, oldest } = objectOf(value, `position.partitions.${index}`);
  if (typeof after === 'number' && Number.isSafeInteger(after) && after >= 0) return { after };
  if (typeof time === 'string' && !Number.isNaN(Date.parse(time))) return { time };
  if (oldest === true) return { oldest };
  throw new TypeError(`position.partitions.${index}: expected after, time or oldest, got ${JSON.stringify(value)}.`);
}

function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return { ...value };
  throw new TypeError(`${name}: expected an object, got ${value === null ? 'null' : typeof value}.`);
}
