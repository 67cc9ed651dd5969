// The consumer groups of one engine: which log a stream's groups are in, and what the operations ask of them.
import { type Clock, Waiters } from 'millrace-log';
import type { Engine } from '../engine/engine.ts';
import type { GroupMetrics } from '../observe/group-metrics.ts';
import { type MachineOptions, StateMachine } from '../state/state-machine.ts';
import { partitionOfKey } from '../streams/partitioner.ts';
import type { Group } from './group.ts';
import { groupMachine } from './group-machine.ts';
import { type GroupAnswer, type GroupCommand, type GroupsState, groupByName, groupsOf } from './group-state.ts';

type GroupMachine = StateMachine<GroupsState, GroupCommand, GroupAnswer>;

export interface GroupsParts extends MachineOptions {
  readonly engine: Engine;
  readonly metrics: GroupMetrics;
  /** How many logs the groups are spread over, by stream; fixed for a data directory. */
  readonly logCount: number;
}

/** All groups. */
export class Groups {
  readonly #machines: readonly GroupMachine[];
  readonly #clock: Clock;
  readonly #metrics: GroupMetrics;
  /** Reads that wait for their group to change. */
  readonly #waiters = new Map<string, Waiters>();

  private constructor(machines: readonly GroupMachine[], clock: Clock, metrics: GroupMetrics) {
    this.#machines = machines;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** Replays the logs of all groups. */
  static async open({ engine, metrics, logCount: count, ...options }: GroupsParts): Promise<Groups> {
    const shards = Array.from({ length: count }, (_, index) => ({ index, count }));
    const machines = await Promise.all(shards.map((shard) => StateMachine.open(groupMachine, engine, options, shard)));
    return new Groups(machines, options.clock, metrics);
  }

  /** Throws `Failed` if a machine has stopped. */
  check(): void {
    for (const machine of this.#machines) void machine.state;
  }

  /** The machine that the groups of a stream are in: always the same. */
  machineOf(streamId: string): GroupMachine {
    const bytes = Buffer.from(streamId);
    // The partition is below the count.
    return this.#machines[partitionOfKey(bytes, 0, bytes.length, this.#machines.length)] as GroupMachine;
  }

  /** Appends a command to the log of the stream's groups and answers what it did; durable then. */
  async submit(streamId: string, command: GroupCommand): Promise<{ readonly answer: GroupAnswer; readonly offset: number }> {
    const result = await this.machineOf(streamId).submit(command);
    this.#metrics.applied(command.kind, result.answer);
    this.#wake(streamId, result.answer);
    return result;
  }

  /** The group as it is at this moment, whichever server changed it; undefined if there is none. For reading only. */
  async find(streamId: string, name: string): Promise<{ readonly group: Group; readonly now: number } | undefined> {
    const machine = this.machineOf(streamId);
    await machine.catchUp();
    const now = machine.now();
    const group = groupByName(machine.state, streamId, name, now);
    return group === undefined ? undefined : { group, now };
  }

  /** All groups of a stream as they are at this moment, in order of creation. For reading only. */
  async list(streamId: string): Promise<{ readonly groups: readonly Group[]; readonly now: number }> {
    const machine = this.machineOf(streamId);
    await machine.catchUp();
    const now = machine.now();
    return { groups: groupsOf(machine.state, streamId, now), now };
  }

  /** Resolves when a group of this stream changes hands through this server, when `waitMs` are over, or when `signal` aborts. */
  async waitForChange(streamId: string, waitMs: number, signal: AbortSignal): Promise<void> {
    const waiters = this.#waiters.get(streamId) ?? new Waiters();
    this.#waiters.set(streamId, waiters);
    await waiters.wait(this.#clock, waitMs, signal);
    if (waiters.size === 0) this.#waiters.delete(streamId);
  }

  /** Resolves when nothing is under way that needs the engine. */
  async settle(): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine.settle()));
  }

  #wake(streamId: string, answer: GroupAnswer): void {
    if (answer.kind === 'void') return;
    const { expired, released } = answer.turnover;
    if (answer.kind === 'reset' || expired + released > 0) this.#waiters.get(streamId)?.wakeAll();
  }
}
