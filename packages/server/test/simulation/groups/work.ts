// The busy part of a run: clients, visitors, time and mishaps, all at once.
import type { Consumer } from './consumer.ts';
import type { GroupWorld } from './group-world.ts';
import { newConsumer, type Plan } from './plan.ts';
import type { Visitor } from './visitor.ts';

const hourMs = 3_600_000;

/** Ends when all clients have done their steps. `mishap` is done now and then. */
export async function work(
  world: GroupWorld,
  plan: Plan,
  consumers: Consumer[],
  visitor: Visitor,
  mishap: () => Promise<void>,
): Promise<void> {
  const { scheduler, random } = world.parts;
  const done = new AbortController();
  const others = [
    repeat(async () => passTime(world, plan)),
    repeat(async () => {
      await visit(world, visitor);
    }),
    repeat(async () => {
      if (random.chance(0.02)) await mishap();
    }),
  ];
  const clients = Promise.all(consumers.map((_, index) => act(index))).finally(() => done.abort());
  await Promise.all([clients, ...others]);

  async function repeat(doOnce: () => Promise<void>): Promise<void> {
    for (; !done.signal.aborted; await scheduler.pause()) await doOnce();
  }

  async function act(index: number): Promise<void> {
    for (let step = 0; step < plan.steps; step += 1) {
      await scheduler.pause();
      if (random.chance(0.01)) replace(index);
      await consumers[index]?.step(world);
    }
  }

  /** A client is gone without a word, and another one comes. */
  function replace(index: number): void {
    world.parts.tally.add('client gone');
    consumers[index] = newConsumer(random, `client ${consumers.length}`, world.parts.auditor.streams, plan);
  }
}

async function visit(world: GroupWorld, visitor: Visitor): Promise<void> {
  const { random } = world.parts;
  const fate = random.next();
  if (fate < 0.25) await visitor.put();
  else if (fate < 0.32) await visitor.look();
  else if (fate < 0.325) await visitor.resetAny();
  else if (fate < 0.33) await visitor.trim();
  else if (fate < 0.3302) await visitor.crowd();
}

function passTime(world: GroupWorld, { hours, paceMs }: Plan): void {
  const { random, clock, tally } = world.parts;
  const fate = random.next();
  if (fate < hours) {
    tally.add('hours passed');
    clock.advance(random.below(30 * hourMs));
  } else if (fate < hours * 1.5) {
    tally.add('wall clock jumped');
    world.parts.clockJumps.count += 1;
    const farMs = world.pick([1000, 60_000, hourMs]);
    clock.wallMs += random.below(2 * farMs) - farMs;
  } else if (fate > 0.99) clock.advance(random.below(20_000));
  else clock.advance(random.below(paceMs));
}
