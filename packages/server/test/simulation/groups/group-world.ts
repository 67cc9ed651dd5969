// What clients and judges share: time, chance, the servers, what the auditor knows, and how a call is made.

import type { ManualClock, Scheduler, Seeded, Tally } from 'millrace-log/test-support';
import type { OperationName } from 'millrace-protocol';
import { partitionOfKey } from '../../../src/streams/partitioner.ts';
import { callService, type Reply, type Sent } from '../call.ts';
import { law } from '../law.ts';
import type { AuditedEngine } from './audited-engine.ts';
import type { Auditor } from './auditor.ts';
import { CallRecord, currentCall, type Moment } from './call-record.ts';
import type { Told } from './gateway-engine.ts';
import type { HeldCursor } from './held-cursor.ts';
import { judgeMachine } from './judge-machine.ts';
import type { Server } from './server.ts';
import type { StreamFacts } from './stream-facts.ts';

/** How many logs the groups of a new data set are spread over: part of its format. */
const groupLogCount = 16;

export interface WorldParts {
  readonly random: Seeded;
  readonly clock: ManualClock;
  readonly scheduler: Scheduler;
  readonly tally: Tally;
  readonly trace: (line: string) => void;
  readonly auditor: Auditor;
  readonly shared: AuditedEngine;
  readonly told: Told;
  /** True when the process is dead, so that nobody hears anything. */
  readonly isOver: () => boolean;
  /** How often the wall clock was set since the seed began. */
  readonly clockJumps: { count: number };
}

/** A call that was answered. */
export interface Exchange {
  readonly call: CallRecord;
  readonly server: Server;
  readonly to: Moment;
  readonly reply: Reply;
}

/** Whom to call what for. */
export interface Asked {
  readonly operation: OperationName;
  readonly stream: StreamFacts;
  readonly sent: Sent;
  readonly cursor?: HeldCursor;
  readonly caller: string;
}

export class GroupWorld {
  readonly parts: WorldParts;
  /** Those that answer now; the same place is taken again by the server that follows a dead one. */
  readonly servers: Server[] = [];
  constructor(parts: WorldParts) {
    this.parts = parts;
  }

  /** How often the wall clock was set, in earlier lives too: the log's time stays off for long. */
  get jumps(): number {
    return this.parts.clockJumps.count;
  }

  pick<Item>(items: readonly Item[]): Item {
    // The index is below the length.
    return items[this.parts.random.below(items.length)] as Item;
  }

  /** Calls any server; undefined if it died before it answered. */
  async call(asked: Asked): Promise<Exchange | undefined> {
    const server = await this.#anyServer();
    const { operation, stream, sent, cursor, caller } = asked;
    const { trace } = this.parts;
    const call = new CallRecord(operation, stream, cursor, await this.#moment(server, stream));
    trace(
      `${caller} ${operation} at ${server.name} ${JSON.stringify(sent.body ?? '')} ${cursor === undefined ? '' : `as of ${cursor.asOf}`}`,
    );
    const answered = currentCall.run(call, () => callService(server.service, operation, sent));
    const reply = await Promise.race([answered, server.death]).catch((error: unknown) => {
      if (this.parts.isOver()) return undefined;
      throw error;
    });
    if (this.parts.isOver() || reply === undefined) return await new Promise(() => {});
    if (reply === 'dead') {
      trace(`${caller} ${operation}: ${server.name} died`);
      return undefined;
    }
    trace(`${caller} ${operation} -> ${reply.status} ${reply.message}`);
    const applied = server.machine(stream).applied;
    judgeMachine(server, stream, this.parts.auditor);
    const to = { ...(await this.#moment(server, stream)), applied };
    this.#judgeStatus(operation, reply, call);
    return { call, server, to, reply };
  }

  /** One that answers now, or the next one that does. */
  async #anyServer(): Promise<Server> {
    while (this.servers.length === 0) await this.parts.scheduler.pause();
    return this.pick(this.servers);
  }

  /** What is stored and told at this moment. */
  async #moment(server: Server, stream: StreamFacts): Promise<Moment> {
    const { auditor, shared, told, clock } = this.parts;
    const { wallMs, elapsedMs, logMs, applied } = this.#now(server, stream);
    const bounds: { start: number; end: number }[] = [];
    for (let index = 0; index < stream.partitions; index += 1) {
      const { startOffset } = await shared.partition(stream.logName, index).bounds();
      bounds.push({ start: startOffset, end: auditor.messages(stream, index).values.length });
    }
    law(clock.elapsedMs === elapsedMs, () => 'Time passed while the moment was looked at.');
    const known = told.get(`_millrace.groups/${stream.shard}`) ?? 0;
    return { wallMs, elapsedMs, logMs, applied, told: known - 1, bounds, jumps: this.jumps };
  }

  #now(server: Server, stream: StreamFacts): Pick<Moment, 'wallMs' | 'elapsedMs' | 'logMs' | 'applied'> {
    const machine = server.machine(stream);
    return { wallMs: server.clock.now(), elapsedMs: server.clock.monotonicMs(), logMs: machine.now(), applied: machine.applied };
  }

  #judgeStatus(operation: OperationName, { status, code, message }: Reply, call: CallRecord): void {
    if (status >= 400) this.parts.tally.add(`${operation} refused with ${status}`);
    const told = (): string => `${operation} answered ${status} ${code}: ${message}`;
    law([200, 400, 404, 429, 503].includes(status), told);
    law(status < 429 || call.isFailed || this.#isPassed(call), told);
  }

  /** A server that found itself behind the trim went on from a snapshot that is newer than the call's own command: its answer is lost. */
  #isPassed({ stream, commands, from }: CallRecord): boolean {
    const { auditor, tally } = this.parts;
    const newest = Math.max(0, ...auditor.snapshots(stream.shard).map(({ upTo }) => upTo));
    const isPassed = from.applied + 1 < auditor.shardOf(stream).startOffset && commands.some(({ offset }) => offset < newest);
    if (isPassed) tally.add('answer passed by a snapshot');
    return isPassed;
  }
}

/** The partition of the group logs that the groups of a stream are in: part of the format of a data set. */
export function shardOf(streamId: string): number {
  const bytes = Buffer.from(streamId);
  return partitionOfKey(bytes, 0, bytes.length, groupLogCount);
}
