// A caller that puts and reads messages, and knows what it is promised.
import { header, parseTime } from 'millrace-protocol';
import type { PutMessagesResult, PutMessagesResultEntry, Message as ShownMessage } from 'millrace-protocol/shapes';
import { readHeaders } from './call.ts';
import { type HeldCursor, judgeRead, judgeRefusal, type Known, type Position } from './cursor-model.ts';
import { law } from './law.ts';
import type { Loss, Model } from './model.ts';
import type { Delivered, PartitionModel } from './partition-model.ts';
import type { Message, Put } from './put-model.ts';
import type { StreamModel } from './stream-model.ts';
import type { Exchange, Times, World } from './world.ts';

const keys = ['red', 'green', 'blue', 'ocean', ''].map((key) => Buffer.from(key).toString('base64'));
/** Bytes that a message costs beside its value, about. */
const messageOverhead = 100;
const maxHeld = 6;

/** Keeps some cursors and uses them again and again. */
export class MessageClient {
  readonly #name: string;
  readonly #world: World;
  readonly #model: Model;
  readonly #cursors: HeldCursor[];

  /** `cursors` are those that are left of an earlier life. */
  constructor(name: string, world: World, model: Model, cursors: HeldCursor[]) {
    this.#name = name;
    this.#world = world;
    this.#model = model;
    this.#cursors = cursors;
  }

  /** Puts a few messages to some stream. */
  async put(messageBytes: number = this.#anySize()): Promise<void> {
    const { random } = this.#world.parts;
    const stream = this.#anyStream();
    if (stream === undefined) return;
    const messages = Array.from({ length: 1 + random.below(4) }, () => ({
      key: random.chance(0.5) ? (keys[random.below(keys.length)] ?? null) : null,
      bytes: random.below(messageBytes),
    }));
    const put = this.#model.addPut(stream, this.#world.times().moment, messages);
    const bytes = put.messages.reduce((sum, { value }) => sum + value.length + messageOverhead, 512);
    const leave = this.#world.enter(bytes);
    const body = { messages: put.messages.map(({ key, value }) => ({ key, value })) };
    const exchange = await this.#world.call('PutMessages', { path: { streamId: stream.id ?? '' }, body }, this.#name);
    this.#judgePut(put, exchange);
    leave();
  }

  /** More puts at once than there is room for. */
  async burst(): Promise<void> {
    this.#world.parts.tally.add('burst of puts');
    await Promise.all(Array.from({ length: 60 }, () => this.put(3000)));
  }

  /** Reads with a cursor, a new one if there is none; goes on with the next one. */
  async get(): Promise<void> {
    const { random } = this.#world.parts;
    if (this.#cursors.length < 2 || random.chance(0.25)) await this.#newCursor();
    const cursor = this.#cursors[random.below(this.#cursors.length)];
    if (cursor === undefined) return;
    const { highestAnswered, startOffset } = cursor.partition;
    const waitMs = random.chance(0.3) ? 1 + random.below(30_000) : 0;
    const next = await this.#read(cursor, 1 + random.below(8), waitMs, { highestAnswered, startOffset });
    const at = this.#cursors.indexOf(cursor);
    if (next !== undefined) this.#cursors.splice(at, 1, next);
    else if (at >= 0) this.#cursors.splice(at, 1);
  }

  /** All of a partition from its start on; undefined if something could not be read. */
  async readAll(partition: PartitionModel, loss: Loss): Promise<Delivered[] | undefined> {
    const all: Delivered[] = [];
    const known = { highestAnswered: loss === 'tail' ? -1 : partition.highestAnswered, startOffset: partition.startOffset };
    let cursor = await this.#create(partition, 'TRIM_HORIZON', {});
    while (cursor !== undefined) {
      const before = all.length;
      cursor = await this.#read(cursor, 10_000, 0, known, all);
      if (cursor !== undefined && all.length === before) return all;
    }
    return undefined;
  }

  /** A large one's batch needs a buffer that is used again. */
  #anySize(): number {
    const { random, largeBytes } = this.#world.parts;
    return random.chance(0.2) ? largeBytes : 400;
  }

  #anyStream(): StreamModel | undefined {
    const known = this.#model.streams.filter(({ id }) => id !== undefined);
    const { random } = this.#world.parts;
    const active = known.filter(({ deletions }) => deletions.size === 0);
    const among = active.length > 0 && random.chance(0.95) ? active : known;
    return among[random.below(among.length)];
  }

  #judgePut(put: Put, { from, to, reply }: Exchange): void {
    const { stream, messages } = put;
    const { tally } = this.#world.parts;
    tally.add('put');
    if (reply.status === 404) law(stream.mayBeInactive(from.moment, to.moment), () => `${put} to ${stream} answered 404.`);
    if (reply.status >= 400) {
      law([404, 429, 500, 503].includes(reply.status), () => `${put} answered ${reply.status}: ${reply.message}`);
      if (reply.status < 500) for (const message of messages) this.#refuse(message);
      tally.add(reply.status < 500 ? 'put refused' : 'put with unknown outcome');
      return;
    }
    law(stream.mayBeActive(from.moment, to.moment), () => `${put} was taken by ${stream}, which is not there.`);
    const { failures, entries } = reply.body as PutMessagesResult;
    law(entries.length === messages.length, () => `${put} of ${messages.length} messages has ${entries.length} entries.`);
    const failed = entries.filter((entry) => 'error' in entry).length;
    law(failures === failed, () => `${put} says ${failures} failures and has ${failed}.`);
    if (failed > 0) tally.add('put stored in part');
    for (const [index, entry] of entries.entries()) this.#judgeEntry(put, messages[index] as Message, entry, from, to);
    if (failed === 0) put.to = to.moment;
  }

  #judgeEntry(put: Put, message: Message, entry: PutMessagesResultEntry, from: Times, to: Times): void {
    if ('error' in entry) {
      law(
        entry.error === 'ServiceUnavailable'
          ? this.#world.mayFail(from.moment)
          : ['TooManyRequests', 'NotAuthorizedOrNotFound'].includes(entry.error),
        () => `${message} was refused: ${entry.error}, ${entry.errorMessage}`,
      );
      const isUnknown = entry.error === 'NotAuthorizedOrNotFound';
      law(!isUnknown || put.stream.mayBeInactive(from.moment, to.moment), () => `${message} to ${put.stream} was refused as unknown.`);
      if (entry.error !== 'ServiceUnavailable') this.#refuse(message);
      return;
    }
    const partition = put.stream.partitions[Number(entry.partition)];
    law(partition !== undefined, () => `${message} went to partition ${entry.partition}.`);
    const { offset } = entry;
    const timestampMs = parseTime(entry.timestamp);
    law(
      from.logMs <= timestampMs && timestampMs <= to.logMs,
      () => `${message} is stamped ${timestampMs}, put from ${from.logMs} to ${to.logMs}.`,
    );
    law(
      offset > (put.floors[partition.index] ?? -1),
      () => `${message} is at ${partition}@${offset}, before one that was answered before it was put.`,
    );
    partition.learn({ message, offset, timestampMs });
    message.state = 'stored';
    partition.highestAnswered = Math.max(partition.highestAnswered, offset);
    this.#world.parts.tally.add('message stored');
  }

  #refuse(message: Message): void {
    law(message.place === undefined, () => `${message} was refused and read at ${message.place?.offset}.`);
    message.state = 'gone';
  }

  async #newCursor(): Promise<void> {
    const { random } = this.#world.parts;
    const partitions = this.#anyStream()?.partitions ?? [];
    const partition = partitions[random.below(partitions.length)];
    if (partition === undefined) return;
    const cursor = await this.#anyCursor(partition, random.below(5));
    if (cursor === undefined) return;
    this.#cursors.push(cursor);
    if (this.#cursors.length > maxHeld) this.#cursors.shift();
  }

  #anyCursor(partition: PartitionModel, kind: number): Promise<HeldCursor | undefined> {
    const { random } = this.#world.parts;
    const offset = random.below(partition.highestAnswered + 3);
    if (kind === 0) return this.#create(partition, 'AT_OFFSET', { offset });
    if (kind === 1) return this.#create(partition, 'AFTER_OFFSET', { offset });
    if (kind === 2) return this.#create(partition, 'LATEST', {});
    if (kind === 3) return this.#create(partition, 'TRIM_HORIZON', {});
    const known = partition.at.get(offset)?.place?.timestampMs;
    const timestampMs = (known ?? this.#world.times().logMs) + random.below(3) - 1;
    return this.#create(partition, 'AT_TIME', { time: new Date(timestampMs).toISOString() });
  }

  async #create(partition: PartitionModel, type: string, where: { offset?: number; time?: string }): Promise<HeldCursor | undefined> {
    const { stream, index } = partition;
    const floor = partition.highestAnswered + 1;
    const body = { partition: String(index), type, ...where };
    const exchange = await this.#world.call('CreateCursor', { path: { streamId: stream.id ?? '' }, body }, this.#name);
    const { from, to, reply } = exchange;
    const told = `A cursor ${type} ${JSON.stringify(where)} of ${partition} was answered ${reply.status}: ${reply.message}`;
    if (reply.status === 404) law(stream.mayBeInactive(from.moment, to.moment), () => told);
    if (reply.status === 400) {
      const message = partition.at.get(where.offset ?? -1);
      const isStored = message !== undefined && (where.offset ?? 0) < floor;
      law(where.offset !== undefined && (!isStored || partition.hasExpired(message, to.logMs)), () => told);
    }
    if (reply.status !== 200) return undefined;
    law(stream.mayBeActive(from.moment, to.moment), () => told);
    const position = positionOf(type, where, floor, to);
    return { text: (reply.body as { value: string }).value, partition, position, given: to };
  }

  /** One read; the next cursor, or undefined if it was refused. */
  async #read(cursor: HeldCursor, limit: number, waitMs: number, known: Known, into: Delivered[] = []): Promise<HeldCursor | undefined> {
    const { partition } = cursor;
    const { scheduler, random, tally } = this.#world.parts;
    const abort = new AbortController();
    if (waitMs > 0 && random.chance(0.2)) void scheduler.pause().then(() => abort.abort());
    const sent = {
      path: { streamId: partition.stream.id ?? '' },
      query: { cursor: cursor.text, limit: String(limit) },
      headers: readHeaders(limit, waitMs),
      signal: abort.signal,
    };
    const endWait = waitMs > 0 ? this.#world.wait(() => this.#overdue(cursor)) : (): void => {};
    const exchange = await this.#world.call('GetMessages', sent, this.#name);
    endWait();
    tally.add(waitMs > 0 ? 'read that may wait' : 'read');
    if (exchange.reply.status !== 200) {
      judgeRefusal(cursor, exchange);
      if (exchange.reply.status === 400) tally.add(`cursor refused: ${exchange.reply.message}`);
      return undefined;
    }
    const delivered = (exchange.reply.body as ShownMessage[]).map((entry) => this.#delivered(partition, entry));
    law(delivered.length <= limit, () => `A read of ${partition} with limit ${limit} gave ${delivered.length}.`);
    judgeRead(cursor, delivered, exchange, known);
    this.#judgeWait(cursor, delivered, exchange, waitMs, abort.signal);
    into.push(...delivered);
    return nextCursor(cursor, delivered, exchange);
  }

  /** In words, why a read with this cursor should not wait any more. */
  #overdue({ partition, position }: HeldCursor): string | undefined {
    const isThere = position.kind === 'offset' && partition.highestAnswered >= position.offset;
    return isThere ? `A read of ${partition} still waits at ${position.offset} though ${partition.highestAnswered} is there.` : undefined;
  }

  #delivered(partition: PartitionModel, entry: ShownMessage): Delivered {
    const told = `${partition}@${entry.offset}`;
    law(
      entry.stream === partition.stream.name && entry.partition === String(partition.index),
      () => `${told} came as ${JSON.stringify(entry)}.`,
    );
    return { message: this.#model.find(entry.value, entry.key, told), offset: entry.offset, timestampMs: parseTime(entry.timestamp) };
  }

  /** A read that waits gives up only when its time is over, its caller has gone, or the service stops. */
  #judgeWait(
    { partition }: HeldCursor,
    delivered: readonly Delivered[],
    { from, to }: Exchange,
    waitMs: number,
    signal: AbortSignal,
  ): void {
    if (waitMs === 0 || to.elapsedMs === from.elapsedMs) return;
    this.#world.parts.tally.add(delivered.length > 0 ? 'wait ended by a message' : 'wait ended without a message');
    const mayGiveUp = to.elapsedMs - from.elapsedMs >= waitMs || signal.aborted || this.#world.isDraining || this.#world.isClosing;
    law(delivered.length > 0 || mayGiveUp, () => `A read of ${partition} gave up after ${to.elapsedMs - from.elapsedMs} of ${waitMs} ms.`);
  }
}

function positionOf(type: string, { offset = 0, time = '' }: { offset?: number; time?: string }, floor: number, made: Times): Position {
  if (type === 'AT_OFFSET') return { kind: 'offset', offset };
  if (type === 'AFTER_OFFSET') return { kind: 'offset', offset: offset + 1 };
  if (type === 'AT_TIME') return { kind: 'time', timestampMs: parseTime(time) };
  return type === 'LATEST' ? { kind: 'end', floor, made } : { kind: 'horizon' };
}

function nextCursor(cursor: HeldCursor, delivered: readonly Delivered[], { to, reply }: Exchange): HeldCursor {
  const text = reply.headers[header.nextCursor];
  law(text !== undefined, () => `A read of ${cursor.partition} gave no next cursor.`);
  const last = delivered.at(-1);
  return { ...cursor, text, given: to, position: last === undefined ? cursor.position : { kind: 'offset', offset: last.offset + 1 } };
}
