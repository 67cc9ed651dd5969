// One server of several: its own service over its own view of the shared engine.
import type { Clock } from 'millrace-log';
import type { ManualClock } from 'millrace-log/test-support';
import { closeService, openService, type Service } from '../../../src/service.ts';
import { currentCall } from './call-record.ts';
import { GatewayEngine, type GatewayParts } from './gateway-engine.ts';
import type { StreamFacts } from './stream-facts.ts';

export interface ServerParts extends Omit<GatewayParts, 'onAnswer'> {
  readonly name: string;
  readonly clock: ManualClock;
  /** How far its wall clock is ahead of the engine's, milliseconds. */
  readonly skewMs: number;
  readonly snapshotEvery: number;
}

type Machine = ReturnType<Service['groups']['machineOf']>;

export class Server {
  readonly name: string;
  readonly clock: Clock;
  /** How far its wall clock is ahead of the engine's, milliseconds. */
  readonly skewMs: number;
  readonly gateway: GatewayEngine;
  /** Resolves when the server is killed. */
  readonly death: Promise<'dead'>;
  readonly #machines = new Map<string, Machine>();
  #service: Service | undefined;
  #die: () => void = () => {};

  /** Opens it; `isQuick` in no time. */
  static async open(parts: ServerParts, isQuick: boolean): Promise<Server> {
    const server = new Server(parts);
    server.gateway.isQuick = isQuick;
    const { random, tally, snapshotEvery } = parts;
    server.#service = await openService({
      engine: server.gateway,
      clock: server.clock,
      random: (length) => random.bytes(length),
      snapshotEvery,
      onWarning: () => tally.add('snapshot not finished'),
    });
    server.gateway.isQuick = false;
    return server;
  }

  private constructor(parts: ServerParts) {
    this.name = parts.name;
    this.clock = skewed(parts.clock, parts.skewMs);
    this.skewMs = parts.skewMs;
    this.death = new Promise((resolve) => {
      this.#die = () => resolve('dead');
    });
    this.gateway = new GatewayEngine({ ...parts, onAnswer: () => this.#note() });
  }

  get service(): Service {
    if (this.#service === undefined) throw new Error(`${this.name} is not open.`);
    return this.#service;
  }

  /** Its machine for the groups of a stream. */
  machine({ id }: StreamFacts): Machine {
    const machine = this.#machines.get(id) ?? this.service.groups.machineOf(id);
    this.#machines.set(id, machine);
    return machine;
  }

  /** Nothing it has begun is ever answered. */
  kill(): void {
    this.gateway.isDead = true;
    this.#die();
  }

  async close(): Promise<void> {
    await closeService(this.service);
  }

  /** The call under way has been answered by the engine: what is applied here by now may go into its answer. */
  #note(): void {
    const call = currentCall.getStore();
    if (call !== undefined && this.#service !== undefined) call.lastApplied = this.machine(call.stream).applied;
  }
}

/** A clock that is off by so many milliseconds. */
function skewed(clock: ManualClock, byMs: number): Clock {
  return {
    now: () => clock.now() + byMs,
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, run) => clock.after(delayMs, run),
  };
}
