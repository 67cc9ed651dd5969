// A client of a group: joins, reads, commits, sleeps, repeats itself, and keeps the cursors it was given. It outlives servers.
import type { CreateGroupCursorDetails } from 'millrace-protocol/shapes';
import { readHeaders } from '../call.ts';
import type { Exchange, GroupWorld } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';
import { judgeJoin, judgeKeep } from './judge-change.ts';
import { judgeRead, type Read } from './judge-read.ts';
import { judgeMisuse, misused } from './misuse.ts';
import { anyStart } from './start.ts';
import type { StreamFacts } from './stream-facts.ts';

/** Whether the client hears the answer to its call. */
type Hearing = 'heard' | 'lost';

const kept = 5;

/** How an instance joins. */
export interface Habits {
  readonly label: string;
  readonly stream: StreamFacts;
  readonly groupName: string;
  /** Undefined: a name is generated. */
  readonly instanceName: string | undefined;
  readonly timeoutMs: number;
  readonly mode: 'commitOnGet' | 'manual';
}

export class Consumer {
  readonly habits: Habits;
  /** The newest is the last. */
  cursors: HeldCursor[] = [];
  /** How many messages it received. */
  received = 0;

  constructor(habits: Habits) {
    this.habits = habits;
  }

  get newest(): HeldCursor | undefined {
    return this.cursors.at(-1);
  }

  /** Does one thing or two. */
  async step(world: GroupWorld): Promise<void> {
    const { random, tally } = world.parts;
    const cursor = this.newest;
    if (cursor === undefined || random.chance(0.02)) {
      await this.join(world, random.chance(0.05) ? 'lost' : 'heard');
      return;
    }
    const fate = random.next();
    const hearing: Hearing = random.chance(0.07) ? 'lost' : 'heard';
    if (hearing === 'lost') tally.add('answer lost');
    if (fate < 0.62) await this.read(world, cursor, hearing);
    else if (fate < 0.66) await this.read(world, world.pick(this.cursors), hearing);
    else if (fate < 0.72) await this.#twice(world, cursor);
    else if (fate < 0.82) await this.keep(world, cursor, 'ConsumerCommit', hearing);
    else if (fate < 0.86) await this.keep(world, world.pick(this.cursors), 'ConsumerCommit', hearing);
    else if (fate < 0.91) await this.keep(world, world.pick(this.cursors), 'ConsumerHeartbeat', hearing);
    else if (fate < 0.93) await this.#misuse(world, cursor);
    else await this.#sleep(world);
  }

  /** Begins a new life. */
  async join(world: GroupWorld, hearing: Hearing = 'heard'): Promise<void> {
    const { stream, groupName, instanceName, timeoutMs, mode, label } = this.habits;
    const body: CreateGroupCursorDetails = {
      groupName,
      ...anyStart(world, stream),
      timeoutInMs: timeoutMs,
      ...(instanceName === undefined ? {} : { instanceName }),
      ...(mode === 'commitOnGet' ? {} : { commitOnGet: false }),
    };
    const sent = { path: { streamId: stream.id }, body };
    const exchange = await world.call({ operation: 'CreateGroupCursor', stream, sent, caller: label });
    const cursor = exchange === undefined ? undefined : judgeJoin(world, body, exchange);
    world.parts.tally.add('join');
    if (cursor !== undefined && hearing === 'heard') this.cursors = [cursor];
  }

  /** Reads with a cursor; the answer, unless it was refused or lost. */
  async read(world: GroupWorld, cursor: HeldCursor, hearing: Hearing = 'heard'): Promise<Read | undefined> {
    const { random } = world.parts;
    const waitMs = random.chance(0.15) ? 1 + random.below(random.chance(0.5) ? 500 : 30_000) : 0;
    return await this.#read(world, cursor, hearing, waitMs);
  }

  /** The same without a wait. */
  async readAtOnce(world: GroupWorld, cursor: HeldCursor): Promise<Read | undefined> {
    return await this.#read(world, cursor, 'heard', 0);
  }

  async #read(world: GroupWorld, cursor: HeldCursor, hearing: Hearing, waitMs: number): Promise<Read | undefined> {
    const { random, scheduler, tally } = world.parts;
    const limit = random.chance(0.2) ? 10_000 : 1 + random.below(8);
    const abort = new AbortController();
    if (waitMs > 0 && random.chance(0.1)) void scheduler.pause().then(() => abort.abort());
    const sent = {
      path: { streamId: cursor.stream.id },
      query: { cursor: cursor.text, limit: String(limit) },
      headers: readHeaders(limit, waitMs),
      signal: abort.signal,
    };
    const exchange = await world.call({ operation: 'GetMessages', stream: cursor.stream, sent, cursor, caller: this.habits.label });
    if (exchange === undefined) return undefined;
    const read = judgeRead(world, cursor, exchange, { limit, waitMs, signal: abort.signal });
    tally.add(waitMs > 0 ? 'read that may wait' : 'read');
    if (hearing === 'lost') return undefined;
    if (read === undefined) this.#refused(world, cursor, exchange);
    else this.#receive(world, read);
    return read;
  }

  /** Commits or gives a sign of life with a cursor. */
  async keep(
    world: GroupWorld,
    cursor: HeldCursor,
    operation: 'ConsumerCommit' | 'ConsumerHeartbeat',
    hearing: Hearing = 'heard',
  ): Promise<void> {
    const sent = { path: { streamId: cursor.stream.id }, query: { cursor: cursor.text } };
    const exchange = await world.call({ operation, stream: cursor.stream, sent, cursor, caller: this.habits.label });
    if (exchange === undefined) return;
    const next = judgeKeep(world, cursor, exchange);
    world.parts.tally.add(next === undefined ? `${operation} refused` : operation);
    if (hearing === 'lost') return;
    if (next !== undefined) this.#add(next);
    else this.#refused(world, cursor, exchange);
  }

  /** Two calls at once with one cursor. */
  async #twice(world: GroupWorld, cursor: HeldCursor): Promise<void> {
    world.parts.tally.add('two calls with one cursor');
    const other = world.parts.random.chance(0.6) ? this.read(world, cursor) : this.keep(world, cursor, 'ConsumerCommit');
    await Promise.all([this.read(world, cursor), other]);
  }

  #receive(world: GroupWorld, { chunks, next }: Read): void {
    const { auditor, tally } = world.parts;
    for (const { partition, first, next: behind } of chunks) {
      for (let offset = first; offset < behind; offset += 1)
        auditor.receipts.add(next.stream.shard, next.group, partition, offset, next.asOf);
      this.received += behind - first;
    }
    tally.add(chunks.length === 0 ? 'read nothing' : chunks.length === 1 ? 'read of one partition' : 'read of several partitions');
    this.#add(next);
  }

  #add(cursor: HeldCursor): void {
    this.cursors.push(cursor);
    if (this.cursors.length > kept) this.cursors.shift();
  }

  /** What an application does then: what is gone for good needs a new cursor, and what retention removed an UpdateGroup, by someone. */
  #refused(world: GroupWorld, cursor: HeldCursor, { reply }: Exchange): void {
    const isOld = cursor.epoch !== this.newest?.epoch;
    if (reply.status !== 400 || isOld || reply.message.startsWith('Trying') || reply.message.startsWith('The cursor is outside')) return;
    const isExpired = reply.message.startsWith('The cursor is expired');
    if (isExpired) this.cursors = this.cursors.filter((one) => one !== cursor);
    else this.cursors = [];
    world.parts.tally.add('cursor thrown away');
  }

  async #misuse(world: GroupWorld, cursor: HeldCursor): Promise<void> {
    const { operation, sent } = misused(world, cursor);
    const exchange = await world.call({ operation, stream: cursor.stream, sent, caller: this.habits.label });
    if (exchange !== undefined) judgeMisuse(world, exchange);
  }

  /** Sometimes longer than its timeout. */
  async #sleep({ parts: { random, clock, tally } }: GroupWorld): Promise<void> {
    const mostMs = this.habits.timeoutMs * (random.chance(0.5) ? 0.9 : 2.5);
    tally.add('sleep');
    await new Promise<void>((resolve) => clock.after(random.below(mostMs), resolve));
  }
}
