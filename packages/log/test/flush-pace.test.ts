// When a flush is done at once: only a small one, behind a quick one, on a thread for which nobody else waits.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { type Flush, FlushPace } from '../src/flush-pace.ts';
import type { EventCounts } from './event-counter.ts';

/** How a flush goes. */
interface Course {
  /** 1,000 unless told. */
  readonly bytes?: number;
  /** How long it takes; 0.2 ms unless told. */
  readonly ms?: number;
  /** How many other events come meanwhile; none unless told. */
  readonly events?: number;
  readonly outcome?: 'done' | 'fails';
  /** An event unless told. */
  readonly askedBy?: 'event' | 'timer';
}

type Where = 'at once' | 'in pool';

/** A disk, and a thread whose time stands still but for flushes. */
class Machine {
  #nowMs = 100;
  #events = 0;
  readonly #pace = new FlushPace(() => ({ nowMs: this.#nowMs, events: this.#events }));

  /** A flush, and nothing else until it has ended. */
  async flush(course: Course = {}): Promise<Where> {
    const flush = this.begin(course);
    await flush.end().catch(() => {});
    return flush.where;
  }

  async flushes(count: number, course: Course = {}): Promise<Where[]> {
    const all: Where[] = [];
    for (let left = count; left > 0; left--) all.push(await this.flush(course));
    return all;
  }

  /** A flush that goes on until `end`, which rejects if it fails. */
  begin(course: Course = {}): FlushUnderWay {
    const { bytes = 1000, askedBy = 'event' } = course;
    const flush = new FlushUnderWay(() => this.#happen(course));
    const flushed = this.#pace.run(bytes, flush);
    // What asked for it is counted when it is over: with the pool at work.
    if (askedBy === 'event') this.#events += 1;
    flush.end = async () => {
      flush.answer();
      try {
        await flushed;
      } finally {
        if (flush.where === 'in pool') this.#events += 1; // the pool's answer
      }
    };
    return flush;
  }

  #happen({ ms = 0.2, events = 0, outcome = 'done' }: Course): void {
    this.#nowMs += ms;
    this.#events += events;
    if (outcome === 'fails') throw new Error('EIO');
  }
}

class FlushUnderWay implements Flush {
  where: Where = 'in pool';
  end: () => Promise<void> = async () => {};
  /** The pool's. */
  answer: () => void = () => {};
  readonly #happen: () => void;

  constructor(happen: () => void) {
    this.#happen = happen;
  }

  readonly atOnce = (): void => {
    this.where = 'at once';
    this.#happen();
  };

  readonly inPool = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      this.answer = resolve;
    });
    this.#happen();
  };
}

function times(count: number, where: Where): Where[] {
  return Array.from({ length: count }, () => where);
}

/** On it flushes are done at once by now. */
async function quietMachine(): Promise<Machine> {
  const machine = new Machine();
  expect(await machine.flushes(4)).toEqual(times(4, 'in pool'));
  return machine;
}

/** On it the pool is to look again. */
async function machineThatLooks(): Promise<Machine> {
  const machine = await quietMachine();
  expect(await machine.flushes(63)).toEqual(times(63, 'at once'));
  return machine;
}

test('flushes are done at once when nothing came while the pool did four', async () => {
  expect(await (await quietMachine()).flush()).toBe('at once');
});

test('one in 64 is done by the pool all the same', async () => {
  const machine = await machineThatLooks();
  expect(await machine.flushes(65)).toEqual(['in pool', ...times(63, 'at once'), 'in pool']);
});

test.each(['event', 'timer'] as const)(
  'when something comes during one of the pool, four in a row have to be quiet again (asked by: %s)',
  async (askedBy) => {
    const machine = await machineThatLooks();
    const events = askedBy === 'event' ? 1 : 2; // one passes for what asked
    expect(await machine.flush({ events, askedBy })).toBe('in pool');
    expect(await machine.flushes(5)).toEqual([...times(4, 'in pool'), 'at once']);
  },
);

test('where every flush has company none is done at once', async () => {
  expect(await new Machine().flushes(100, { events: 1 })).toEqual(times(100, 'in pool'));
});

test.each<[string, Course]>([
  ['took long', { ms: 0.6 }],
  ['failed', { outcome: 'fails' }],
])('one behind one that %s goes to the pool, the next one does not', async (_, course) => {
  const quiet = await quietMachine();
  expect([await quiet.flush(course), ...(await quiet.flushes(2))]).toEqual(['at once', 'in pool', 'at once']);
  const looking = await machineThatLooks();
  expect([await looking.flush(course), ...(await looking.flushes(2))]).toEqual(['in pool', 'in pool', 'at once']);
});

test('a failure is told, of the pool and at once', async () => {
  await expect(new Machine().begin({ outcome: 'fails' }).end()).rejects.toThrow('EIO');
  await expect((await quietMachine()).begin({ outcome: 'fails' }).end()).rejects.toThrow('EIO');
});

test.each<[number, Where]>([
  [16_384, 'at once'],
  [16_385, 'in pool'],
  [Infinity, 'in pool'],
])('one of %d bytes is done %s', async (bytes, where) => {
  expect(await (await quietMachine()).flush({ bytes })).toBe(where);
});

test('of two behind the same event, as of the many of a checkpoint, the second goes to the pool: others have their turn', async () => {
  const machine = await quietMachine();
  const first = machine.begin({ askedBy: 'timer' });
  const second = machine.begin({ askedBy: 'timer' });
  expect([first.where, second.where]).toEqual(['at once', 'in pool']);
  await Promise.all([first.end(), second.end()]);
});

test('one beside another goes to the pool', async () => {
  const machine = await quietMachine();
  const large = machine.begin({ bytes: 1_000_000 });
  expect(await machine.flush()).toBe('in pool');
  await large.end();
});

test('libuv counts an event when its callback is over: until the pool answers one at least, the one that asked, and often no other', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'event-counter.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const counts: EventCounts[] = [];
  child.stdin.write('\n');
  for await (const line of createInterface({ input: child.stdout })) {
    counts.push(JSON.parse(line) as EventCounts); // event-counter.ts prints just these
    if (counts.length < 20) child.stdin.write('\n');
    else child.stdin.end();
  }
  expect(counts).toHaveLength(20);
  expect(Math.max(...counts.map(({ duringCallback }) => duringCallback))).toBe(0);
  expect(Math.min(...counts.map(({ untilAnswer }) => untilAnswer))).toBe(1);
});
