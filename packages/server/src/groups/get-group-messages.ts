// GetMessages with a group cursor: cursor, POLL, read what the instance holds, look again, answer with the next cursor.
//
// A POLL is appended to the group's log unless it would change nothing and there is nothing to read (see `tryPoll`): so every
// message is delivered under a command of the log, and a server that lags can serve nothing that was given away before the call.
import { header } from 'millrace-protocol';
import type { Answer, LateBody, LentBody } from '../operation.ts';
import type { Service } from '../service.ts';
import { type PickedMessages, pickMessages } from '../streams/message-format.ts';
import type { ReadRequest } from '../streams/read-request.ts';
import type { Reading } from '../streams/selection.ts';
import { hasRunOut } from './group.ts';
import type { GroupCursor } from './group-cursor.ts';
import { counts, type HeldPartition } from './group-state.ts';
import { deliverable, readHeld, unreadOf, waitForMessage } from './held-partitions.ts';
import { currentInstance, type GroupCaller, refuseVoid } from './refusals.ts';
import { tryPoll } from './skipped-poll.ts';

/** An instance's standing in its group as of one command of the log, and what it may read by it. */
interface Standing {
  /** Offset of its POLL, or of the last command before one that was not appended. */
  readonly asOf: number;
  readonly held: readonly HeldPartition[];
}

export async function getGroupMessages(service: Service, read: ReadRequest): Promise<Answer> {
  const { clock, groupCursors } = service;
  const { stream, limit, waitMs, format } = read;
  let cursor = groupCursors.decode(stream.id, read.cursor, clock.now());
  const deadlineMs = clock.monotonicMs() + waitMs;
  for (;;) {
    const { caller, standing, readings } = (await tryQuietly(service, read, cursor)) ?? (await pollAndRead(service, read, cursor));
    const picked = pickMessages(format, stream.name, readings, limit, service.buffers);
    cursor = nextCursor(caller, cursor, standing, readings, picked.nextOffsets);
    const leftMs = deadlineMs - clock.monotonicMs();
    if (picked.count > 0 || leftMs <= 0 || !(await waitForMore(service, read, caller, standing, leftMs))) {
      const value = groupCursors.encode(stream.id, await stillValid(service, read, cursor), clock.now());
      const headers = { [header.nextCursor]: value };
      return { status: 200, headers, contentType: format.mediaType, late: lateBody(service, picked) };
    }
  }
}

/** What a POLL gave, and who asked as of now. */
interface Polled {
  readonly caller: GroupCaller;
  readonly standing: Standing;
  readonly readings: readonly Reading[];
}

/** The empty answer of a POLL that need not be appended; undefined if it must be. */
async function tryQuietly(service: Service, { stream }: ReadRequest, cursor: GroupCursor): Promise<Polled | undefined> {
  const caller = await currentInstance(service, stream, cursor);
  const { machine, group, instance } = caller;
  const asOf = machine.applied;
  const held = tryPoll(group, instance, cursor, machine.now());
  if (held === undefined) return undefined;
  const unread = await unreadOf(service.engine, stream, held);
  return unread.length > 0 ? undefined : { caller, standing: { asOf, held }, readings: [] };
}

/** Appends the POLL and reads what it gives; nothing if that took longer than the instance's timeout, or was lost meanwhile. */
async function pollAndRead(service: Service, { stream, limit }: ReadRequest, cursor: GroupCursor): Promise<Polled> {
  const { clock, engine, groups } = service;
  const begunMs = clock.monotonicMs();
  const { group, epoch, asOf, positions } = cursor;
  const { answer, offset } = await groups.submit(stream.id, { v: 1, kind: 'POLL', group, epoch, asOf, positions });
  if (answer.kind !== 'polled') throw refuseVoid(answer, stream);
  const read = await readHeld(engine, stream, answer.held, cursor.first, limit);
  const caller = await currentInstance(service, stream, { ...cursor, asOf: offset });
  const isLate = clock.monotonicMs() - begunMs > answer.timeoutMs;
  const readings = read.filter(({ partition }) => !isLate && counts(caller.group, { epoch, asOf: offset }, [partition, 0]));
  return { caller, standing: { asOf: offset, held: answer.held }, readings };
}

/** Keeps the positions that counted, and those of what is delivered now in their place. What is committed needs no position. */
function nextCursor(
  { group: { partitions } }: GroupCaller,
  cursor: GroupCursor,
  { asOf, held }: Standing,
  readings: readonly Reading[],
  nextOffsets: readonly number[],
): GroupCursor {
  const positions = new Map(held.flatMap(({ partition, kept }) => (kept === undefined ? [] : [[partition, kept] as const])));
  let { first } = cursor;
  for (const [index, { partition, fromOffset }] of readings.entries()) {
    const next = nextOffsets[index] ?? fromOffset;
    if (next === fromOffset) continue;
    positions.set(partition, next);
    first = partition + 1;
  }
  const open = [...positions].filter(([partition, next]) => next > (partitions[partition]?.committed ?? -1));
  return { ...cursor, asOf, positions: open.toSorted(([a], [b]) => a - b), first };
}

function lateBody({ metrics, buffers }: Service, { count, length, write }: PickedMessages): LateBody {
  const writeBody = (): LentBody => {
    const body = write();
    metrics.messagesGot(count, body.length);
    return { body, sent: () => buffers.give(body) };
  };
  return { length, write: writeBody };
}

/** Without what changed hands since. */
async function stillValid(service: Service, { stream }: ReadRequest, cursor: GroupCursor): Promise<GroupCursor> {
  if (cursor.positions.length === 0) return cursor;
  const { group } = await currentInstance(service, stream, cursor);
  return { ...cursor, positions: cursor.positions.filter((position) => counts(group, cursor, position)) };
}

/**
 * Waits until there may be something to deliver; false if the time is over or the caller has gone. No longer than half of what
 * is left of the reservation, so that the caller keeps it.
 */
async function waitForMore(
  { clock, engine, groups }: Service,
  { stream, request }: ReadRequest,
  { machine, group, instance }: GroupCaller,
  { held }: Standing,
  leftMs: number,
): Promise<boolean> {
  const now = machine.now();
  const mostMs = Math.min(leftMs, (instance.reservedUntilMs - now) / 2);
  if (mostMs <= 0 || request.signal.aborted) return false;
  const others = [...group.instances.values()].filter((other) => other !== instance && !hasRunOut(other, now));
  const nextExpiryMs = Math.min(...others.map(({ reservedUntilMs }) => reservedUntilMs - now + 1));
  const begunMs = clock.monotonicMs();
  await waitForMessage(
    { engine, stream, held: deliverable(held), waitMs: Math.min(mostMs, nextExpiryMs), signal: request.signal },
    (waitMs, signal) => groups.waitForChange(stream.id, waitMs, signal),
  );
  return !request.signal.aborted && clock.monotonicMs() - begunMs < mostMs;
}
