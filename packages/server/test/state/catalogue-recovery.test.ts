// The catalogue after a crash between the steps of a change, and over many random histories.
import fc from 'fast-check';
import { LogError } from 'millrace-log';
import { describe, expect, test } from 'vitest';
import { Catalogue, messageLogOf } from '../../src/admin/catalogue.ts';
import { type CatalogueCommand, catalogueMachine } from '../../src/admin/catalogue-state.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openMemoryEngine } from '../../src/engine/memory.ts';
import { systemRandom } from '../../src/random.ts';
import { StateMachine } from '../../src/state/state-machine.ts';
import { TestClock } from '../support/test-clock.ts';

const orders = { name: 'orders', partitions: 2, retentionInHours: 24, compartmentId: 'c', freeformTags: {}, definedTags: {} };

function openCatalogue(engine: Engine, clock: TestClock = new TestClock()): Promise<Catalogue> {
  return Catalogue.open({ engine, random: systemRandom, clock, onWarning: () => {} });
}

/** An engine that fails the named call the first time, as a crash at that point would. */
function failingOnce(
  engine: Engine,
  call: 'createLog' | 'deleteLog',
  logPrefix: string,
  failure: Error = new Error('crashed here'),
): Engine {
  let failed = false;
  return new Proxy(engine, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property !== call) return value.bind(target);
      return (name: string, ...rest: unknown[]) => {
        if (failed || !name.startsWith(logPrefix)) return Reflect.apply(value, target, [name, ...rest]);
        failed = true;
        return Promise.reject(failure);
      };
    },
  });
}

/** An engine whose catalogue cannot be read while `isUnreadable` says so. */
function readingFails(engine: Engine, isUnreadable: () => boolean): Engine {
  const partition: Engine['partition'] = (name, index) => {
    const log = engine.partition(name, index);
    if (name !== catalogueMachine.logName) return log;
    return { ...log, read: async (...args) => (isUnreadable() ? Promise.reject(new LogError('Damaged', 'hidden')) : log.read(...args)) };
  };
  return new Proxy(engine, {
    get(target, property) {
      if (property === 'partition') return partition;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('the catalogue', () => {
  test('finishes a stream whose creation was cut off before its log was made', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const crashed = await openCatalogue(failingOnce(engine, 'createLog', 'stream-'));
    await expect(crashed.createStream(orders)).rejects.toThrow('crashed here');
    expect(crashed.streams(0)[0]?.lifecycleState).toBe('CREATING');

    const [stream] = (await openCatalogue(engine)).streams(0);
    expect(stream?.lifecycleState).toBe('ACTIVE');
    expect((await engine.listLogs()).map(({ name }) => name)).toContain(stream && messageLogOf(stream));
  });

  test('finishes a stream whose deletion was cut off before its log was gone', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const crashed = await openCatalogue(failingOnce(engine, 'deleteLog', 'stream-'));
    const { stream } = await crashed.createStream(orders);
    await expect(crashed.deleteStream(stream.id)).rejects.toThrow('crashed here');
    expect(crashed.streams(0)[0]?.lifecycleState).toBe('DELETING');

    const again = await openCatalogue(engine);
    expect(again.stream(stream.id, 0).lifecycleState).toBe('DELETED');
    expect((await engine.listLogs()).map(({ name }) => name)).not.toContain(messageLogOf(stream));
  });

  test.each([
    ['createLog', 'ACTIVE'],
    ['deleteLog', 'DELETED'],
  ] as const)('finishes by itself what the engine could not take the first time (%s)', async (call, state) => {
    const clock = new TestClock();
    const overloaded = new LogError('Overloaded', 'too much at once');
    const catalogue = await openCatalogue(failingOnce(openMemoryEngine({ clock }), call, 'stream-', overloaded), clock);
    const creating = catalogue.createStream(orders);
    const failing = call === 'createLog' ? creating : creating.then(({ stream }) => catalogue.deleteStream(stream.id));
    await expect(failing).rejects.toMatchObject({ code: 'ServiceUnavailable', message: expect.stringContaining('will be finished') });
    clock.advance(1000);
    await clock.until(async () => catalogue.streams(0)[0]?.lifecycleState === state);
    expect(catalogue.workRequests(0).every(({ timeFinishedMs }) => timeFinishedMs !== null)).toBe(true);
    await catalogue.close();
  });

  test('finishes a change whose answer was lost when a later one is applied', async () => {
    const clock = new TestClock();
    const engine = openMemoryEngine({ clock });
    let isUnreadable = false;
    const hidden = readingFails(engine, () => isUnreadable);
    const catalogue = await openCatalogue(hidden, clock);
    // Another server's change comes first: this one's has to be read back.
    await (await openCatalogue(engine, clock)).createStream({ ...orders, name: 'others' });
    isUnreadable = true;
    await expect(catalogue.createStream(orders)).rejects.toMatchObject({ code: 'Damaged' });
    isUnreadable = false;
    // Trying again finds nothing to do: the command is not applied here yet.
    clock.advance(1000);
    await clock.settle();
    await catalogue.createStream({ ...orders, name: 'later' });
    const stateOf = (name: string): string | undefined => catalogue.streams(0).find((stream) => stream.name === name)?.lifecycleState;
    expect(stateOf('orders')).toBe('CREATING');
    clock.advance(1000);
    await clock.until(async () => stateOf('orders') === 'ACTIVE');
    await catalogue.close();
  });

  test('keeps its cursor key across restarts', async () => {
    const engine = openMemoryEngine({ clock: new TestClock() });
    const first = await openCatalogue(engine);
    expect((await openCatalogue(engine)).cursorKey).toEqual(first.cursorKey);
  });

  test('forgets a deleted stream 90 days after its deletion, also when no command comes', async () => {
    const clock = new TestClock();
    const catalogue = await openCatalogue(openMemoryEngine({ clock }));
    const { stream } = await catalogue.createStream(orders);
    await catalogue.deleteStream(stream.id);
    const deletedAt = clock.now();
    const ninetyDays = 90 * 24 * 3_600_000;
    expect(catalogue.stream(stream.id, deletedAt + ninetyDays).lifecycleState).toBe('DELETED');
    expect(() => catalogue.stream(stream.id, deletedAt + ninetyDays + 1)).toThrow('Unknown stream');
  });

  test('gives the same state and answers from the start of its log and from any snapshot of it', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const id = fc.constantFrom('s1', 's2', 's3');
    const ifMatch = fc.option(fc.constantFrom('0', '3'), { nil: undefined });
    const command: fc.Arbitrary<CatalogueCommand> = fc.oneof(
      fc.record({ id, name }).map(({ id: streamId, name: streamName }) => ({
        v: 1 as const,
        kind: 'CREATE_STREAM' as const,
        id: streamId,
        poolId: `pool-${streamId}`,
        workRequestId: `w-${streamId}`,
        stream: { ...orders, name: streamName },
      })),
      fc.record({ id, ifMatch }).map(({ id: streamId, ifMatch: etag }) => ({
        v: 1 as const,
        kind: 'DELETE_STREAM' as const,
        id: streamId,
        workRequestId: `d-${streamId}`,
        ...(etag === undefined ? {} : { ifMatch: etag }),
      })),
      id.map((streamId) => ({ v: 1 as const, kind: 'STREAM_CREATED' as const, id: streamId })),
      id.map((streamId) => ({ v: 1 as const, kind: 'STREAM_DELETED' as const, id: streamId })),
      id.map((streamId) => ({ v: 1 as const, kind: 'UPDATE_STREAM' as const, id: streamId, workRequestId: 'u', freeformTags: { a: 'b' } })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const clock = new TestClock();
        const engine = openMemoryEngine({ clock });
        const straight = await StateMachine.open(catalogueMachine, engine, { clock, snapshotEvery: 1_000_000 });
        const answers = [];
        for (const one of commands) answers.push((await straight.submit(one)).answer);

        const state = catalogueMachine.initialState();
        for (const [offset, one] of commands.entries()) {
          const copy = catalogueMachine.decodeState(structuredClone(catalogueMachine.encodeState(state)));
          const now = new TestClock().now();
          expect(catalogueMachine.apply(copy, one, { offset, now })).toEqual(answers[offset]);
          catalogueMachine.apply(state, one, { offset, now });
          expect(catalogueMachine.encodeState(copy)).toEqual(catalogueMachine.encodeState(state));
        }
        expect(catalogueMachine.encodeState(straight.state)).toEqual(catalogueMachine.encodeState(state));
      }),
      { numRuns: 100 },
    );
  });
});
