// State machines: the same log gives the same state, answers come from the log, snapshots change nothing.
import { LogError } from 'millrace-log';
import { encodeBatch } from 'millrace-records';
import { describe, expect, test } from 'vitest';
import type { Engine, PartitionLog } from '../../src/engine/engine.ts';
import { openMemoryEngine } from '../../src/engine/memory.ts';
import { type MachineDefinition, StateMachine } from '../../src/state/state-machine.ts';
import { TestClock } from '../support/test-clock.ts';

interface Ledger {
  balance: number;
  readonly entries: { offset: number; now: number; amount: number }[];
}

type LedgerCommand = { readonly amount: number } | { readonly fail: true };

/** Adds amounts, refuses what would make the balance negative. */
const ledger: MachineDefinition<Ledger, LedgerCommand, number | 'refused'> = {
  logName: 'ledger',
  initialState: () => ({ balance: 0, entries: [] }),
  apply(state, command, { offset, now }) {
    if ('fail' in command) throw new Error('cannot be applied');
    if (state.balance + command.amount < 0) return 'refused';
    state.balance += command.amount;
    state.entries.push({ offset, now, amount: command.amount });
    return state.balance;
  },
  parseCommand: (value) => value as LedgerCommand,
  encodeState: (state) => state,
  decodeState: (value) => value as Ledger,
};

async function openLedger(engine: Engine, snapshotEvery = 1000): Promise<StateMachine<Ledger, LedgerCommand, number | 'refused'>> {
  return StateMachine.open(ledger, engine, { clock: new TestClock(), snapshotEvery });
}

/** An engine whose partition of `logName` fails `call` the first time. */
function failingOnce(engine: Engine, logName: string, call: 'append' | 'trim'): Engine {
  let failed = false;
  const once = async <Result>(run: () => Promise<Result>): Promise<Result> => {
    if (failed) return run();
    failed = true;
    throw new LogError('AppendRefused', 'refused here');
  };
  return withLog(engine, logName, (log) => {
    if (call === 'append') return { ...log, append: (batch) => once(() => log.append(batch)) };
    return { ...log, trim: (beforeOffset) => once(() => log.trim(beforeOffset)) };
  });
}

/** An engine on which `meanwhile` happens before the first read of `logName` goes on. */
function beforeFirstRead(engine: Engine, logName: string, meanwhile: () => Promise<void>): Engine {
  let hasHappened = false;
  return withLog(engine, logName, (log) => ({
    ...log,
    read: async (fromOffset, limits, signal) => {
      const isFirst = !hasHappened;
      hasHappened = true;
      if (isFirst) await meanwhile();
      return await log.read(fromOffset, limits, signal);
    },
  }));
}

/** An engine on which `meanwhile` happens before the first append to `logName`, which is stored at once, is answered. */
function afterFirstAppend(engine: Engine, logName: string, meanwhile: () => Promise<void>): Engine {
  let hasHappened = false;
  return withLog(engine, logName, (log) => ({
    ...log,
    append: async (batch) => {
      const isFirst = !hasHappened;
      hasHappened = true;
      const stored = await log.append(batch);
      if (isFirst) await meanwhile();
      return stored;
    },
  }));
}

/** An engine whose partitions of `logName` are seen through `change`. */
function withLog(engine: Engine, logName: string, change: (log: PartitionLog) => PartitionLog): Engine {
  const partition = (name: string, index: number): PartitionLog => {
    const log = engine.partition(name, index);
    return name === logName ? change(log) : log;
  };
  return new Proxy(engine, {
    get(target, property) {
      if (property === 'partition') return partition;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** All that can go on by itself has done so. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a state machine', () => {
  test('answers each command with what applying it gave, in log order, also when many are under way', async () => {
    const machine = await openLedger(openMemoryEngine({ clock: new TestClock() }));
    const submitted = await Promise.all(Array.from({ length: 50 }, () => machine.submit({ amount: 1 })));
    expect(submitted.map(({ answer }) => answer)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(submitted.map(({ offset }) => offset)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  test('keeps a void command in its log, and answers its refusal', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const machine = await openLedger(engine);
    await machine.submit({ amount: 5 });
    expect((await machine.submit({ amount: -6 })).answer).toBe('refused');
    expect(machine.state.balance).toBe(5);
    expect((await engine.partition('ledger', 0).bounds()).endOffset).toBe(2);
  });

  test('is the same after opening again, from the commands alone', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const machine = await openLedger(engine);
    for (const amount of [5, -2, -9, 4]) await machine.submit({ amount });
    expect((await openLedger(engine)).state).toEqual(machine.state);
  });

  test('is the same from a snapshot and the commands behind it, and the log before it is gone', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const machine = await openLedger(engine, 10);
    for (let index = 0; index < 35; index += 1) {
      await machine.submit({ amount: index });
      await machine.settle();
    }
    const { startOffset } = await engine.partition('ledger', 0).bounds();
    expect(startOffset).toBe(30);
    expect((await openLedger(engine)).state).toEqual(machine.state);
  });

  test.each([
    { step: 'writing it', logName: 'ledger.snapshots', call: 'append' },
    { step: 'trimming the commands it covers', logName: 'ledger', call: 'trim' },
    { step: 'trimming the snapshot before it', logName: 'ledger.snapshots', call: 'trim' },
  ] as const)('a snapshot that fails at $step is told, loses nothing, and the next one succeeds', async ({ logName, call }) => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const warnings: string[] = [];
    const options = { clock: new TestClock(), snapshotEvery: 10, onWarning: (message: string) => warnings.push(message) };
    const machine = await StateMachine.open(ledger, failingOnce(engine, logName, call), options);
    for (const amounts of [1, 2].map((amount) => Array.from({ length: 10 }, () => amount))) {
      for (const amount of amounts) await machine.submit({ amount });
      await machine.settle();
      expect((await openLedger(engine)).state).toEqual(machine.state);
    }
    expect(warnings).toEqual(['The snapshot of ledger was not finished; nothing is lost.']);
    expect((await engine.partition('ledger', 0).bounds()).startOffset).toBe(20);
  });

  test('a snapshot larger than a part is put together again', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const machine = await openLedger(engine, 20_000);
    await Promise.all(Array.from({ length: 20_000 }, () => machine.submit({ amount: 1 })));
    await machine.settle();
    const snapshots = await engine.partition('ledger.snapshots', 0).bounds();
    expect(snapshots.endOffset).toBeGreaterThan(1);
    expect((await openLedger(engine)).state).toEqual(machine.state);
  });

  test('a snapshot that another server trims while it is looked for is followed by a newer one', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const writer = await openLedger(engine, 2);
    const write = async (): Promise<void> => {
      for (const amount of [1, 2]) await writer.submit({ amount });
      await writer.settle();
    };
    await write();
    const reader = await openLedger(beforeFirstRead(engine, 'ledger.snapshots', write));
    expect(reader.state).toEqual(writer.state);
  });

  test('never goes back when a slow read of its commands finds them trimmed by its own snapshot', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const appended = Promise.withResolvers<void>();
    const readable = Promise.withResolvers<void>();
    const slow = afterFirstAppend(
      beforeFirstRead(engine, 'ledger', () => readable.promise),
      'ledger',
      () => appended.promise,
    );
    const machine = await openLedger(slow, 2);
    const first = machine.submit({ amount: 1 });
    const reading = machine.catchUp();
    await endOfTurn();
    appended.resolve();
    await first;
    await machine.submit({ amount: 2 });
    await machine.settle();
    await machine.submit({ amount: 3 });
    readable.resolve();
    await reading;
    expect([machine.applied, machine.state.balance]).toEqual([2, 6]);
  });

  test('a snapshot that was cut off by a crash is passed over', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const machine = await openLedger(engine);
    for (const amount of [1, 2, 3]) await machine.submit({ amount });
    const part = { version: 1, upTo: 2, now: 0, part: 0, parts: 2, sha256: 'half', text: '{' };
    await engine.partition('ledger.snapshots', 0).append(encodeBatch([{ key: null, value: Buffer.from(JSON.stringify(part)) }]));
    expect((await openLedger(engine)).state).toEqual(machine.state);
  });

  test('time never falls from command to command, whatever the stamps say', async () => {
    const clock = new TestClock();
    const engine = openMemoryEngine({ clock });
    const machine = await openLedger(engine);
    for (const jump of [0, 500, -100_000, 10]) {
      clock.setWall(clock.now() + jump);
      await machine.submit({ amount: 1 });
    }
    const times = machine.state.entries.map(({ now }) => now);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('stops for good when a command cannot be applied, and skips nothing', async () => {
    const machine = await openLedger(openMemoryEngine({ clock: new TestClock() }));
    await machine.submit({ amount: 1 });
    await expect(machine.submit({ fail: true })).rejects.toMatchObject({ code: 'Failed' });
    await expect(machine.submit({ amount: 1 })).rejects.toBeInstanceOf(LogError);
    expect(() => machine.state).toThrow('the state machine has stopped');
  });
});
