// The consumer on simulated time, against a group that answers as it is told.
import { describe, expect, test } from 'vitest';
import { Consumer, type ConsumerEvent, type ConsumerOptions, type MessageHandler, type ReceivedMessage } from '../../src/index.ts';
import { ManualTime, settle } from '../support/manual-time.ts';
import { broken, FakeGroup, refused } from './fake-group.ts';

function setUp(options: Partial<ConsumerOptions> = {}) {
  const group = new FakeGroup();
  const time = new ManualTime();
  const events: ConsumerEvent[] = [];
  const onEvent = (event: ConsumerEvent): void => void events.push(event);
  const consumer = new Consumer(group, 'stream', { groupName: 'g', timeoutMs: 30_000, onEvent, ...options }, time);
  return { group, time, consumer, events, kinds: () => events.map(({ kind }) => kind) };
}

const texts = (messages: readonly ReceivedMessage[]): string[] => messages.map((message) => message.text());

/** Closes without waiting for handlers. */
async function cutOff(consumer: Consumer, time: ManualTime): Promise<void> {
  const closing = consumer.close({ timeoutMs: 0 });
  await time.advance(0);
  await closing;
}

/** Runs a handler that writes down what it is given; `finish` ends its work on a message. */
function running(consumer: Consumer) {
  const given: string[] = [];
  const finishers = new Map<string, (error?: Error) => void>();
  const handler: MessageHandler = (message) => {
    given.push(message.text());
    return new Promise((resolve, reject) => {
      finishers.set(message.text(), (error) => (error === undefined ? resolve() : reject(error)));
    });
  };
  const run = consumer.run(handler);
  run.catch(() => {});
  const finish = async (text: string, error?: Error): Promise<void> => {
    finishers.get(text)?.(error);
    await settle();
  };
  return { run, given, finish };
}

describe('iteration', () => {
  test('reads ahead while a batch is worked on, and commits it when the next one is asked for', async () => {
    const { group, consumer } = setUp();
    const iterator = consumer[Symbol.asyncIterator]();
    group.give(['0/0/a', '0/1/b'], ['0/2/c']);
    const first = await iterator.next();
    expect(texts(first.value?.messages ?? [])).toEqual(['0/0/a', '0/1/b']);
    await settle();
    expect(group.calls).toEqual(['join', 'read join-1', 'read read-1']);
    const second = await iterator.next();
    expect(texts(second.value?.messages ?? [])).toEqual(['0/2/c']);
    await settle();
    expect(group.calls).toEqual(['join', 'read join-1', 'read read-1', 'commit read-1', 'read read-2']);
    await iterator.return();
    expect(group.calls).toHaveLength(5); // The last batch is not committed.
  });

  test('without reading ahead the next read goes on with the cursor of the commit', async () => {
    const { group, consumer } = setUp({ readAhead: false });
    const iterator = consumer[Symbol.asyncIterator]();
    group.give(['0/0'], ['0/1']);
    await iterator.next();
    await iterator.next();
    expect(group.calls).toEqual(['join', 'read join-1', 'commit read-1', 'read read-1!']);
    await iterator.return();
  });

  test('in manual mode only commit commits, and rejects when it is refused', async () => {
    const { group, consumer } = setUp({ commit: 'manual' });
    const iterator = consumer[Symbol.asyncIterator]();
    group.give(['0/0'], ['0/1'], ['0/2']);
    await iterator.next();
    const { value: second } = await iterator.next();
    await second?.commit();
    expect(group.calls.filter((call) => call.startsWith('commit'))).toEqual(['commit read-2']);
    const { value: third } = await iterator.next();
    group.next.commit.push(refused());
    await expect(third?.commit()).rejects.toMatchObject({ name: 'CommitRefused' });
    await iterator.return();
  });

  test('empty answers are not given out', async () => {
    const { group, consumer, time } = setUp({ waitMs: 0 });
    const iterator = consumer[Symbol.asyncIterator]();
    const next = iterator.next();
    group.give([], ['0/0']);
    await time.advance(1000);
    expect(texts((await next).value?.messages ?? [])).toEqual(['0/0']);
    await iterator.return();
    expect(time.sleeperCount).toBe(0);
  });
});

describe('pace', () => {
  test('a service that does not wait is read from at most every 200 ms, less often while nothing comes', async () => {
    const { group, consumer, time } = setUp({ maxPollMs: 1000 });
    group.isWaiting = false;
    const { finish } = running(consumer);
    group.give(['0/0'], ['0/1'], [], [], [], [], []);
    const reads = (): number => group.calls.filter((call) => call.startsWith('read')).length;
    await settle();
    await finish('0/0');
    expect(reads()).toBe(1);
    const moments: number[] = [];
    for (let ms = 0; ms < 4000; ms += 100) {
      const before = reads();
      await time.advance(100);
      if (reads() > before) moments.push(time.clock.now());
      await finish('0/1');
    }
    expect(moments).toEqual([200, 400, 600, 1000, 1800, 2800, 3800]);
    await consumer.close();
  });
});

describe('keeping partitions', () => {
  test('heartbeats go out while the handler works, for the batch and for what was read ahead; the commit uses the renewed cursor', async () => {
    const { group, consumer, time } = setUp();
    group.give(['0/0'], ['0/1']);
    const { finish } = running(consumer);
    await time.advance(9999);
    expect(group.calls.some((call) => call.startsWith('heartbeat'))).toBe(false);
    await time.advance(10_001);
    expect(group.calls.slice(3)).toEqual(['heartbeat read-1', 'heartbeat read-2', 'heartbeat read-1+', 'heartbeat read-2+']);
    await finish('0/0');
    expect(group.calls.slice(7)).toEqual(['commit read-1++', 'read read-2++']);
    await finish('0/1');
    expect(group.calls.slice(9)).toEqual(['commit read-2++']);
    await consumer.close();
    expect(time.sleeperCount).toBe(0);
  });

  test('a heartbeat without an answer is repeated soon', async () => {
    const { group, consumer, time, kinds } = setUp();
    group.give(['0/0']);
    group.next.heartbeat.push(broken());
    running(consumer);
    await time.advance(10_000);
    await time.advance(3000);
    expect(group.calls.filter((call) => call.startsWith('heartbeat'))).toHaveLength(2);
    expect(kinds()).toContain('error');
    await cutOff(consumer, time);
  });

  test('a refused heartbeat aborts the signal of the handler, and the consumer joins anew', async () => {
    const { group, consumer, time } = setUp();
    group.give(['0/0']);
    group.next.heartbeat.push(refused());
    const reasons: unknown[] = [];
    const run = consumer.run(
      (_message, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(void reasons.push(signal.reason)))),
    );
    await time.advance(10_000);
    expect(reasons).toEqual([expect.objectContaining({ status: 400 })]);
    expect(group.calls.filter((call) => call === 'join')).toHaveLength(2);
    await consumer.close();
    await run;
  });

  test('a cursor that has expired is replaced by joining again under the same name', async () => {
    const { group, consumer, events, time } = setUp();
    group.give(refused(), ['0/0']);
    const { given } = running(consumer);
    await time.advance(200);
    expect(group.calls.slice(0, 4)).toEqual(['join', 'read join-1', 'join', 'read join-2']);
    expect(given).toEqual(['0/0']);
    expect(events.filter(({ kind }) => kind === 'join')).toMatchObject([{ cause: undefined }, { cause: { status: 400 } }]);
    await cutOff(consumer, time);
  });

  test('a group that no new cursor can read ends the consumer with the refusal', async () => {
    const { group, consumer, time } = setUp();
    group.give(refused(), refused(), refused(), refused());
    const { run } = running(consumer);
    const failing = expect(run).rejects.toMatchObject({ status: 400 });
    await time.advance(10_000);
    await failing;
    expect(group.calls.filter((call) => call === 'join')).toHaveLength(4);
  });

  test('a refused commit is covered by the next one; refused again, the consumer joins anew', async () => {
    const { group, consumer, time } = setUp();
    group.give(['0/0'], ['0/1'], ['0/2']);
    group.next.commit.push(refused(), refused());
    const { finish } = running(consumer);
    for (const text of ['0/0', '0/1']) {
      await settle();
      await finish(text);
    }
    expect(group.calls.filter((call) => !call.startsWith('read'))).toEqual(['join', 'commit read-1', 'commit read-2', 'join']);
    await cutOff(consumer, time);
  });

  test('calls without an answer are made again until there is one', async () => {
    const { group, consumer, time } = setUp();
    group.next.join.push(broken());
    group.give(broken(), refused(503, 'ServiceUnavailable'), ['0/0']);
    group.next.commit.push(refused(429, 'TooManyRequests'));
    const { finish } = running(consumer);
    await time.advance(3000);
    await finish('0/0');
    await time.advance(1000);
    expect(group.calls.filter((call) => call.startsWith('commit'))).toEqual(['commit read-1', 'commit read-1']);
    await consumer.close();
  });

  test('what no attempt can cure ends the consumer', async () => {
    const { group, consumer } = setUp();
    group.give(refused(404, 'NotAuthorizedOrNotFound'));
    await expect(running(consumer).run).rejects.toMatchObject({ status: 404 });
    await expect(consumer.close()).resolves.toBe('drained');
  });
});

describe('handlers', () => {
  test('partitions are handled at the same time, the messages of each in order', async () => {
    const { group, consumer, time } = setUp({ concurrency: 2 });
    group.give(['0/0', '0/1', '1/0', '1/1', '2/0']);
    const { given, finish } = running(consumer);
    await settle();
    expect(given).toEqual(['0/0', '1/0']);
    await finish('1/0');
    await finish('1/1');
    expect(given).toEqual(['0/0', '1/0', '1/1', '2/0']);
    await finish('0/0');
    expect(given.at(-1)).toBe('0/1');
    await cutOff(consumer, time);
  });

  test('keys are handled at the same time where only they are to be in order', async () => {
    const { group, consumer, time } = setUp({ concurrency: 10, orderPer: 'key' });
    group.give(['0/0/a', '0/1/b', '0/2/a', '0/3', '0/4']);
    const { given } = running(consumer);
    await settle();
    expect(given).toEqual(['0/0/a', '0/1/b', '0/3', '0/4']);
    await cutOff(consumer, time);
  });

  test('a handler that throws is given the message again after a while; behind the last attempt the consumer ends without a commit', async () => {
    const { group, consumer, time } = setUp({ attempts: 2 });
    group.give(['0/0', '0/1']);
    const { run, given, finish } = running(consumer);
    const failing = expect(run).rejects.toMatchObject({ name: 'HandlerFailed', cause: { message: 'no' } });
    await settle();
    await finish('0/0', new Error('no'));
    expect(given).toEqual(['0/0']);
    await time.advance(100);
    expect(given).toEqual(['0/0', '0/0']);
    await finish('0/0', new Error('no'));
    await failing;
    expect(group.calls.some((call) => call.startsWith('commit'))).toBe(false);
    expect(time.sleeperCount).toBe(0);
  });

  test('with a dead-letter stream what has failed goes there before the batch is committed', async () => {
    const { group, consumer, events } = setUp({ attempts: 1, deadLetter: { streamId: 'dead' } });
    group.give(['0/0', '0/1']);
    const { finish } = running(consumer);
    await settle();
    await finish('0/0', new Error('no'));
    await settle();
    await finish('0/1');
    expect(group.calls.slice(3)).toEqual(['put dead 0/0', 'commit read-1']);
    expect(events.find(({ kind }) => kind === 'deadLetter')).toMatchObject({ error: { message: 'no' } });
    await consumer.close();
  });

  test('a handler that never ends has failed when its time is over, and its signal is aborted', async () => {
    const { group, consumer, time } = setUp({ attempts: 1, handlerTimeoutMs: 60_000 });
    group.give(['0/0']);
    const { run } = running(consumer);
    const failing = expect(run).rejects.toMatchObject({ name: 'HandlerFailed', cause: { name: 'HandlerTimeout' } });
    await time.advance(60_000);
    await failing;
    expect(time.sleeperCount).toBe(0);
  });
});

describe('closing', () => {
  test('waits until what was given out is handled and committed', async () => {
    const { group, consumer, time } = setUp();
    group.give(['0/0', '0/1']);
    const { run, finish } = running(consumer);
    await settle();
    const closing = consumer.close();
    await finish('0/0');
    await finish('0/1');
    expect(await closing).toBe('drained');
    await run;
    expect(group.calls.at(-1)).toBe('commit read-1');
    expect(time.sleeperCount).toBe(0);
  });

  test('ends at its deadline with a handler that never returns, aborting its signal, without a commit', async () => {
    const { group, consumer, time } = setUp();
    group.give(['0/0']);
    const { run } = running(consumer);
    await settle();
    const closing = consumer.close({ timeoutMs: 500 });
    await time.advance(500);
    expect(await closing).toBe('cut off');
    await run;
    expect(group.calls.some((call) => call.startsWith('commit'))).toBe(false);
    expect(time.sleeperCount).toBe(0);
  });

  test('is what aborting the signal does, also before anything was read', async () => {
    const controller = new AbortController();
    const { consumer, time } = setUp({ signal: controller.signal });
    const { run } = running(consumer);
    await settle();
    controller.abort();
    await run;
    await settle();
    expect(time.sleeperCount).toBe(0);
    await expect(consumer.run(() => {})).rejects.toMatchObject({ name: 'ConsumerClosed' });
  });
});

test('events tell of joining, partitions, lag and commits', async () => {
  const { group, consumer, time, events } = setUp();
  group.partitions = ['0', '2'];
  group.give(['0/7', '2/1', '2/3']);
  const { finish } = running(consumer);
  await settle();
  for (const text of ['0/7', '2/1', '2/3']) await finish(text);
  group.partitions = ['2'];
  await time.advance(5000);
  group.give(['2/4']);
  await settle();
  expect(events).toEqual([
    { kind: 'join', cause: undefined },
    { kind: 'lag', partition: '0', offset: 7, behindMs: 3000 },
    { kind: 'lag', partition: '2', offset: 3, behindMs: 3000 },
    { kind: 'rebalance', partitions: ['0', '2'], gained: ['0', '2'], lost: [] },
    { kind: 'commit', count: 3, offsets: { 0: 7, 2: 3 } },
    { kind: 'lag', partition: '2', offset: 4, behindMs: 3000 },
    { kind: 'rebalance', partitions: ['2'], gained: [], lost: ['0'] },
  ]);
  await cutOff(consumer, time);
});

test('options that do not exist or are out of range are refused', () => {
  const group = new FakeGroup();
  expect(() => new Consumer(group, 's', { groupName: '' })).toThrow(TypeError);
  expect(() => new Consumer(group, 's', { groupName: 'g', group: 'g' } as ConsumerOptions)).toThrow(TypeError);
  expect(() => new Consumer(group, 's', { groupName: 'g', timeoutMs: 10 })).toThrow(RangeError);
});
