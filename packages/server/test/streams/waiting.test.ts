// millrace-wait-ms: a read that waits for its first message, on a clock that moves only when told to.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { type ComposedServer, composeServer } from '../http/composed-server.ts';
import { TestClock } from '../support/test-clock.ts';
import { base64 } from '../support/test-server.ts';
import { getMessages, putMessages } from './messages.ts';

const settings = { name: 's', partitions: 1, retentionInHours: 24, compartmentId: 'c', freeformTags: {}, definedTags: {} } as const;

let clock: TestClock;
let composed: ComposedServer;
let streamId: string;
let latest: string;
/** Timers that run while nobody waits. */
let idleTimers: number;

beforeEach(async () => {
  clock = new TestClock();
  composed = await composeServer({ clock });
  const { stream } = await composed.service.catalogue.createStream(settings);
  streamId = stream.id;
  latest = composed.service.cursors.encode(streamId, { partition: 0, position: { kind: 'offset', offset: 0 } }, clock.now());
  idleTimers = clock.timerCount;
});

afterEach(async () => {
  await composed[Symbol.asyncDispose]();
});

const now = () => new Date(clock.now());
const put = (text: string) => putMessages(composed.client, streamId, [{ value: base64(text) }], { date: now() });
const read = (waitMs: string, signal?: AbortSignal, cursor = latest) =>
  getMessages(composed.client, streamId, cursor, { date: now(), headers: { 'millrace-wait-ms': waitMs }, ...(signal ? { signal } : {}) });
const waiting = (count: number) => clock.untilTimers(idleTimers + count);
const nobodyWaits = () => clock.until(async () => clock.timerCount === idleTimers);

/** As an engine that reads from files: what it has read into is in `lent`. */
function readingIntoGivenMemory(engine: Engine, lent: Set<Buffer>): Engine {
  const partition: Engine['partition'] = (name, index) => {
    const log = engine.partition(name, index);
    const readCopies: typeof log.read = async (fromOffset, limits, signal) => {
      const result = await log.read(fromOffset, limits, signal);
      const batches = result.batches.map((batch) => {
        const into = limits.allocate?.(batch.length) ?? Buffer.alloc(batch.length);
        batch.copy(into);
        lent.add(into);
        return into;
      });
      return { ...result, batches };
    };
    return { ...log, read: readCopies };
  };
  return new Proxy(engine, {
    get: (target, key) => {
      if (key === 'partition') return partition;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('a read that waits', () => {
  test('is answered with the first message as soon as it is stored', async () => {
    const reading = read('30000');
    await waiting(1);
    await put('first');
    expect((await reading).messages.map(({ value }) => value)).toEqual([base64('first')]);
    expect(clock.timerCount).toBe(idleTimers);
  });

  test('is answered empty when its time is over, with a cursor to go on with', async () => {
    const reading = read('1500');
    await waiting(1);
    clock.advance(1499);
    expect(clock.timerCount).toBe(idleTimers + 1);
    clock.advance(1);
    const { messages, next } = await reading;
    expect(messages).toEqual([]);
    await put('later');
    expect((await read('0', undefined, next)).messages).toHaveLength(1);
  });

  test('does not wait where there is something to read', async () => {
    await put('here');
    expect((await read('30000')).messages).toHaveLength(1);
    expect(clock.timerCount).toBe(idleTimers);
  });

  test('at an empty TRIM_HORIZON or a future AT_TIME waits too', async () => {
    for (const position of [{ kind: 'horizon' }, { kind: 'time', timestampMs: clock.now() }] as const) {
      const cursor = composed.service.cursors.encode(streamId, { partition: 0, position }, clock.now());
      const reading = read('10', undefined, cursor);
      await waiting(1);
      clock.advance(10);
      expect((await reading).messages).toEqual([]);
    }
  });

  test('at a future AT_TIME is not answered with what is stored before that time', async () => {
    const timestampMs = clock.now() + 1000;
    const cursor = composed.service.cursors.encode(streamId, { partition: 0, position: { kind: 'time', timestampMs } }, clock.now());
    const reading = read('30000', undefined, cursor);
    await waiting(1);
    await put('too early');
    await waiting(1);
    clock.advance(1000);
    await put('in time');
    expect((await reading).messages.map(({ value }) => value)).toEqual([base64('in time')]);
  });

  test('at a future AT_TIME keeps no memory of what it was woken by', async () => {
    const lent = new Set<Buffer>();
    await using embedded = await composeServer({ clock, wrap: (engine) => readingIntoGivenMemory(engine, lent) });
    const { service, client } = embedded;
    const give = service.buffers.give.bind(service.buffers);
    service.buffers.give = (buffer) => {
      lent.delete(buffer);
      give(buffer);
    };
    const { stream } = await service.catalogue.createStream(settings);
    const timestampMs = clock.now() + 1000;
    const cursor = service.cursors.encode(stream.id, { partition: 0, position: { kind: 'time', timestampMs } }, clock.now());
    const timers = clock.timerCount;
    const reading = getMessages(client, stream.id, cursor, { date: now(), headers: { 'millrace-wait-ms': '30000' } });
    for (let count = 0; count < 5; count += 1) {
      await clock.untilTimers(timers + 1);
      await putMessages(client, stream.id, [{ value: base64('too early') }], { date: now() });
    }
    await clock.untilTimers(timers + 1);
    expect(lent.size).toBe(0);
    clock.advance(1000);
    await putMessages(client, stream.id, [{ value: base64('in time') }], { date: now() });
    expect((await reading).messages).toHaveLength(1);
  });

  test('leaves no waiter behind when its caller goes away', async () => {
    const caller = new AbortController();
    const reading = read('30000', caller.signal).catch(() => 'gone');
    await waiting(1);
    caller.abort();
    expect(await reading).toBe('gone');
    await nobodyWaits();
    expect((await fetch(`${composed.url}/health/ready`)).status).toBe(200);
  });

  test('is answered 200 and empty when the server closes', async () => {
    const reading = read('30000');
    await waiting(1);
    await composed[Symbol.asyncDispose]();
    const { messages, next } = await reading;
    expect(messages).toEqual([]);
    expect(next).toMatch(/^p/);
  });

  test('ends its connection when the server closes: nothing else would before the connection is cut', async () => {
    const reading = composed.client.call('GET', `/streams/${streamId}/messages?cursor=${latest}`, {
      date: now(),
      headers: { 'millrace-wait-ms': '30000' },
    });
    await waiting(1);
    await composed[Symbol.asyncDispose]();
    expect((await reading).headers['connection']).toBe('close');
  });

  test('is answered 404 when its stream is deleted', async () => {
    const reading = composed.client.call('GET', `/streams/${streamId}/messages?cursor=${latest}`, {
      date: now(),
      headers: { 'millrace-wait-ms': '30000' },
    });
    await waiting(1);
    await composed.client.call('DELETE', `/streams/${streamId}`, { date: now() });
    expect((await reading).status).toBe(404);
  });

  test('may be one of many, and none of them is too many for the server', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const readings = Array.from({ length: 40 }, () => read('30000'));
    await waiting(40);
    await put('for all');
    for (const { messages } of await Promise.all(readings)) expect(messages).toHaveLength(1);
    await nobodyWaits();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('the header', () => {
  test('may say 0 to 30,000 milliseconds; 0 and nothing at all do not wait', async () => {
    expect((await read('0')).messages).toEqual([]);
    expect((await getMessages(composed.client, streamId, latest, { date: now() })).messages).toEqual([]);
    expect(clock.timerCount).toBe(idleTimers);
    const longest = read('30000');
    await waiting(1);
    clock.advance(30_000);
    expect((await longest).messages).toEqual([]);
  });

  test('is repeated in the answer, so that a client knows the service waits; an answer to a read without it has none', async () => {
    const path = `/streams/${streamId}/messages?cursor=${latest}`;
    const asked = await composed.client.call('GET', path, { date: now(), headers: { 'millrace-wait-ms': '0' } });
    const plain = await composed.client.call('GET', path, { date: now() });
    expect([asked.headers['millrace-wait-ms'], plain.headers['millrace-wait-ms']]).toEqual(['0', undefined]);
  });

  test.each(['30001', '-1', '1.5', 'ten', '', '1, 2'])('%j is refused', async (value) => {
    const path = `/streams/${streamId}/messages?cursor=${latest}`;
    const answer = await composed.client.call('GET', path, { date: now(), headers: { 'millrace-wait-ms': value } });
    const message = `millrace-wait-ms: expected an integer from 0 to 30000, got ${JSON.stringify(value)}.`;
    expect([answer.status, answer.json()]).toEqual([400, { code: 'InvalidParameter', message }]);
  });
});
