// The producer on simulated time, against a service that answers as it is told.
import { expect, test } from 'vitest';
import {
  ConnectionError,
  Producer,
  ProducerClosed,
  type ProducerOptions,
  UndeliveredMessage,
  UndeliveredMessages,
} from '../../src/index.ts';
import { Entry } from '../../src/producer/entry.ts';
import { ManualTime, settle } from '../support/manual-time.ts';
import { FakeService, refusal, throttled } from './fake-service.ts';

function setUp(options: ProducerOptions = {}) {
  const service = new FakeService();
  const time = new ManualTime();
  return { service, time, producer: new Producer(service, 'stream', options, time) };
}

const lostAnswer = (): ConnectionError => new ConnectionError('The connection broke.', 'unknown');

test('submit resolves when a message is accepted, its ack when it is stored, with partition, offset and time', async () => {
  const { service, producer } = setUp();
  const { ack } = await producer.submit({ key: 'k', value: 'v' });
  expect(producer.statistics).toMatchObject({ accepted: 1, acknowledged: 0, bufferedMessages: 1 });
  await settle();
  service.next().answer();
  expect(await ack).toEqual({ partition: '0', offset: 0, timestamp: new Date(0) });
  expect(producer.statistics).toMatchObject({ acknowledged: 1, bufferedMessages: 0, bufferedBytes: 0, requests: 1 });
});

test('bytes, text and JSON go as bytes, UTF-8 and JSON text', async () => {
  const { service, producer } = setUp();
  await producer.submit({ key: Buffer.from('bytes'), value: Buffer.from('1') });
  await producer.submit({ key: 'text', value: 'é' });
  await producer.submit({ json: { a: [1, null] } });
  await settle();
  expect(service.next().messages).toEqual(['bytes=1', 'text=é', '{"a":[1,null]}']);
});

test('bytes may change as soon as they were given', async () => {
  const { service, producer } = setUp();
  const value = Buffer.from('before');
  await producer.submit({ value });
  value.write('behind');
  await settle();
  expect(service.next().messages).toEqual(['before']);
});

test.each([
  ['nothing', {}],
  ['a number', { value: 1 }],
  ['no bytes', { value: '' }],
  ['a function as JSON', { json: () => {} }],
  ['half a surrogate pair', { value: '\ud800' }],
  ['a key of 257 bytes', { key: 'k'.repeat(257), value: 'v' }],
  ['a byte more than 1 MiB with its key', { key: 'k', value: Buffer.alloc(1_048_576) }],
])('a message of %s is refused at once', async (_, message) => {
  const { producer } = setUp();
  await expect(producer.submit(message as { value: string })).rejects.toThrow(/expected/);
  expect(producer.statistics.accepted).toBe(0);
});

test('options that do not exist or are out of range are refused', () => {
  const service = new FakeService();
  expect(() => new Producer(service, 's', { linger: 5 } as ProducerOptions)).toThrow(TypeError);
  expect(() => new Producer(service, 's', { maxBatchBytes: 2 ** 20 + 1 })).toThrow(RangeError);
});

test('without linger a message goes at once, and what comes meanwhile goes together when that is answered', async () => {
  const { service, producer } = setUp();
  await producer.submit({ value: 'a' });
  await settle();
  for (const value of ['b', 'c']) await producer.submit({ value });
  await settle();
  expect(service.waiting).toHaveLength(1);
  service.next().answer();
  await settle();
  expect(service.next().messages).toEqual(['b', 'c']);
});

test('with linger a message waits for others, no longer than that', async () => {
  const { service, producer, time } = setUp({ lingerMs: 5 });
  await producer.submit({ value: 'a' });
  await time.advance(4);
  await producer.submit({ value: 'b' });
  expect(service.waiting).toHaveLength(0);
  await time.advance(1);
  expect(service.next().messages).toEqual(['a', 'b']);
});

test('a request that is full by count or by bytes does not wait', async () => {
  const { service, producer } = setUp({ lingerMs: 1000, maxBatchMessages: 2, maxBatchBytes: 10 });
  for (const value of ['a', 'b', 'c']) await producer.submit({ value });
  await producer.submit({ value: '0123456789' });
  expect(service.waiting.map(({ messages }) => messages)).toEqual([['a', 'b'], ['c'], ['0123456789']]);
});

test('messages of a key wait while an earlier one of it is under way; others do not', async () => {
  const { service, producer } = setUp({ maxBatchMessages: 1 });
  await producer.submit({ key: 'a', value: '1' });
  await producer.submit({ key: 'a', value: '2' });
  await producer.submit({ key: 'b', value: '1' });
  await settle();
  expect(service.waiting.map(({ messages }) => messages)).toEqual([['a=1'], ['b=1']]);
  service.next().answer();
  await settle();
  expect(service.waiting.map(({ messages }) => messages)).toEqual([['b=1'], ['a=2']]);
});

test('an entry that failed goes again before everything later of its key, which waits for it', async () => {
  const { service, producer, time } = setUp();
  for (const value of ['1', '2']) await producer.submit({ key: 'a', value });
  await producer.submit({ key: 'b', value: '1' });
  await settle();
  service.next().answer({ 0: 'TooManyRequests', 1: 'TooManyRequests' });
  await producer.submit({ key: 'a', value: '3' });
  await producer.submit({ key: 'b', value: '2' });
  await settle();
  service.next().answer();
  await time.advance(100);
  service.next().answer();
  await producer.flush();
  expect(service.stored).toEqual(['b=1', 'b=2', 'a=1', 'a=2', 'a=3']);
});

test('what waited for an entry that failed goes behind it', async () => {
  const { service, producer, time } = setUp();
  await producer.submit({ key: 'a', value: '1' });
  await settle();
  service.next().answer({ 0: 'InternalServerError' });
  await producer.submit({ key: 'a', value: '2' });
  await settle();
  expect(service.waiting).toHaveLength(0);
  await time.advance(100);
  expect(service.next().messages).toEqual(['a=1', 'a=2']);
  expect(producer.statistics.resent).toBe(1);
});

test('a message that was stored before an earlier one of its key goes again behind that', async () => {
  const { service, producer, time } = setUp();
  for (const value of ['1', '2']) await producer.submit({ key: 'a', value });
  await settle();
  service.next().answer({ 0: 'TooManyRequests' });
  await time.advance(100);
  service.next().answer();
  await producer.flush();
  expect(service.stored).toEqual(['a=2', 'a=1', 'a=2']);
});

test('a request without an answer goes again, and everything waits longer each time', async () => {
  const { service, producer, time } = setUp();
  const { ack } = await producer.submit({ key: 'a', value: '1' });
  for (const pauseMs of [50, 100, 200]) {
    await settle();
    service.next().fail(lostAnswer());
    await settle();
    await time.advance(pauseMs - 1);
    expect(service.waiting).toHaveLength(0);
    await time.advance(1);
  }
  service.next().answer();
  expect(await ack).toMatchObject({ offset: 0 });
  expect(producer.statistics).toMatchObject({ requests: 4, failedRequests: 3, resent: 3 });
});

test('a timer that is early by a part of a millisecond, as those of Node are, does not keep messages for ever', async () => {
  const service = new FakeService();
  const time = new ManualTime();
  const after = (ms: number, run: () => void): (() => void) => time.clock.after(Math.max(0.1, ms - 0.4), run);
  const producer = new Producer(service, 'stream', {}, { random: () => 0, clock: { now: time.clock.now, after } });
  await producer.submit({ value: '1' });
  await settle();
  service.next().fail(lostAnswer());
  await time.advance(60);
  expect(service.waiting).toHaveLength(1);
});

test('retry-after of a 429 is waited for', async () => {
  const { service, producer, time } = setUp();
  await producer.submit({ value: '1' });
  await settle();
  service.next().fail(throttled({ 'retry-after': '3' }));
  await time.advance(2999);
  expect(service.waiting).toHaveLength(0);
  await time.advance(1);
  expect(service.waiting).toHaveLength(1);
});

test('a refusal that no attempt can cure fails its messages, with nothing stored', async () => {
  const { service, producer } = setUp();
  const { ack } = await producer.submit({ key: 'a', value: '1' });
  await settle();
  const cause = refusal(404, 'NotAuthorizedOrNotFound');
  service.next().fail(cause);
  await expect(ack).rejects.toMatchObject({ name: 'UndeliveredMessage', reason: 'refused', effect: 'none', cause });
  await producer.submit({ key: 'a', value: '2' });
  await settle();
  expect(service.next().messages).toEqual(['a=2']);
});

test('a message that is not stored in time fails, and says whether it may have been stored; the next of its key follows', async () => {
  const { service, producer, time } = setUp({ timeoutMs: 1000, maxBackoffMs: 400 });
  const { ack } = await producer.submit({ key: 'a', value: '1' });
  const failure = expect(ack).rejects.toMatchObject({ reason: 'timeout', effect: 'unknown' });
  await settle();
  service.next().fail(lostAnswer());
  await time.advance(900);
  await producer.submit({ key: 'a', value: '2' });
  await time.advance(100);
  await failure;
  service.next().fail(lostAnswer());
  await time.advance(400);
  expect(service.next().messages).toEqual(['a=2']);
});

test('a request that takes too long is ended and sent again', async () => {
  const { service, producer, time } = setUp({ requestTimeoutMs: 100 });
  await producer.submit({ value: '1' });
  await time.advance(150);
  expect(service.requestCount).toBe(2);
  expect(producer.statistics.failedRequests).toBe(1);
});

test('when the buffer is full submit waits for room, in order, and a signal ends the wait', async () => {
  const { service, producer } = setUp({ maxBufferedBytes: 2 ** 20, maxBatchBytes: 600_000 });
  const value = Buffer.alloc(600_000);
  await producer.submit({ value });
  const accepted: string[] = [];
  const second = producer.submit({ value }).then(() => accepted.push('second'));
  const controller = new AbortController();
  const aborted = producer.submit({ value: 'small' }, { signal: controller.signal });
  const third = producer.submit({ value: 'small' }).then(() => accepted.push('third'));
  await settle();
  expect(accepted).toEqual([]);
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  service.next().answer();
  await Promise.all([second, third]);
  expect(accepted).toEqual(['second', 'third']);
  expect(producer.statistics.accepted).toBe(3);
});

test('flush resolves when all is stored, without waiting for linger, and rejects once with what failed', async () => {
  const { service, producer } = setUp({ lingerMs: 60_000 });
  await producer.submit({ value: '1' });
  const flushed = producer.flush();
  await settle();
  service.next().answer();
  await flushed;
  await producer.submit({ value: '2' });
  const failing = expect(producer.flush()).rejects.toBeInstanceOf(UndeliveredMessages);
  await settle();
  service.next().fail(refusal(400, 'InvalidParameter'));
  await failing;
  await producer.flush();
});

test('close stores what was accepted, refuses what comes later, and leaves no timer', async () => {
  const { service, producer, time } = setUp({ lingerMs: 60_000 });
  await producer.submit({ value: '1' });
  const closing = producer.close();
  await expect(producer.submit({ value: '2' })).rejects.toBeInstanceOf(ProducerClosed);
  await settle();
  service.next().answer();
  await closing;
  expect(service.stored).toEqual(['1']);
  expect(time.sleeperCount).toBe(0);
});

test('close ends at its deadline, whatever the service does, and says what was not stored', async () => {
  const { producer, time } = setUp();
  const { ack } = await producer.submit({ value: '1' });
  const lost = ack.catch((error: unknown) => error);
  await settle();
  const closing = expect(producer.close({ timeoutMs: 500 })).rejects.toMatchObject({ name: 'UndeliveredMessages', count: 1 });
  await time.advance(500);
  await closing;
  expect(await lost).toBeInstanceOf(UndeliveredMessage);
  expect(await lost).toMatchObject({ reason: 'closed' });
  expect(time.sleeperCount).toBe(0);
});

test('of many messages those that are not acknowledged stay to be waited for, also when most others are', async () => {
  const { service, producer, time } = setUp({ maxBatchMessages: 1, maxRequests: 64, timeoutMs: 1000 });
  const acks: Promise<unknown>[] = [];
  for (let number = 0; number < 200; number++) {
    const { ack } = await producer.submit({ value: `${number}` });
    acks.push(ack.catch((error: unknown) => error));
  }
  let isFlushed = false;
  const flushed = producer.flush().finally(() => {
    isFlushed = true;
  });
  const failed = expect(flushed).rejects.toMatchObject({ count: 10 });
  await settle();
  for (let number = 0; number < 190; number++) {
    service.next().answer();
    await settle();
  }
  expect(isFlushed).toBe(false);
  expect(producer.statistics).toMatchObject({ acknowledged: 190, bufferedMessages: 10 });
  await time.advance(1000);
  await failed;
  for (const ack of acks.slice(190)) expect(await ack).toMatchObject({ reason: 'timeout' });
  await producer.close();
});

test('many who wait for room enter in order, but for those who gave up', async () => {
  const { service, producer } = setUp({ maxBufferedBytes: 1_048_576 });
  const giveUp = new AbortController();
  const entered: number[] = [];
  const value = Buffer.alloc(600_000);
  const waiting = Array.from({ length: 120 }, async (_, number) => {
    const signal = number % 3 === 1 ? giveUp.signal : undefined;
    await producer.submit({ value }, { signal }).then(
      () => entered.push(number),
      () => {},
    );
  });
  giveUp.abort();
  const everyThird = Array.from({ length: 120 }, (_, number) => number).filter((number) => number % 3 !== 1);
  for (let answered = 0; answered < everyThird.length; answered++) {
    await settle();
    service.next().answer();
  }
  await Promise.all(waiting);
  expect(entered).toEqual(everyThird);
  await producer.close();
});

test('a message that is settled holds no bytes any more, whoever looks at its acknowledgement', () => {
  const message = { key: undefined, value: Buffer.alloc(1000), bytes: 1000 };
  const [stored, failed] = [new Entry(message, 0, 1000), new Entry(message, 0, 1000)];
  stored.succeed({ partition: '0', offset: 0, timestamp: new Date(0) });
  failed.fail(new Error('refused'));
  for (const entry of [stored, failed]) expect(entry.message).toMatchObject({ value: new Uint8Array(), bytes: 1000 });
});
