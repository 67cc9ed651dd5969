// What GetMessages with a group cursor may answer: messages that were put, at their places, from exactly where the group stands, of
// partitions that the caller holds; nothing only if there was nothing for it; and the cursor that says so.
import { formatTime, header } from 'millrace-protocol';
import type { Message } from 'millrace-protocol/shapes';
import { law } from '../law.ts';
import { countedOf, heldBy, heldSince, instanceOf, type ModelHeld } from './group-model.ts';
import type { Exchange, GroupWorld } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';
import { nextCursor } from './judge-cursor.ts';
import { judgeRefusal } from './judge-refusal.ts';
import { isQuiet, judgeNeedless } from './judge-skip.ts';
import type { Entry, Shard } from './shard.ts';
import { lastStates, shardOfCall, timesOf } from './window.ts';

/** The messages of one partition in an answer. */
export interface Chunk {
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

/** By which command, or as of which one, an answer was given, and what the caller held by it. */
export interface Grounds {
  readonly asOf: number;
  /** The POLL that the answer stands on; undefined if none was appended for it. */
  readonly poll: Entry | undefined;
  readonly held: readonly ModelHeld[];
}

export interface Read {
  readonly chunks: readonly Chunk[];
  readonly next: HeldCursor;
}

/** What a read was asked for. */
export interface ReadAsked {
  readonly limit: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Undefined if it was refused with cause. Throws at the first law that is broken. */
export function judgeRead(world: GroupWorld, cursor: HeldCursor, exchange: Exchange, asked: ReadAsked): Read | undefined {
  const shard = shardOfCall(world, exchange);
  for (const entry of exchange.call.commands.slice(0, 1)) judgeNeedless(exchange, shard, cursor, entry, isEmpty(exchange));
  if (judgeRefusal(world, cursor, exchange)) return undefined;
  const { reply } = exchange;
  const messages = reply.body as Message[];
  law(messages.length <= asked.limit, () => `A read with limit ${asked.limit} gave ${messages.length} messages.`);
  const chunks = chunksOf(world, cursor, messages);
  const said = nextCursor(exchange, cursor);
  const grounds = groundsOf(exchange, cursor, shard, said.asOf);
  judgeChunks(exchange, shard, cursor, grounds, chunks);
  if (chunks.length === 0) judgeEmpty(world, exchange, shard, cursor, grounds, asked);
  else judgeOrder(exchange, shard, cursor, grounds, chunks, messages.length < asked.limit);
  return { chunks, next: said.check(shard, grounds, chunks, text(reply.headers[header.nextCursor])) };
}

function text(value: string | undefined): string {
  law(value !== undefined, () => 'A read gave no next cursor.');
  return value;
}

function isEmpty({ reply }: Exchange): boolean {
  return reply.status === 200 && (reply.body as Message[]).length === 0;
}

/** Runs of one partition: what was put, at its place, without a gap. */
function chunksOf(world: GroupWorld, { stream }: HeldCursor, messages: readonly Message[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (const { stream: name, partition: shown, offset, value, timestamp } of messages) {
    const partition = Number(shown);
    const copy = world.parts.auditor.messages(stream, partition);
    const told = `${copy.name}@${offset}`;
    const stored = copy.values[offset];
    law(
      name === stream.name && stored !== undefined && Buffer.from(value ?? '', 'base64').toString() === stored,
      () => `${told} came as ${value}.`,
    );
    law(timestamp === formatTime(copy.stamps[offset] ?? 0), () => `${told} is stamped ${timestamp}.`);
    const last = chunks.at(-1);
    if (last?.partition === partition) {
      law(last.next === offset, () => `${told} follows ${last.next - 1}.`);
      chunks[chunks.length - 1] = { ...last, next: offset + 1 };
    } else {
      law(!chunks.some((chunk) => chunk.partition === partition), () => `${told} comes after another partition.`);
      chunks.push({ partition, first: offset, next: offset + 1 });
    }
  }
  return chunks;
}

function groundsOf({ call, to }: Exchange, cursor: HeldCursor, shard: Shard, asOf: number): Grounds {
  const last = call.commands.at(-1);
  if (last !== undefined && last.offset === asOf && last.answer.kind === 'polled') return { asOf, poll: last, held: last.answer.held };
  const least = Math.max(cursor.asOf, last?.offset ?? call.from.applied);
  law(least <= asOf && asOf <= to.applied, () => `A read without a POLL is as of ${asOf}, not ${least} to ${to.applied}.`);
  const group = shard.stateAt(asOf).get(cursor.group);
  law(instanceOf(group, cursor.epoch) !== undefined && group !== undefined, () => `A read as of ${asOf} has no instance ${cursor.epoch}.`);
  return { asOf, poll: undefined, held: heldBy(group, cursor.epoch, countedOf(group, cursor)) };
}

function judgeChunks(
  exchange: Exchange,
  shard: Shard,
  { group, epoch }: HeldCursor,
  { poll, held }: Grounds,
  chunks: readonly Chunk[],
): void {
  const { call, to } = exchange;
  law(poll !== undefined || chunks.length === 0, () => 'Messages were delivered without a POLL.');
  const tookMs = to.elapsedMs - (poll?.begunMs ?? to.elapsedMs);
  const timeoutMs = poll?.answer.kind === 'polled' ? poll.answer.timeoutMs : 0;
  law(
    chunks.length === 0 || tookMs <= timeoutMs,
    () => `Messages were delivered ${tookMs} ms after the POLL; the timeout is ${timeoutMs}.`,
  );
  for (const { partition, first } of chunks) {
    const one = held.find((candidate) => candidate.partition === partition);
    law(one !== undefined, () => `Partition ${partition} was delivered by POLL ${poll?.offset}, which does not hold it.`);
    const least = one.from ?? call.from.bounds[partition]?.start ?? 0;
    const most = one.from ?? to.bounds[partition]?.start ?? 0;
    law(least <= first && first <= most, () => `Partition ${partition} was read from ${first}; the group stands at ${least} to ${most}.`);
    const isServed = lastStates(exchange, shard).some((state) => heldSince(state.get(group), epoch, partition, poll?.offset ?? -1));
    law(isServed, () => `Partition ${partition} was delivered by POLL ${poll?.offset}, and was lost before the answer.`);
  }
}

/** What could be read when the call began, and still can. */
function isReadable({ call, to }: Exchange, { partition, from }: ModelHeld): boolean {
  const start = to.bounds[partition]?.start ?? 0;
  return Math.max(from ?? start, start) < (call.from.bounds[partition]?.end ?? 0);
}

function wasLost(exchange: Exchange, shard: Shard, { group, epoch }: HeldCursor, { asOf }: Grounds, { partition }: ModelHeld): boolean {
  return lastStates(exchange, shard).some((state) => !heldSince(state.get(group), epoch, partition, asOf));
}

function judgeEmpty(world: GroupWorld, exchange: Exchange, shard: Shard, cursor: HeldCursor, grounds: Grounds, asked: ReadAsked): void {
  const { call, to } = exchange;
  const { poll, held, asOf } = grounds;
  const timeoutMs = poll?.answer.kind === 'polled' ? poll.answer.timeoutMs : 0;
  const isLate = poll !== undefined && to.elapsedMs - poll.begunMs > timeoutMs;
  const unread = held.filter((one) => isReadable(exchange, one));
  const isLost = poll !== undefined && unread.some((one) => wasLost(exchange, shard, cursor, grounds, one));
  law(unread.length === 0 || isLate || isLost, () => `Nothing was delivered as of ${asOf}; readable was ${JSON.stringify(unread)}.`);
  if (poll === undefined) {
    world.parts.tally.add('poll not appended');
    const group = shard.stateAt(asOf).get(cursor.group);
    law(group !== undefined, () => `Group ${cursor.group} is not there as of ${asOf}.`);
    // After a first POLL the call goes on with the cursor that one gave.
    const positions = call.commands.length === 0 ? cursor.positions : countedOf(group, cursor);
    const isAllowed = timesOf(exchange, group).some((time) => isQuiet(group, { ...cursor, positions }, time));
    law(
      isAllowed,
      () => `A POLL as of ${asOf} was left out, and would change ${JSON.stringify(group)} at ${call.from.logMs} to ${to.logMs}.`,
    );
  }
  if (asked.waitMs > 0) judgeWait(exchange, shard, cursor, asked);
}

/**
 * A read that waits gives up when its time is over, or a quarter of its timeout, which is half of what is left at least. A server
 * whose clock is off, or was for a moment, has a notion of its own of what is left.
 */
function judgeWait({ call, to, server }: Exchange, shard: Shard, { group, epoch }: HeldCursor, { waitMs, signal }: ReadAsked): void {
  const timeoutMs = instanceOf(shard.stateAt(to.applied).get(group), epoch)?.timeoutMs ?? 0;
  const least = Math.min(waitMs, timeoutMs / 4);
  const tookMs = to.elapsedMs - call.from.elapsedMs;
  const isExcused = signal.aborted || to.jumps > 0 || server.skewMs !== 0;
  law(isExcused || tookMs >= least, () => `A read gave up after ${tookMs} of ${waitMs} ms; the timeout is ${timeoutMs}.`);
}

/** Partitions come in turn, beginning behind the last one of the read before, and none that has something is passed over. */
function judgeOrder(
  exchange: Exchange,
  shard: Shard,
  cursor: HeldCursor,
  grounds: Grounds,
  chunks: readonly Chunk[],
  hasRoom: boolean,
): void {
  const { held } = grounds;
  const turns = [...held.filter(({ partition }) => partition >= cursor.first), ...held.filter(({ partition }) => partition < cursor.first)];
  const places = chunks.map((chunk) => turns.findIndex(({ partition }) => partition === chunk.partition));
  const told = (): string =>
    `${chunks.map(({ partition }) => partition).join()} were read; ${turns.map(({ partition }) => partition).join()} was the order.`;
  law(
    places.every((place, index) => place > (places[index - 1] ?? -1)),
    told,
  );
  if (held.some((one) => wasLost(exchange, shard, cursor, grounds, one))) return;
  const among = hasRoom ? turns : turns.slice(0, (places.at(-1) ?? 0) + 1);
  const passed = among.find((one, place) => !places.includes(place) && isReadable(exchange, one));
  law(passed === undefined, () => `Partition ${passed?.partition} was passed over: ${told()}`);
}
